/**
 * `connect`: the verbs that a sender needs, over the three units' HTTP interfaces. The verbs are those
 * of `aoconnect`, so that its users feel at home. `fetch` only: browsers and Node.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import type { Identity } from "../crypto/identity.ts";
import type { MessageEvent } from "../protocol/http.ts";
import { contentIdOf, type Digest, idText, parseId } from "../protocol/ids.ts";
import { ownerKinds, type Tag, textData } from "../protocol/message.ts";
import { reservedTags } from "../protocol/spawn.ts";
import { type EvaluationView, evaluationView } from "../protocol/view.ts";
import {
  type ComposeContext,
  type ComposedMessage,
  composeMessage,
  type MessageDraft,
} from "./compose.ts";
import { type ComputeClient, computeClient } from "./compute-client.ts";
import { hasContent, putContent } from "./content.ts";
import { eventsOf } from "./events.ts";
import { firstOf } from "./first-of.ts";
import { type MessengerClient, messengerClient } from "./messenger-client.ts";
import { type SchedulerClient, schedulerClients } from "./scheduler-client.ts";
import { type Sent, sentMessages } from "./sent.ts";
import { submitPatiently } from "./submit-patiently.ts";
import { type Fetch, UnitCallError } from "./unit-call.ts";
import type { ReceiptExpectation, ReceiptVerdict } from "./verify-receipt.ts";

/** Where the units are. */
export interface ConnectOptions {
  readonly messenger: string;
  /** Repeats where there are several; the first is named by spawns. */
  readonly scheduler: string | readonly string[];
  /** Repeats where there are several; spawns name them all. */
  readonly compute: string | readonly string[];
  /** The network's id; learned from the messenger where it is not given. */
  readonly network?: string;
  readonly fetch?: Fetch;
}

/** What a sender says of a message. */
export interface SendOptions {
  readonly signer: Identity;
  /** Shorthand for the tag `Action`. */
  readonly action?: string;
  readonly tags?: readonly Tag[];
  readonly data?: Uint8Array | string;
  readonly budget?: number;
  readonly notAfter?: number;
  readonly anchor?: Uint8Array;
  /** What to wait for; the assignment by default. */
  readonly wait?: "assignment" | "result" | "proof";
  /** What must cover it: with `none` a result may come before its attestation; `signed` by default. */
  readonly finality?: "none" | "signed" | "witnessed";
  readonly timeoutMs?: number;
}

/** A result with what came out of it, as `GET …/results/{slot}` shows it in JSON. */
export type ResultView = EvaluationView;

/** A connection to one network. */
export interface Connection {
  readonly network: string;
  readonly messenger: MessengerClient;
  readonly schedulers: readonly SchedulerClient[];
  readonly computes: readonly ComputeClient[];
  /** Makes a process of a module: its bytes, or the id of one that was put before. */
  spawn(module: Uint8Array | string, options: SendOptions): Promise<Sent>;
  /** Sends a message to a process. */
  message(process: string, options: SendOptions): Promise<Sent>;
  /** Signs a message without sending it, for whoever keeps it to send the same again. */
  prepare(process: string, options: SendOptions): ComposedMessage;
  /** The same of a spawn; the module is put where it is not there yet. */
  prepareSpawn(module: Uint8Array | string, options: SendOptions): Promise<ComposedMessage>;
  /** Sends what was signed; any number of times. */
  submit(
    message: ComposedMessage,
    options?: Pick<SendOptions, "wait" | "finality" | "timeoutMs">,
  ): Promise<Sent>;
  /** The result of a slot or message; waits up to `timeoutMs` (default 30 s). Null where none came. */
  result(
    process: string,
    slotOrMessage: number | string,
    options?: { readonly timeoutMs?: number; readonly until?: "result" | "proof" },
  ): Promise<ResultView | null>;
  results(
    process: string,
    query?: { readonly from?: number; readonly limit?: number; readonly order?: "asc" | "desc" },
  ): Promise<readonly ResultView[]>;
  /** Evaluates a message on the newest state; nothing is logged or signed. */
  dryrun(
    process: string,
    request: {
      readonly owner?: string;
      readonly action?: string;
      readonly tags?: readonly Tag[];
      readonly data?: Uint8Array | string;
    },
  ): Promise<ResultView>;
  /** Everything that speaks for a message's result, as a file to be kept (`nymcompute/verify`). */
  receipt(message: string): Promise<Uint8Array>;
  /** The verdict on such a file, of this network. The verifier is loaded when it is first used. */
  verify(
    receipt: Uint8Array,
    expected: Omit<ReceiptExpectation, "network">,
  ): Promise<ReceiptVerdict>;
  /** The life of a message as it happens. */
  subscribe(message: string, signal?: AbortSignal): AsyncGenerator<MessageEvent>;
}

