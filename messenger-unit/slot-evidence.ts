/**
 * What shows one slot of a process (spec/09-http.md §5.4), gathered from those who have it: entry,
 * message and receipt from its scheduler, result and attestations from its own quorum, the proof from
 * whichever of its compute units made one.
 *
 * @module
 */

import type { EvaluationWait } from "../src/client/compute-client.ts";
import type { SlotEvidence } from "../src/client/proven-client.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { contentIdOf, idText } from "../src/protocol/ids.ts";
import { provenSlotRecord } from "../src/protocol/proven-slot.ts";
import { callFailure } from "./call-failure.ts";
import type { Directory, Located } from "./directory.ts";
import type { EvidenceGatherer } from "./evidence.ts";
import { proofWaitMs, proofWaitsMax } from "./limits.ts";

/** Reasons for which a slot has no proof because it needs none: the rules show its result. */
const shownByRule: ReadonlySet<string | null> = new Set(["module", "stillborn"]);
const noProver = "this unit has no prover";

export class SlotEvidenceSource {
  readonly #directory: Directory;
  readonly #evidence: EvidenceGatherer;
  #waits = 0;

  constructor(options: { readonly directory: Directory; readonly evidence: EvidenceGatherer }) {
    this.#directory = options.directory;
    this.#evidence = options.evidence;
  }

  /**
   * Everything that shows a slot. Rejects with `PROOF_PENDING` where its proof is not made yet,
   * `EVIDENCE_UNPROVABLE` where it never will be, `UNAVAILABLE` where a unit does not answer.
   */
  async of(source: Located, slot: number, signal: AbortSignal): Promise<SlotEvidence> {
    const { process, scheduler } = source;
    const run = { from: slot, count: 1, waitMs: 0 };
    const [believed] = await this.#evidence.gather(source, run, signal);
    if (believed === undefined) this.#pending(source, slot, "not evaluated");
    const proof = await this.#proofOf(source, slot, signal);
    const page = await asked(scheduler.url, () =>
      scheduler.call((client) => client.log(process, { from: slot, limit: 1, signal })),
    );
    const wanted = { waitMs: proofWaitMs };
    const receipt = await asked(scheduler.url, () =>
      scheduler.call((client) => client.receipt(process, slot, wanted)),
    );
    const [item] = page.items;
    if (item === undefined || receipt === null) {
      const fields = { process: idText(process), slot, expected: "an entry under a signed head" };
      throw new ProtocolError("UNAVAILABLE", { unit: scheduler.url, ...fields });
    }
    const { entry, body, authorisation, data } = item;
    const slotBytes = provenSlotRecord.encode({
      ...{ entry, body, authorisation, data, receipt },
      result: believed.evaluation.result,
      attestations: believed.attestations,
      proofHash: proof === null ? null : contentIdOf(proof),
      proofSize: proof?.length ?? 0,
    });
    return { slot: slotBytes, proof };
  }

  /** The proof from the first unit that has it, waited for a little; null where none is needed. */
  async #proofOf(source: Located, slot: number, signal: AbortSignal): Promise<Uint8Array | null> {
    const { process, terms } = source;
    const units = await this.#directory.computesOf(terms.compute.units);
    const standings: { readonly state: string; readonly reason: string | null }[] = [];
    const failures: unknown[] = [];
    for (const { unit } of units) {
      try {
        const evaluation = await this.#patiently((wait) =>
          unit.call((client) => client.evaluation(process, slot, { ...wait, signal })),
        );
        if (evaluation === null) continue;
        standings.push(evaluation.proof);
        if (evaluation.proof.state !== "proven") continue;
        const proof = await unit.call((client) => client.proof(process, slot));
        if (proof !== null) return proof;
      } catch (error) {
        failures.push(callFailure(error, unit.url));
      }
    }
    const final = standings.filter(({ state, reason }) => {
      return state === "unprovable" && reason !== noProver;
    });
    if (final.some(({ reason }) => shownByRule.has(reason))) return null;
    if (standings.length === 0 && failures.length > 0) throw failures[0];
    const [first] = final;
    if (first === undefined || final.length < units.length) {
      return this.#pending(source, slot, standings[0]?.reason ?? standings[0]?.state ?? "unknown");
    }
    const fields = { process: idText(process), slot, reason: first.reason };
    throw new ProtocolError("EVIDENCE_UNPROVABLE", fields);
  }

  /** A few wait for what a unit makes; the others ask how it stands. */
  async #patiently<Answer>(ask: (wait: EvaluationWait) => Promise<Answer>): Promise<Answer> {
    const isWaiting = this.#waits < proofWaitsMax;
    if (!isWaiting) return ask({ timeoutMs: 0, until: "proof" });
    this.#waits++;
    try {
      return await ask({ timeoutMs: proofWaitMs, until: "proof" });
    } finally {
      this.#waits--;
    }
  }

  #pending({ process }: Located, slot: number, state: string): never {
    throw new ProtocolError("PROOF_PENDING", { process: idText(process), slot, state });
  }
}

async function asked<Answer>(url: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw callFailure(error, url);
  }
}
