/**
 * A process of the network, evaluated on this machine up to some slot, for commands that look into it;
 * and a message to it that is not sent, as the options say it.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import type { Connection } from "../client/connect.ts";
import {
  type LocalProcess,
  type LocalRunOptions,
  newest,
  withLocalProcess,
} from "../node/local-run.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { parseId } from "../protocol/ids.ts";
import { ownerKinds, textData } from "../protocol/message.ts";
import { dryRunInput } from "../runtime/dry-run-input.ts";
import type { EvaluationInput } from "../runtime/evaluation-input.ts";
import { openNetwork, openSigner } from "./open-network.ts";
import { dataOf, tagsOf } from "./options.ts";
import { schedulerOf } from "./process-log.ts";
import type { Terminal } from "./terminal.ts";

/** What the options say of a message that is not sent. */
export interface DraftValues {
  readonly action: string | undefined;
  readonly tag: readonly string[];
  readonly data: string | undefined;
  readonly file: string | undefined;
  readonly from: string | undefined;
  readonly key: string | undefined;
  readonly "passphrase-file": string | undefined;
}

/** True where the options say anything of a message. */
export function isDraft({ action, tag, data, file, from }: DraftValues): boolean {
  return tag.length > 0 || [action, data, file, from].some((each) => each !== undefined);
}

type NetworkValues = Parameters<typeof openNetwork>[0];

/** Which process, and up to where. */
export interface LocalPlace {
  readonly values: NetworkValues;
  readonly process: string;
  /** A slot's number or a message's id; null for the newest slot. */
  readonly place: string | null;
  /** Leaves that slot out of what is evaluated. */
  readonly before: boolean;
  readonly terminal: Terminal;
}

/** Evaluates a process here and hands it to `use`. */
export async function withProcessOf<Value>(
  { values, process: text, place, before, terminal }: LocalPlace,
  use: (process: LocalProcess, connection: Connection) => Promise<Value>,
): Promise<Value> {
  const connection = await openNetwork(values, terminal.folder);
  const process = parseId(text, "process");
  const { scheduler } = await schedulerOf(connection, process);
  const { address } = await scheduler.info();
  const to = place === null ? newest : await slotOf(place, text, connection);
  const options: LocalRunOptions = {
    network: parseId(connection.network, "network"),
    process,
    scheduler,
    schedulerAddress: parseId(address, "scheduler"),
    to,
    before,
    onProgress: (slots) => terminal.progress(`${slots} slots evaluated …`),
  };
  return withLocalProcess(options, (local) => use(local, connection));
}

const resultWaitMs = 30_000;

async function slotOf(place: string, process: string, connection: Connection): Promise<number> {
  if (/^\d{1,15}$/.test(place)) return Number(place);
  const result = await connection.result(process, place, { timeoutMs: resultWaitMs });
  if (result !== null) return Number(result["slot"]);
  throw new ProtocolError("RESULT_PENDING", { asked: place, waitedMs: resultWaitMs });
}

/** The message that the options say, as the process would see it in its next slot. */
export async function draftInput(
  values: DraftValues,
  local: LocalProcess,
  to: { readonly process: string; readonly network: string; readonly terminal: Terminal },
): Promise<EvaluationInput> {
  const { network, terminal } = to;
  const given = await dataOf(values, terminal.folder);
  const owner =
    values.from === undefined
      ? (await openSigner(values, network, terminal, "asking")).address
      : parseId(values.from, "from");
  const action = values.action === undefined ? [] : [{ name: "Action", value: values.action }];
  const request = {
    owner: { kind: ownerKinds.key, id: owner },
    tags: [...action, ...tagsOf(values.tag)],
    data: typeof given === "string" ? textData(given) : (given ?? null),
  };
  const place = {
    network: parseId(network, "network"),
    process: parseId(to.process, "process"),
    slot: local.slots,
    timestamp: systemClock.now(),
  };
  return dryRunInput(request, place, local.terms.rules).input;
}
