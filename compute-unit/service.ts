/**
 * The compute unit's service: follows processes that somebody asks for, answers their results, states
 * and dry runs.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { ErrorFields } from "../src/base/error.ts";
import { ProvenChains } from "../src/client/proven-chains.ts";
import type { ProvenStep } from "../src/client/proven-step.ts";
import type { UnitFetch } from "../src/client/unit-call.ts";
import type { Identity } from "../src/crypto/identity.ts";
import type { SignatureVerifier } from "../src/crypto/signature.ts";
import type { Logger } from "../src/node/logger.ts";
import type { CheckpointStore } from "../src/node/store/ports/checkpoint-store.ts";
import type { ProofStore } from "../src/node/store/ports/proof-store.ts";
import type { ProvenStore } from "../src/node/store/ports/proven-store.ts";
import type { ResultStore, StoredResult } from "../src/node/store/ports/result-store.ts";
import { Waiters } from "../src/node/waiters.ts";
import type { DryRun } from "../src/protocol/dry-run.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import type { Evaluation, ProofState } from "../src/protocol/evaluation.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { gasLimitDefault } from "../src/protocol/limits.ts";
import { dryRunInput } from "../src/runtime/dry-run-input.ts";
import { Attester, resultKey } from "./attester.ts";
import type { FollowedProcess } from "./evaluator.ts";
import { FollowedProcesses, type FollowingLimits } from "./followed-processes.ts";
import type { Follower, FollowerOptions, Place } from "./follower.ts";
import type { FinalityGate } from "./head-gate.ts";
import { servedResult, storedResult } from "./inputs.ts";
import { Modules } from "./modules.ts";
import { Onlookers } from "./onlookers.ts";
import type { ProofSegments } from "./proof-pace.ts";
import { type ProofProgress, Proving, type ProvingMetrics } from "./proving.ts";
import type { EvaluationPool } from "./restorer.ts";
import { Schedulers } from "./schedulers.ts";
import { gasOf, type ProofPool, SlotProver } from "./slot-prover.ts";

/** What the service stands on. */
export interface ComputeOptions {
  readonly identity: Identity;
  readonly network: Digest;
  readonly results: ResultStore;
  readonly checkpoints: CheckpointStore;
  readonly schedulers: readonly string[];
  readonly pool: EvaluationPool;
  readonly verifier: SignatureVerifier;
  /** How chains of proofs are verified; absent: what has to be proven is not read. */
  readonly proven?: ServiceChains;
  readonly gate: FinalityGate;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly fetchUnit?: UnitFetch;
  /** Slots between checkpoints: what a restart replays at most. */
  readonly checkpointSlots?: number;
  /** How slots are proven; null or absent: they are not. */
  readonly prover?: ServiceProver | null;
  readonly limits?: Partial<FollowingLimits>;
  /** Told of a log's fault, and where it is read. */
  readonly onFault?: FollowerOptions["onFault"];
}

/** What proves: its own pool, where proofs are kept, what is counted. */
export interface ServiceProver {
  readonly pool: ProofPool;
  readonly proofs: ProofStore;
  readonly metrics: ProvingMetrics | null;
  /** Parts of the proof that is being made. */
  readonly segments?: () => ProofSegments | null;
}

/** What remembers verified chains of proofs, and what checks their steps. */
export interface ServiceChains {
  readonly store: ProvenStore;
  readonly checkStep: (step: ProvenStep) => Promise<string | null>;
}

/** How long a request waits, and for what: a result is one that is attested, an evaluation need not be. */
export interface Waiting {
  readonly waitMs: number;
  readonly until?: "evaluation" | "result" | "proof";
  readonly signal: AbortSignal;
}

/** Between two looks at whether heads cover all that was evaluated. */
const drainLookMs = 20;

const unproven = { state: "unprovable", reason: "this unit has no prover" };
const dry = { state: "unprovable", reason: "dry run" };

/** True where no attestation is waited for. */
function isPlain({ waitMs, until }: Waiting): boolean {
  return waitMs === 0 || until === "evaluation";
}

/** True where what is not attested is what was waited for. */
function isThere(stored: readonly StoredResult[], { waitMs }: Waiting): boolean {
  return waitMs === 0 || stored.length > 0;
}

function isSettled({ state }: ProofState): boolean {
  return state === "proven" || state === "unprovable";
}

/** As problem details have it. */
function progressFields({ position, secondsLeft, segments }: ProofProgress): ErrorFields {
  if (segments === null) return { position, secondsLeft };
  return { position, secondsLeft, segmentsDone: segments.done, segments: segments.total };
}

export class ComputeService {
  readonly #options: ComputeOptions;
  readonly #waiters = new Waiters();
  readonly #attester: Attester;
  readonly #processes: FollowedProcesses;
  /** Null where the unit proves nothing. */
  readonly proving: Proving | null;
  /** What is shown to those who look on. */
  readonly onlookers: Onlookers;

