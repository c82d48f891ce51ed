/**
 * Brings a source's chain of proofs to the scheduler of a target that demands `proven`
 * (spec/09-http.md §5.4): it asks which slots are verified there, and hands in those that are missing,
 * in order. Where a slot's own message came from a process to one that demands `proven`, that
 * process's chain goes first.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import {
  announceProvenSlot,
  provenStand,
  putProof,
  type SlotEvidence,
} from "../src/client/proven-client.ts";
import { UnitCallError, type UnitCaller } from "../src/client/unit-call.ts";
import { isProtocolErrorCode, ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText, parseId } from "../src/protocol/ids.ts";
import { provenDepthMax } from "../src/protocol/limits.ts";
import { callFailure } from "./call-failure.ts";
import type { Directory, KnownScheduler, Located } from "./directory.ts";
import { provenTryMs } from "./limits.ts";
import type { ModuleCourier } from "./module-courier.ts";
import type { SlotEvidenceSource } from "./slot-evidence.ts";

/** What the courier stands on. */
export interface ProvenCourierOptions {
  readonly directory: Directory;
  readonly modules: ModuleCourier;
  readonly slots: SlotEvidenceSource;
  readonly clock: Clock;
}

interface Errand {
  readonly target: KnownScheduler;
  /** When it is left to the next try, monotonic ms: a claim of a push lasts only so long. */
  readonly end: number;
  readonly signal: AbortSignal;
}

/** See the module comment. */
export class ProvenCourier {
  readonly #options: ProvenCourierOptions;
  /** One errand for a source and a scheduler at a time. */
  readonly #errands = new Map<string, Promise<void>>();

  constructor(options: ProvenCourierOptions) {
    this.#options = options;
  }

  /**
   * Sees to it that the scheduler has verified a process up to a slot of it. Rejects with `PROOF_PENDING`
   * where that takes longer, `EVIDENCE_UNPROVABLE` and what the scheduler refuses for good, else with
   * `UNAVAILABLE` or `OVERLOADED`.
   */
  async bring(
    { process, slot }: { readonly process: Digest; readonly slot: number },
    target: KnownScheduler,
    signal: AbortSignal,
  ): Promise<void> {
    const source = await this.#options.directory.locate(process);
    if (source === null) {
      const fields = { process: idText(process), expected: "its scheduler" };
      throw new ProtocolError("UNAVAILABLE", fields);
    }
    const key = `${idText(process)} ${target.url}`;
    for (let one = this.#errands.get(key); one !== undefined; ) {
      await one.catch(() => undefined);
      one = this.#errands.get(key);
    }
    const end = this.#options.clock.monotonic() + provenTryMs;
    const errand = { target, end, signal };
    const run = this.#extend(source, slot, errand, 0).finally(() => this.#errands.delete(key));
    this.#errands.set(key, run);
    await run;
  }

  async #extend(source: Located, slot: number, errand: Errand, depth: number): Promise<void> {
    const { clock, slots } = this.#options;
    const { target, end, signal } = errand;
    if (depth > provenDepthMax) {
      throw new ProtocolError("DEPTH_EXCEEDED", { expected: `at most ${provenDepthMax}` });
    }
    for (;;) {
      const stand = await this.#ask(target, (unit) => provenStand(unit, source.process));
      // One that verifies nothing refuses the message itself.
      const next = stand?.next ?? Number.POSITIVE_INFINITY;
      if (next > slot) return;
      if (clock.monotonic() > end) {
        const fields = { process: idText(source.process), slot: next };
        throw new ProtocolError("PROOF_PENDING", { ...fields, state: `of ${slot + 1} slots` });
      }
      const evidence = await slots.of(source, next, signal);
      await this.#handIn(source, next, evidence, { errand, depth });
    }
  }

  /** Announces a slot and hands in its proof, after whatever the scheduler misses for it. */
  async #handIn(
    source: Located,
    slot: number,
    { slot: bytes, proof }: SlotEvidence,
    rest: { readonly errand: Errand; readonly depth: number },
  ): Promise<void> {
    const { directory, modules } = this.#options;
    const { errand, depth } = rest;
    const { target } = errand;
    const { process, terms, scheduler } = source;
    if (slot === 0) await modules.bring(terms.module, target, scheduler);
    try {
      const isAwaited = await this.#ask(target, (unit) =>
        announceProvenSlot(unit, { process, slot }, bytes),
      );
      if (!isAwaited || proof === null) return;
      await this.#ask(target, (unit) => putProof(unit, { process, slot }, proof));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const { code, fields } = error;
      // Somebody else was quicker.
      if (code === "EVIDENCE_GAP") return;
      if (code === "MODULE_MISSING") return modules.bring(terms.module, target, scheduler);
      const isBehind = code === "UNAVAILABLE" && typeof fields["source"] === "string";
      if (!isBehind) throw error;
      const before = await directory.locate(parseId(String(fields["source"]), "source"));
      if (before === null) throw error;
      await this.#extend(before, Number(fields["slot"]), errand, depth + 1);
    }
  }

  /** A refusal of what was handed in is final, with its code; all else may pass. */
  async #ask<Answer>(
    target: KnownScheduler,
    ask: (unit: UnitCaller) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await target.call((client) => ask(client.unit));
    } catch (error) {
      const isRefusal =
        error instanceof UnitCallError &&
        isProtocolErrorCode(error.code) &&
        // What the scheduler misses for it, it names.
        (error.status < 500 || error.fields["source"] !== undefined) &&
        error.status !== 429;
      if (!isRefusal || !isProtocolErrorCode(error.code)) throw callFailure(error, target.url);
      throw new ProtocolError(error.code, error.fields, { cause: error });
    }
  }
}
