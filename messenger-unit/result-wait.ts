/**
 * Waiting for results on behalf of a sender (`wait=result`): a long poll of a compute unit that the
 * process names, so that the answer goes out when the result is there. What comes is given on as it
 * is, for the sender to check; what is not of the message, or is signed wrongly, is not given on.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import { UnitCallError } from "../src/client/unit-call.ts";
import type { SignatureVerifier } from "../src/crypto/signature.ts";
import type { Logger } from "../src/node/logger.ts";
import { attestationClaim, attestationRecord } from "../src/protocol/attestation.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Evaluation, evaluationRecord } from "../src/protocol/evaluation.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { resultPageMax } from "../src/protocol/limits.ts";
import { resultRecord } from "../src/protocol/result.ts";
import type { AwaitedResults } from "./awaited-results.ts";
import type { Directory, NamedCompute } from "./directory.ts";
import type { Placed } from "./message-life.ts";

/** How long to wait, for what, and for whom. */
export interface Patience {
  readonly timeoutMs: number;
  /** The result by default; `evaluation`: attested or not; `proof`: until that is made, or never will be. */
  readonly until?: "evaluation" | "result" | "proof";
  readonly signal: AbortSignal;
}

/** What the waiting stands on. */
export interface ResultWaitOptions {
  readonly directory: Directory;
  readonly awaited: AwaitedResults;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** True where the proof of a canonical evaluation is made, or never will be. */
export function isProofSettled(evaluation: Uint8Array): boolean {
  const { state } = evaluationRecord.decode(evaluation).proof;
  return state === "proven" || state === "unprovable";
}

export class ResultWait {
  readonly #options: ResultWaitOptions;

  constructor(options: ResultWaitOptions) {
    this.#options = options;
  }

  /** The canonical evaluation of a placed message, or null where none came in time. */
  one(placed: Placed, patience: Patience): Promise<Uint8Array | null> {
    const ask = (): Promise<Uint8Array | null> => this.#one(placed, patience);
    // A proof takes so long that nobody lets its sender go first.
    return patience.until === "proof" ? ask() : this.#options.awaited.during(placed.process, ask);
  }

  async #one(placed: Placed, patience: Patience): Promise<Uint8Array | null> {
    const { process, slot } = placed;
    const { signal, until = "result" } = patience;
    return this.#ask(process, patience, async ({ unit, address }, timeoutMs) => {
      const wait = { timeoutMs, signal, until };
      const evaluation = await unit.call((client) => client.evaluation(process, slot, wait));
      if (evaluation === null) return null;
      await this.#check(evaluation, placed, address);
      return evaluationRecord.encode(evaluation);
    });
  }

  /** As `one`, for messages of one process: page after page instead of a long poll each. */
  async many(placed: readonly Placed[], patience: Patience): Promise<Map<number, Uint8Array>> {
    const { clock } = this.#options;
    const end = clock.monotonic() + patience.timeoutMs;
    const found = new Map<number, Uint8Array>();
    const open = [...placed].sort((left, right) => left.slot - right.slot);
    while (open.length > 0 && !patience.signal.aborted) {
      const leftMs = Math.floor(end - clock.monotonic());
      if (leftMs <= 0) break;
      const page = await this.#page(open, { ...patience, timeoutMs: leftMs });
      if (page === null || page.size === 0) break;
      for (const [slot, evaluation] of page) found.set(slot, evaluation);
      const before = open.length;
      while (open[0] !== undefined && found.has(open[0].slot)) open.shift();
      // A unit that answers everything but what it was asked for first is not asked for ever.
      if (open.length === before) break;
    }
    return found;
  }

  /** The evaluations that were found, each with its proof as far as that comes in time. */
  async proven(
    placed: readonly Placed[],
    found: ReadonlyMap<number, Uint8Array>,
    patience: Patience,
  ): Promise<Map<number, Uint8Array>> {
    const { clock } = this.#options;
    const end = clock.monotonic() + patience.timeoutMs;
    const proven = new Map(found);
    for (const one of placed) {
      const evaluation = found.get(one.slot);
      if (evaluation === undefined || isProofSettled(evaluation)) continue;
      const timeoutMs = Math.floor(end - clock.monotonic());
      if (timeoutMs <= 0 || patience.signal.aborted) break;
      const later = await this.one(one, { ...patience, timeoutMs });
      if (later !== null) proven.set(one.slot, later);
    }
    return proven;
  }

  /** What there is of the first messages, once there is any. */
  async #page(
    open: readonly Placed[],
    patience: Patience,
  ): Promise<Map<number, Uint8Array> | null> {
    const [first] = open;
    if (first === undefined) return null;
    const { process, slot: from } = first;
    const wanted = new Map(open.map((placed) => [placed.slot, placed]));
    const last = open.at(-1)?.slot ?? from;
    const limit = Math.min(resultPageMax, last - from + 1);
    const { signal } = patience;
    const until = patience.until === "evaluation" ? "evaluation" : "result";
    return this.#ask(process, patience, async ({ unit, address }, waitMs) => {
      const query = { from, limit, waitMs, until, signal } as const;
      const evaluations = await unit.call((client) => client.evaluations(process, query));
      const found = new Map<number, Uint8Array>();
      for (const evaluation of evaluations) {
        const placed = wanted.get(resultRecord.decode(evaluation.result).slot);
        if (placed === undefined) continue;
        await this.#check(evaluation, placed, address);
        found.set(placed.slot, evaluationRecord.encode(evaluation));
      }
      return found.size === 0 ? null : found;
    });
  }

  /** Asks one unit after the other until one answers something that can be given on. */
  async #ask<Answer>(
    process: Digest,
    patience: Patience,
    ask: (compute: NamedCompute, timeoutMs: number) => Promise<Answer | null>,
  ): Promise<Answer | null> {
    const { directory, clock, logger } = this.#options;
    const end = clock.monotonic() + patience.timeoutMs;
    try {
      const located = await directory.locate(process);
      const units = located === null ? [] : await directory.computesOf(located.terms.compute.units);
      for (const compute of units) {
        const leftMs = Math.floor(end - clock.monotonic());
        if (leftMs <= 0 || patience.signal.aborted) return null;
        try {
          const answer = await ask(compute, leftMs);
          if (answer !== null) return answer;
        } catch (error) {
          if (patience.signal.aborted) return null;
          if (!(error instanceof ProtocolError) && !(error instanceof UnitCallError)) throw error;
          logger.warn("result not given on", { url: compute.unit.url, error });
        }
      }
    } catch (error) {
      // The message has its slot: where its process cannot be asked for now, its state is the
      // answer.
      if (!(error instanceof ProtocolError)) throw error;
    }
    return null;
  }

  async #check(evaluation: Evaluation, placed: Placed, address: Digest): Promise<void> {
    const { process, slot, messageId } = resultRecord.decode(evaluation.result);
    const isOurs =
      equalBytes(process, placed.process) &&
      slot === placed.slot &&
      equalBytes(messageId, placed.id);
    if (!isOurs) {
      const got = `slot ${slot} of ${idText(process)}`;
      throw new ProtocolError("PROVENANCE_RESULT", { expected: `slot ${placed.slot}`, got });
    }
    if (evaluation.attestation === null) return;
    const attestation = attestationRecord.decode(evaluation.attestation);
    const claim = attestationClaim(attestation, evaluation.result);
    const [verdict] = await this.#options.verifier.verify([claim]);
    if (verdict === true && equalBytes(attestation.unit, address)) return;
    throw new ProtocolError("ATTESTATION_INVALID", { expected: idText(address) });
  }
}
