/**
 * Replay: reads a process's log, checks it as everyone does, evaluates it here, and compares every
 * result, byte for byte, with what a compute unit says, whose attestation is checked as well. Nothing
 * is believed of either unit.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import type { ComputeClient } from "../client/compute-client.ts";
import { provenSlot } from "../client/proven-client.ts";
import { type EvidenceSource, provenFor } from "../client/proven-follow.ts";
import { memoryChains } from "../client/proven-memory.ts";
import type { SignatureClaim, SignatureVerifier } from "../crypto/signature.ts";
import { attestationClaim, attestationRecord } from "../protocol/attestation.ts";
import { checked, ProtocolError } from "../protocol/errors.ts";
import type { Evaluation } from "../protocol/evaluation.ts";
import { idText } from "../protocol/ids.ts";
import { resultRecord } from "../protocol/result.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { EvaluationInput, EvaluationOutput } from "../runtime/evaluation-input.ts";
import {
  checkedPages,
  LogFault,
  type LogSource,
  type LogStep,
  moduleOf,
  type ProvenLookUp,
  stepInput,
} from "./checked-pages.ts";
import { WorkerPool } from "./worker-pool.ts";
import { workerScript } from "./worker-script.ts";

export type ReplayJob =
  | { readonly kind: "open"; readonly spawn: Uint8Array; readonly module: Uint8Array }
  | { readonly kind: "evaluate"; readonly inputs: readonly EvaluationInput[] };

export interface ReplayAnswer {
  readonly outputs: readonly EvaluationOutput[];
}

/** Where the log, or what came of it, is not what it should be. */
export interface Difference {
  readonly slot: number;
  /** `log`, `signature`, `attestation`, or the field of the result that differs. */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

export interface ReplayReport {
  readonly ok: boolean;
  /** Slots that were evaluated and found equal. */
  readonly slots: number;
  readonly firstDifference: Difference | null;
}

export interface ReplayOptions extends LogSource {
  readonly compute: ComputeClient;
  readonly verifier: SignatureVerifier;
  /** Told after each page how many slots are done. */
  readonly onProgress: (slots: number) => void;
}

/** Results asked for at once. */
const resultPage = 64;
const jobTimeoutMs = 120_000;
const stackSizeMb = 64;
/** How long the compute unit may take to catch up with a slot. */
const resultWaitMs = 30_000;

/** Replays a log. Rejects where a unit does not answer, or this machine fails. */
export async function replayProcess(options: ReplayOptions): Promise<ReplayReport> {
  const pool = new WorkerPool<ReplayJob, ReplayAnswer>({
    script: workerScript("replay-worker"),
    workerCount: 1,
    queueMax: 1,
    jobTimeoutMs,
    resourceLimits: { stackSizeMb },
  });
  try {
    return await new Replay(options, pool).run();
  } finally {
    await pool.close();
  }
}

/** Thrown inside a replay: it ends there. */
class Differs extends Error {
  readonly difference: Difference;

  constructor(difference: Difference) {
    super(difference.field);
    this.difference = difference;
  }
}

function faultOf({ slot, cause }: LogFault): Differs {
  const got = cause.message;
  return new Differs({ slot, field: "log", expected: "a good entry", got });
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #pool: WorkerPool<ReplayJob, ReplayAnswer>;
  #slots = 0;

  constructor(options: ReplayOptions, pool: WorkerPool<ReplayJob, ReplayAnswer>) {
    this.#options = options;
    this.#pool = pool;
  }

  async run(): Promise<ReplayReport> {
    try {
      for await (const steps of checkedPages(this.#options, this.#provenOf())) {
        await this.#verify(
          steps.map(({ entry }) => ({ slot: entry.entry.slot, claims: entry.message.claims })),
          "signature",
        );
        await this.#compare(steps, await this.#evaluate(steps));
        this.#options.onProgress(this.#slots);
      }
      return { ok: true, slots: this.#slots, firstDifference: null };
    } catch (error) {
      const difference = error instanceof LogFault ? faultOf(error) : error;
      if (!(difference instanceof Differs)) throw difference;
      return { ok: false, slots: this.#slots, firstDifference: difference.difference };
    }
  }

  /** Of a sender that has to be proven, what its scheduler serves of it is verified here. */
  #provenOf(): ProvenLookUp {
    const { network, scheduler, verifier } = this.#options;
    const chains = memoryChains({
      ...{ network, verifier },
      moduleOf: (module) => moduleOf(scheduler, { module }),
    });
    const source: EvidenceSource = (...place) => provenSlot(scheduler.unit, ...place);
    return (message, terms) => provenFor(chains, { message, terms }, source);
  }

  async #verify(
    signed: readonly { readonly slot: number; readonly claims: readonly SignatureClaim[] }[],
    field: "signature" | "attestation",
  ): Promise<void> {
    const verdicts = await this.#options.verifier.verify(signed.flatMap(({ claims }) => claims));
    let at = 0;
    for (const { slot, claims } of signed) {
      const holds = verdicts.slice(at, at + claims.length).every((verdict) => verdict);
      at += claims.length;
      if (!holds) throw new Differs({ slot, field, expected: "one that holds", got: "forged" });
    }
  }

  async #evaluate(steps: readonly LogStep[]): Promise<readonly EvaluationOutput[]> {
    const first = steps[0];
    if (first?.entry.entry.slot === 0) await this.#open(first.item.body, first.entry.terms);
    const inputs = steps.map(stepInput);
    const { outputs } = await this.#pool.run(null, { kind: "evaluate", inputs });
    return outputs;
  }

