/**
 * A compute unit for tests of those who use one: it follows logs as the real one does, but a script
 * says what each message makes of its process. Its results are judged, committed and attested like
 * real ones; roots are made up. It can be made to lie.
 *
 * @module
 */

import { u64be } from "../base/bytes.ts";
import type { SchedulerClient } from "../client/scheduler-client.ts";
import { sha256 } from "../crypto/hash.ts";
import type { Identity } from "../crypto/identity.ts";
import type { Route, RouteRequest } from "../node/http/router.ts";
import { pathId, queryInteger, recordAnswer } from "../node/unit/answers.ts";
import { attest, attestationRecord } from "../protocol/attestation.ts";
import { entryHashOf } from "../protocol/entry.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type Evaluation, evaluationPageRecord, evaluationRecord } from "../protocol/evaluation.ts";
import { type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import { judge, type MachineOutcome, resultOf } from "../protocol/judge.ts";
import { type Body, bodyRecord, tagValue } from "../protocol/message.ts";
import { type Output, outputRecord } from "../protocol/output.ts";
import { type Result, resultRecord } from "../protocol/result.ts";
import { type SpawnTerms, spawnTermsOf } from "../protocol/spawn.ts";
import { evaluationView } from "../protocol/view.ts";

/** What a message makes of its process: what it sends, or that its evaluation fails. */
export type Script = (message: {
  readonly body: Body;
  readonly action: string | null;
  readonly process: Digest;
  readonly slot: number;
}) => Partial<Output> | "fail";

interface Followed {
  readonly terms: SpawnTerms;
  readonly evaluations: Evaluation[];
}

const gasUsed = 1000;

/** See the module comment. */
export class ScriptedCompute {
  readonly #identity: Identity;
  readonly #scheduler: SchedulerClient;
  readonly #script: Script;
  readonly #followed = new Map<string, Followed>();
  /** What becomes of an evaluation before it is served, signatures included. */
  forge: (evaluation: Evaluation) => Evaluation = (evaluation) => evaluation;
  /** What is committed to before it is signed. */
  commit: (result: Result) => Result = (result) => result;

  constructor(options: {
    readonly identity: Identity;
    readonly scheduler: SchedulerClient;
    readonly script: Script;
  }) {
    this.#identity = options.identity;
    this.#scheduler = options.scheduler;
    this.#script = options.script;
  }

  /** The routes of results. */
  readonly routes: readonly Route[] = [
    {
      method: "GET",
      path: "/processes/{process}/results",
      handler: async (request) => {
        const from = queryInteger(request, { name: "from", max: 1e9, default: 0 });
        const limit = queryInteger(request, { name: "limit", max: 256, default: 50 });
        const waitMs = queryInteger(request, { name: "wait", max: 60_000, default: 0 });
        const evaluations = await this.#upTo(request, from, waitMs);
        const page = evaluations.slice(from, from + limit).map((one) => this.forge(one));
        return recordAnswer(request.http, {
          canonical: () => evaluationPageRecord.encode({ evaluations: page }),
          json: () => page.map(evaluationView),
        });
      },
    },
    {
      method: "GET",
      path: "/processes/{process}/results/{slot}",
      handler: async (request) => {
        const slot = Number(request.parameters["slot"]);
        const waitMs = queryInteger(request, { name: "timeout", max: 60_000, default: 0 });
        const evaluation = (await this.#upTo(request, slot, waitMs))[slot];
        if (evaluation === undefined) throw new ProtocolError("RESULT_PENDING", { slot });
        const served = this.forge(evaluation);
        return recordAnswer(request.http, {
          canonical: () => evaluationRecord.encode(served),
          json: () => evaluationView(served),
        });
      },
    },
  ];

  /** Evaluates until a slot is reached, or the wait is over. */
  async #upTo(request: RouteRequest, slot: number, waitMs: number): Promise<readonly Evaluation[]> {
    const process = pathId(request, "process");
    const followed = await this.#follow(process);
    const { evaluations } = followed;
    const end = performance.now() + waitMs;
    for (;;) {
      const leftMs =
        slot < evaluations.length ? 0 : Math.max(0, Math.ceil(end - performance.now()));
      const { signal } = request.http;
      const query = { from: evaluations.length, waitMs: leftMs, signal };
      const page = await this.#scheduler.log(process, query).catch((error: unknown) => {
        if (signal.aborted) return null;
        throw error;
      });
      if (page === null) return evaluations;
      this.#evaluate(followed, process, page.items);
      if (slot < evaluations.length || leftMs === 0) return evaluations;
    }
  }

  async #follow(process: Digest): Promise<Followed> {
    const key = idText(process);
    const spawn = await this.#scheduler.spawnOf(process);
    if (spawn === null) throw new ProtocolError("PROCESS_UNKNOWN", { process: key });
    const terms = spawnTermsOf(bodyRecord.decode(spawn.body));
    const followed = this.#followed.get(key) ?? { terms, evaluations: [] };
    this.#followed.set(key, followed);
    return followed;
  }

  /** Evaluates the items that nobody evaluated in the meantime. */
  #evaluate(followed: Followed, process: Digest, items: readonly LogItem[]): void {
    const { terms, evaluations } = followed;
    for (const item of items) {
      const parent = bodyRecord.decode(item.body);
      const slot = evaluations.length;
      const entryHash = entryHashOf(item.entry);
      const known = evaluations.some(
        ({ result }) => idText(resultRecord.decode(result).entryHash) === idText(entryHash),
      );
      if (known) continue;
      const verdict = judge(this.#outcome(parent, process, slot), { process, slot, terms, parent });
      const place = {
        rules: terms.rules,
        process,
        slot,
        entryHash,
        messageId: messageIdOf(item.body),
        module: terms.module,
        inboxHash: sha256(item.body),
        preRoot: sha256(u64be(slot)),
        postRoot: sha256(u64be(slot + 1)),
      };
      const result = resultRecord.encode(this.commit(resultOf(verdict, place)));
      const [attestation] = attest(this.#identity, [result]);
      evaluations.push({
        result,
        output: verdict.output === null ? null : outputRecord.encode(verdict.output),
        outbox: verdict.outbox.map(({ bodyBytes }) => bodyBytes),
        attestation: attestation === undefined ? null : attestationRecord.encode(attestation),
        diagnostic: verdict.diagnostic,
        finality: "none",
        proof: { state: "unprovable", reason: "this unit has no prover" },
      });
    }
  }

  #outcome(body: Body, process: Digest, slot: number): MachineOutcome {
    const action = tagValue(body.tags, "Action");
    const said = this.#script({ body, action, process, slot });
    if (said === "fail") {
      const diagnostic = { reason: "trap", text: "scripted", file: null, line: null, column: null };
      return { ok: false, diagnostic };
    }
    const silent: Output = { output: new Uint8Array(0), messages: [], spawns: [], logs: [] };
    return { ok: true, gasUsed, returned: outputRecord.encode({ ...silent, ...said }) };
  }
}