/**
 * Connects to a network's units. One that does not answer now may answer later; rejects where none
 * does, or where they belong to different networks.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const fetchUnit = options.fetch;
  const messenger = messengerClient(options.messenger, fetchUnit);
  const schedulers = schedulerClients([options.scheduler].flat(), fetchUnit);
  const computes = [options.compute].flat().map((url) => computeClient(url, fetchUnit));
  const asked = [messenger, ...schedulers, ...computes].map((unit) => unit.info());
  const answers = await Promise.allSettled(asked);
  const infos = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  // Where nobody answers, the first failure says why.
  if (infos.length === 0) await asked[0];
  const network = options.network ?? infos[0]?.network ?? "";
  const stranger = infos.find((info) => info.network !== network);
  if (stranger !== undefined) {
    const fields = { unit: stranger.role, expected: network, got: stranger.network };
    throw new UnitCallError("NETWORK_MISMATCH", { status: 422 }, fields);
  }
  return connection({ network, messenger, schedulers, computes, fetchUnit });
}

interface Parts {
  readonly network: string;
  readonly messenger: MessengerClient;
  readonly schedulers: readonly SchedulerClient[];
  readonly computes: readonly ComputeClient[];
  readonly fetchUnit: Fetch | undefined;
}

function connection(parts: Parts): Connection {
  const { network, messenger, schedulers, computes, fetchUnit } = parts;
  const sign = (target: Digest | null, options: SendOptions, tags: readonly Tag[]) => {
    const context: ComposeContext = {
      network: parseId(network, "network"),
      owner: options.signer,
      clock: systemClock,
      random: systemRandom,
    };
    const draft: MessageDraft = { ...definedOf(options), target, tags };
    return composeMessage(draft, context);
  };
  const sent = sentMessages(parseId(network, "network"), schedulers);
  const self: Connection = {
    network,
    messenger,
    schedulers,
    computes,
    spawn: async (module, options) =>
      self.submit(await self.prepareSpawn(module, options), options),
    message: async (process, options) => self.submit(self.prepare(process, options), options),
    prepare: (process, options) => sign(parseId(process, "process"), options, tagsOf(options)),
    prepareSpawn: async (module, options) => {
      const id =
        typeof module === "string" ? parseId(module, "module") : await placed(messenger, module);
      return sign(null, options, await spawnTags(idText(id), tagsOf(options), parts));
    },
    submit: async (message, options = {}) =>
      sent(message, await submitPatiently(messenger, message, options)),
    result: async (process, slotOrMessage, { timeoutMs = 30_000, until = "result" } = {}) => {
      const item =
        typeof slotOrMessage === "number" ? slotOrMessage : parseId(slotOrMessage, "message");
      const evaluation = await firstOf(computes, (compute) =>
        compute.evaluation(parseId(process, "process"), item, { timeoutMs, until }),
      );
      return evaluation === null ? null : evaluationView(evaluation);
    },
    results: async (process, query) => {
      const list = (compute: ComputeClient) =>
        compute.evaluations(parseId(process, "process"), query);
      return (await firstOf(computes, list)).map(evaluationView);
    },
    dryrun: async (process, request) => {
      const owner =
        request.owner === undefined ? new Uint8Array(32) : parseId(request.owner, "owner");
      const { data } = request;
      const evaluation = await firstOf(computes, (compute) =>
        compute.dryRun(parseId(process, "process"), {
          owner: { kind: ownerKinds.key, id: owner },
          tags: tagsOf(request),
          data: typeof data === "string" ? textData(data) : (data ?? null),
        }),
      );
      return evaluationView(evaluation);
    },
    subscribe: (message, signal) =>
      eventsOf<MessageEvent>(`${messenger.unit.url}/messages/${message}/events`, {
        ...(signal === undefined ? {} : { signal }),
        ...(fetchUnit === undefined ? {} : { fetchUnit }),
      }),
    receipt: async (message) => {
      const { collectedReceipt } = await import("./collect-receipt.ts");
      return collectedReceipt(self, message);
    },
    verify: async (receipt, expected) => {
      // The verifier of proofs is larger than all the rest: a page that needs none loads none.
      const { verifyReceipt } = await import("./verify-receipt.ts");
      return verifyReceipt(receipt, { ...expected, network });
    },
  };
  return self;
}

/** The fields of a draft that are there: absent and undefined are different to a strict reader. */
function definedOf(options: SendOptions): Partial<MessageDraft> {
  const { data, budget, notAfter, anchor } = options;
  return Object.fromEntries(
    Object.entries({ data, budget, notAfter, anchor }).filter(([, value]) => value !== undefined),
  );
}

function tagsOf(options: {
  readonly action?: string;
  readonly tags?: readonly Tag[];
}): readonly Tag[] {
  const tags = options.tags ?? [];
  return options.action === undefined ? tags : [{ name: "Action", value: options.action }, ...tags];
}

/** The tags of a spawn: the connected scheduler and compute units, unless the sender names others. */
async function spawnTags(
  module: string,
  tags: readonly Tag[],
  { schedulers, computes }: Parts,
): Promise<readonly Tag[]> {
  const named = new Set(tags.map((tag) => tag.name));
  const defaults: Tag[] = [{ name: reservedTags.module, value: module }];
  // A unit that the process depends on for life must answer when it is named.
  if (!named.has(reservedTags.scheduler)) {
    // The first, or where that does not answer the next: it may be the first one's other instance.
    const first = await firstOf(schedulers, (scheduler) => scheduler.info());
    defaults.push({ name: reservedTags.scheduler, value: first.address });
  }
  if (!named.has(reservedTags.compute)) {
    const infos = await Promise.all(computes.map((compute) => compute.info()));
    defaults.push(...infos.map((info) => ({ name: reservedTags.compute, value: info.address })));
  }
  return [...defaults.filter((tag) => !named.has(tag.name)), ...tags];
}

async function placed(messenger: MessengerClient, module: Uint8Array): Promise<Digest> {
  const id = contentIdOf(module);
  return (await hasContent(messenger.unit, id)) ? id : putContent(messenger.unit, module);
}