  async #open(spawn: Uint8Array, terms: SpawnTerms): Promise<void> {
    const module = await moduleOf(this.#options.scheduler, terms);
    await this.#pool.run(null, { kind: "open", spawn, module });
  }

  async #compare(steps: readonly LogStep[], outputs: readonly EvaluationOutput[]): Promise<void> {
    const signed: { slot: number; claims: readonly SignatureClaim[] }[] = [];
    for (const [i, { entry }] of steps.entries()) {
      const { slot } = entry.entry;
      const theirs = await this.#theirs(slot);
      const ours = outputs[i];
      if (ours === undefined) throw new RangeError(`slot ${slot} was not evaluated`);
      const difference = differenceOf(slot, ours, theirs);
      if (difference !== null) throw new Differs(difference);
      signed.push({ slot, claims: attestationOf(slot, theirs, entry.terms) });
    }
    await this.#verify(signed, "attestation");
    this.#slots += steps.length;
  }

  readonly #results = new Map<number, Evaluation>();

  /** Results come a page at a time, and one by one where the unit has yet to make them. */
  async #theirs(slot: number): Promise<Evaluation> {
    const { compute, process } = this.#options;
    if (!this.#results.has(slot)) {
      this.#results.clear();
      const page = await compute.evaluations(process, { from: slot, limit: resultPage });
      for (const each of page) this.#results.set(resultRecord.decode(each.result).slot, each);
    }
    const known = this.#results.get(slot);
    if (known !== undefined && known.attestation !== null) return known;
    const waited = await compute.evaluation(process, slot, { timeoutMs: resultWaitMs });
    if (waited !== null) return waited;
    throw new ProtocolError("RESULT_PENDING", { asked: slot, waitedMs: resultWaitMs });
  }
}

/** The first field of the results that differs, or the output; null where all is equal. */
function differenceOf(slot: number, ours: EvaluationOutput, theirs: Evaluation): Difference | null {
  const sameOutput =
    ours.output === null || theirs.output === null
      ? ours.output === theirs.output
      : equalBytes(ours.output, theirs.output);
  if (equalBytes(ours.result, theirs.result)) {
    if (sameOutput) return null;
    return { slot, field: "output", expected: "the same bytes", got: "others" };
  }
  const mine = resultRecord.decode(ours.result);
  const other = resultRecord.decode(theirs.result);
  const names = Object.keys(mine) as (keyof typeof mine)[];
  const field = names.find((name) => shown(mine[name]) !== shown(other[name])) ?? "result";
  const known = field in mine ? field : null;
  return {
    slot,
    field,
    expected: known === null ? "the same bytes" : shown(mine[known as keyof typeof mine]),
    got: known === null ? "others" : shown(other[known as keyof typeof other]),
  };
}

function shown(value: Uint8Array | number | null): string {
  return value instanceof Uint8Array ? idText(value) : String(value);
}

/** The signature that a unit named by the spawn gave for the result. */
function attestationOf(
  slot: number,
  { attestation, result }: Evaluation,
  terms: SpawnTerms,
): readonly SignatureClaim[] {
  const bad = (got: string): Differs =>
    new Differs({
      slot,
      field: "attestation",
      expected: "one of a unit that the spawn names",
      got,
    });
  // A process that names no compute unit is believed by nobody, and replays all the same.
  if (attestation === null) {
    if (terms.compute.units.length === 0) return [];
    throw bad("none");
  }
  const outcome = checked(() => {
    const decoded = attestationRecord.decode(attestation);
    return { unit: decoded.unit, claim: attestationClaim(decoded, result) };
  });
  if (!outcome.ok) throw bad(outcome.error.message);
  const { unit, claim } = outcome.value;
  const isNamed = terms.compute.units.some((named) => equalBytes(named, unit));
  if (!isNamed && terms.compute.units.length > 0) throw bad(idText(unit));
  return [claim];
}