  constructor(options: ComputeOptions) {
    this.#options = options;
    const { identity, network, results, checkpoints, pool, verifier, gate, clock, logger } =
      options;
    const onNews = (process: Digest): void => this.#waiters.wake(process);
    this.#attester = new Attester({ identity, results, clock, logger, onAttested: onNews });
    const { schedulers: urls, fetchUnit, checkpointSlots } = options;
    const schedulers = new Schedulers({ urls, network, fetchUnit });
    const modules = new Modules(schedulers);
    const moduleOf = (module: Digest) => modules.bytesOf(module);
    const { proven } = options;
    const chains = proven && new ProvenChains({ network, verifier, moduleOf, ...proven });
    this.proving = null;
    if (options.prover !== undefined && options.prover !== null) {
      const { pool: proofPool, proofs, metrics, segments = () => null } = options.prover;
      const prover = new SlotProver({ pool: proofPool, results, checkpoints, moduleOf });
      this.proving = new Proving({ proofs, prover, clock, logger, metrics, onNews, segments });
    }
    const { proving } = this;
    const attester = this.#attester;
    const onCheckpointRefused: FollowerOptions["onCheckpointRefused"] = ({ process, slot }) =>
      logger.error("a stored checkpoint is of another state", { process: idText(process), slot });
    const shared = { network, results, checkpoints, checkpointSlots, pool, verifier, schedulers };
    const told = { onNews, onCheckpointRefused, onFault: options.onFault };
    this.#processes = new FollowedProcesses(
      { ...shared, ...told, attester, gate, clock, logger, proving, moduleOf, chains },
      this.#waiters,
      options.limits,
    );
    const [processes, waiters, unstored] = [
      this.#processes,
      this.#waiters,
      () => attester.unstored,
    ];
    this.onlookers = new Onlookers({ results, processes, waiters, unstored, proving, clock });
  }

  /** Followed processes by their state, for metrics and health. */
  counts(): Readonly<Record<string, number>> {
    return this.#processes.counts();
  }

  /** Results that wait for their signature. */
  get unsignedCount(): number {
    return this.#attester.waitingCount;
  }

  /** What is not finished: results without an attestation, slots without a proof. */
  get unfinished(): Readonly<Record<"attestations" | "proofs", number>> {
    const attestations = this.#attester.waitingCount + this.#processes.uncoveredCount;
    return { attestations, proofs: this.proving?.queueLength ?? 0 };
  }

  /**
   * The evaluation of a slot or message, attested. Waits for it as long as it is told. Rejects with
   * `RESULT_PENDING`, `PROCESS_UNKNOWN`, `LOG_FAULTY` or `UNAVAILABLE`.
   */
  async evaluation(process: Digest, place: Place, waiting: Waiting): Promise<Evaluation> {
    const follower = this.#processes.follow(process, place);
    let leave: (() => void) | null = null;
    const isProven = async ({ slot }: StoredResult): Promise<boolean> => {
      if (this.proving === null || waiting.until !== "proof") return true;
      leave ??= this.proving.wait(process, slot);
      return isSettled(await this.proving.state({ process, slot }));
    };
    const found = await this.#waiters
      .until(process, this.#options.clock, waiting, async () => {
        const slot = await this.#slotOf(process, place);
        const stored = slot === null ? null : await this.#resultAt(process, slot);
        if (stored !== null && stored.attestation !== null && (await isProven(stored)))
          return stored;
        // Who does not wait for the attestation is served at once; it comes when it is signed.
        if (stored !== null && isPlain(waiting)) return stored;
        const end = this.#processes.endOf(follower, place);
        if (stored === null && end !== null) throw end;
        return null;
      })
      .finally(() => leave?.());
    const stored = found ?? (await this.#stored(process, place));
    if (stored === null) throw await this.#processes.absence(follower, place);
    return this.#serve(await this.#processes.opened(follower), stored);
  }

  /** Results from a slot on, in order. Waits until there is one at all. */
  async evaluations(
    process: Digest,
    query: { readonly from: number; readonly limit: number; readonly order: "asc" | "desc" },
    waiting: Waiting,
  ): Promise<readonly Evaluation[]> {
    const { from, limit } = query;
    const order = query.order === "asc" ? "ascending" : "descending";
    const isFirst = order === "ascending" && limit === 1;
    const follower = this.#processes.follow(process, isFirst ? { slot: from } : null);
    const range = async (): Promise<readonly StoredResult[]> => {
      const { unstored } = this.#attester;
      const stored = await this.#options.results.range(process, from, limit, order);
      return stored.map((one) => attestedBy(unstored, one));
    };
    const page = await this.#waiters.until(process, this.#options.clock, waiting, async () => {
      const stored = await range();
      const isAttested = stored[0] !== undefined && stored[0].attestation !== null;
      return isAttested || (isPlain(waiting) && isThere(stored, waiting)) ? stored : null;
    });
    let stored = page ?? (await range());
    if (stored.length === 0) {
      const known = follower.followed ?? (await this.#processes.located(follower));
      if (known === null) throw this.#processes.unknown(follower);
      // Where its slot 0 was waited for it is there now.
      stored = await range();
      if (stored.length === 0) return [];
    }
    const followed = await this.#processes.opened(follower);
    return Promise.all(stored.map((one) => this.#serve(followed, one)));
  }

  /** Evaluates an unsigned message on the newest state; keeps and signs nothing. */
  async dryRun(process: Digest, request: DryRun): Promise<Evaluation> {
    const follower = this.#processes.follow(process);
    const followed = await this.#processes.opened(follower);
    const { network, clock } = this.#options;
    const place = { network, process, slot: follower.next, timestamp: clock.now() };
    const { terms, evaluator } = followed;
    const { input, body } = dryRunInput(request, place, terms.rules);
    const output = await evaluator.dryRun(input, Math.min(terms.gasLimit, gasLimitDefault));
    const entry = {
      process,
      slot: input.slot,
      messageId: input.messageId,
      entryHash: input.entryHash,
    };
    const stored = storedResult(entry, output);
    return servedResult(stored, { body, terms, proof: dry });
  }

  /** The proof of a slot. Rejects with `PROOF_PENDING` where there is none, and says why. */
  async proof(process: Digest, slot: number): Promise<Uint8Array> {
    const proof = await this.#options.prover?.proofs.proof(process, slot);
    if (proof !== null && proof !== undefined) return proof;
    const waiting = { waitMs: 0, signal: new AbortController().signal };
    const { proof: standing, result } = await this.evaluation(process, { slot }, waiting);
    const progress =
      this.proving === null || isSettled(standing)
        ? {}
        : progressFields(this.proving.progress({ process, slot }, gasOf(result)));
    const fields = { process: idText(process), slot, ...standing, ...progress };
    throw new ProtocolError("PROOF_PENDING", fields);
  }

  /** Where a process stands. */
  async state(process: Digest): Promise<{
    readonly follower: Follower;
    readonly newest: StoredResult | null;
    readonly memoryBytes: number;
  }> {
    const follower = this.#processes.follow(process);
    const { evaluator } = await this.#processes.opened(follower);
    const slot = follower.next - 1;
    const newest = await this.#options.results.get(process, slot);
    const { total } = await evaluator.memory(slot, { from: 0, length: 0 });
    return { follower, newest, memoryBytes: total };
  }

  /** Committed memory of the newest slot, or of one that has a checkpoint. */
  async memory(
    process: Digest,
    slot: number | null,
    range: { readonly from: number; readonly length: number },
  ): Promise<{ readonly bytes: Uint8Array; readonly total: number; readonly slot: number }> {
    const follower = this.#processes.follow(process);
    const { evaluator } = await this.#processes.opened(follower);
    const newest = follower.next - 1;
    if (slot === null || slot === newest) {
      return { ...(await evaluator.memory(newest, range)), slot: newest };
    }
    const saved = await this.#options.checkpoints.load(process, slot);
    if (saved === null || saved.slot !== slot) {
      const slots = [...(await this.#options.checkpoints.slots(process)), newest];
      throw new ProtocolError("MEMORY_NOT_RETAINED", { expected: slots.join(", "), got: slot });
    }
    const { from, length } = range;
    return { bytes: saved.memory.slice(from, from + length), total: saved.memory.length, slot };
  }

  /**
   * Stops following and proving; resolves when what was evaluated is attested, or the signal aborts. What
   * was being proven is back in the queue.
   */
  async drain(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await Promise.all([this.proving?.stop(), this.#processes.stop()]);
    while (!signal.aborted && this.#processes.uncoveredCount > 0) {
      await clock.sleep(drainLookMs, signal).catch(() => undefined);
    }
    await this.#attester.drained();
    this.#waiters.wakeAll();
  }

  /** Stops following; resolves when what was evaluated, and a head covers, is attested and stored. */
  async stop(): Promise<void> {
    this.onlookers.streams.end();
    this.#waiters.wakeAll();
    await this.proving?.stop();
    this.#options.gate.stop();
    await this.#processes.stop();
    await this.#attester.stop();
  }

  async #slotOf(process: Digest, place: Place): Promise<number | null> {
    if ("slot" in place) return place.slot;
    return this.#options.results.slotOfMessage(process, place.message);
  }

  async #stored(process: Digest, place: Place): Promise<StoredResult | null> {
    const slot = await this.#slotOf(process, place);
    return slot === null ? null : this.#resultAt(process, slot);
  }

  async #resultAt(process: Digest, slot: number): Promise<StoredResult | null> {
    const { unstored } = this.#attester;
    const stored = await this.#options.results.get(process, slot);
    return stored === null ? null : attestedBy(unstored, stored);
  }

  async #serve({ terms }: FollowedProcess, stored: StoredResult): Promise<Evaluation> {
    const [entry] = await this.#options.results.entries(stored.process, stored.slot, 1);
    if (entry === undefined) throw new ProtocolError("HOST_FAULT", { slot: stored.slot });
    const proof = this.proving === null ? unproven : await this.proving.state(stored);
    return servedResult(stored, { body: entry.body, terms, proof });
  }
}

/** The result with its attestation, also where that is not stored yet. */
function attestedBy(unstored: ReadonlyMap<string, Uint8Array>, stored: StoredResult): StoredResult {
  if (stored.attestation !== null || unstored.size === 0) return stored;
  return { ...stored, attestation: unstored.get(resultKey(stored)) ?? null };
}
