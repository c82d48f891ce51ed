/**
 * Signature verification for units (spec/03-identity.md §3): a `SignatureVerifier` over worker threads,
 * which spares a few claims a turn the way to them. Claims that wait together travel together; what is
 * malformed never travels, what was accepted before is not verified again, and what is too much is
 * refused with `VERIFIER_BUSY`.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import { CodedError } from "../../base/error.ts";
import type { MlDsaClaim } from "../../crypto/ml-dsa.ts";
import {
  claimedBytes,
  hasSignatureShape,
  type SignatureClaim,
  type SignatureVerifier,
} from "../../crypto/signature.ts";
import { WorkerPool } from "../worker-pool.ts";
import { workerScript } from "../worker-script.ts";
import { AcceptedClaims } from "./accepted-claims.ts";
import { type BatchAnswer, batchClaimsMax, packBatch } from "./batch.ts";
import { shadowCheckOneIn } from "./checked-verifier.ts";
import type { ImplementationName } from "./implementations.ts";
import {
  claimsATurnMax,
  claimsLaterMax,
  fastImplementation,
  OwnThreadVerifier,
  type Seen,
} from "./own-thread.ts";
import type { VerifyWorkerData } from "./verify-worker.ts";

export type VerifierErrorCode = "VERIFIER_BUSY" | "VERIFIER_CLOSED" | "VERIFIER_FAILED";

/** Why there is no verdict. `VERIFIER_BUSY` invites a retry; `VERIFIER_FAILED` has its cause. */
export class VerifierError extends CodedError<VerifierErrorCode> {
  override readonly name = "VerifierError";
}

export interface VerifierPoolOptions {
  /** Default 2: measured to leave the main thread of a small machine its share. */
  readonly workerCount?: number;
  /** Claims that may wait (each about 5.3 KB). Default 4,096. */
  readonly waitingClaimsMax?: number;
  /** Accepted claims that are remembered. Default 16,384. */
  readonly acceptedClaimsMax?: number;
  /** Default `auto`: the fastest implementation that works here. */
  readonly implementation?: ImplementationName | "auto";
  /** Claims that the caller's own thread verifies in a turn, with `auto`. Default: by the machine. */
  readonly ownThreadClaimsMax?: number;
  /** Claims that wait for its later turns before workers are asked. Default: by the machine. */
  readonly ownThreadLaterMax?: number;
}

/** What the pool did, for metrics. */
export interface VerifierPoolStatus {
  /** What verified last; null before the first verdict. */
  readonly implementation: ImplementationName | null;
  readonly waitingClaims: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Verdicts given from memory. */
  readonly remembered: number;
  /** Not zero: an implementation erred and was retired. Somebody should look at it. */
  readonly disagreements: number;
  readonly workerDeaths: number;
}

interface WaitingClaim {
  readonly claim: MlDsaClaim;
  readonly name: string;
  readonly resolve: (verdict: boolean) => void;
  readonly reject: (error: VerifierError) => void;
}

/** A batch of 16 takes 32 ms by the slowest implementation. */
const batchTimeoutMs = 10_000;
const batchAttemptsMax = 3;
/** So many take 0.8 ms on one worker: no reason to wake a second. */
const batchClaimsMin = 4;

export class VerifierPool implements SignatureVerifier {
  readonly #pool: WorkerPool<Uint8Array, BatchAnswer>;
  readonly #workerCount: number;
  readonly #waitingClaimsMax: number;
  readonly #acceptedClaims: AcceptedClaims;
  readonly #ownThread: OwnThreadVerifier;
  readonly #waiting: WaitingClaim[] = [];
  /** Verdicts that are being made, by the claim's name. */
  readonly #underWay = new Map<string, Promise<boolean>>();
  #batchesRunning = 0;
  #planned = false;
  #closed = false;
  #implementation: ImplementationName | null = null;
  #accepted = 0;
  #rejected = 0;
  #remembered = 0;
  #disagreements = 0;

  constructor(options: VerifierPoolOptions = {}) {
    this.#workerCount = options.workerCount ?? 2;
    this.#waitingClaimsMax = options.waitingClaimsMax ?? 4096;
    this.#acceptedClaims = new AcceptedClaims(options.acceptedClaimsMax ?? 16_384);
    const { implementation = "auto", ownThreadClaimsMax = claimsATurnMax } = options;
    this.#ownThread = new OwnThreadVerifier({
      claimsATurnMax: ownThreadClaimsMax,
      claimsLaterMax: options.ownThreadLaterMax ?? claimsLaterMax,
      drawShadowCheck: () => randomInt(shadowCheckOneIn) === 0,
    });
    if (implementation === "auto" && ownThreadClaimsMax > 0) void this.#loadOwn();
    const data: VerifyWorkerData = { implementation };
    this.#pool = new WorkerPool({
      script: workerScript("verifier-pool/verify-worker"),
      workerCount: this.#workerCount,
      queueMax: this.#workerCount,
      jobTimeoutMs: batchTimeoutMs,
      attemptsMax: batchAttemptsMax,
      workerData: data,
    });
  }

  /**
   * One verdict for each claim, in order. Rejects with `VERIFIER_BUSY` before anything is verified
   * where the claims would not all fit into the workers' queue, `VERIFIER_CLOSED`, or `VERIFIER_FAILED` where no
   * worker could be kept alive.
   */
  async verify(claims: readonly SignatureClaim[]): Promise<readonly boolean[]> {
    if (this.#closed) throw new VerifierError("VERIFIER_CLOSED");
    if (this.#waiting.length + claims.length > this.#waitingClaimsMax) {
      const waiting = this.#waiting.length;
      throw new VerifierError("VERIFIER_BUSY", { waitingMax: this.#waitingClaimsMax, waiting });
    }
    return Promise.all(claims.map((claim) => this.#verdictOf(claim)));
  }

  status(): VerifierPoolStatus {
    return {
      implementation: this.#implementation,
      waitingClaims: this.#waiting.length,
      accepted: this.#accepted,
      rejected: this.#rejected,
      remembered: this.#remembered,
      disagreements: this.#disagreements + this.#ownThread.disagreements,
      workerDeaths: this.#pool.status().deaths,
    };
  }

  /** Fails what waits with `VERIFIER_CLOSED`, and resolves when all threads are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const waiting = this.#waiting.splice(0);
    for (const { reject } of waiting) reject(new VerifierError("VERIFIER_CLOSED"));
    await this.#pool.close();
  }

  /** Until it is there the workers verify everything; so they do where there is none. */
  async #loadOwn(): Promise<void> {
    const fast = await fastImplementation();
    if (fast !== null) this.#ownThread.use(fast);
  }

  #verdictOf(claim: SignatureClaim): Promise<boolean> {
    if (!hasSignatureShape(claim)) {
      this.#rejected++;
      return Promise.resolve(false);
    }
    const { publicKey, signature } = claim;
    const known = { publicKey, signature, bytes: claimedBytes(claim) };
    const seen = this.#ownThread.look(known, isShared(claim));
    return seen instanceof Promise
      ? seen.then((later) => this.#verdictBy(later, known))
      : this.#verdictBy(seen, known);
  }

  /** What the own thread saw; where it saw nothing, the workers say. */
  #verdictBy(seen: Seen | null, claim: MlDsaClaim): Promise<boolean> {
    if (seen === null) return this.#workersVerdictOf(claim);
    this.#implementation = this.#ownThread.implementation;
    if (seen === "accepted") this.#accepted++;
    else this.#remembered++;
    return Promise.resolve(true);
  }

  #workersVerdictOf(claim: MlDsaClaim): Promise<boolean> {
    const name = this.#acceptedClaims.nameOf(claim);
    if (this.#acceptedClaims.has(name)) {
      this.#remembered++;
      return Promise.resolve(true);
    }
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) return underWay;
    const verdict = new Promise<boolean>((resolve, reject) => {
      this.#waiting.push({ claim, name, resolve, reject });
    });
    this.#plan();
    // One bundle's signature arrives with each of its messages, all before the first is verified.
    this.#underWay.set(name, verdict);
    const forget = (): void => void this.#underWay.delete(name);
    void verdict.then(forget, forget);
    return verdict;
  }

  /** What comes in one turn of the event loop travels together: waking a worker costs 50 µs and more. */
  #plan(): void {
    if (this.#planned || this.#waiting.length === 0) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#dispatch();
    });
  }

  /** Shares what waits among the free workers, 4 to 16 claims to each. */
  #dispatch(): void {
    while (this.#waiting.length > 0 && this.#batchesRunning < this.#workerCount) {
      const free = this.#workerCount - this.#batchesRunning;
      const share = Math.max(batchClaimsMin, Math.ceil(this.#waiting.length / free));
      const count = Math.min(batchClaimsMax, share);
      this.#batchesRunning++;
      // `#runBatch` settles every claim and catches everything, so its promise is never rejected.
      void this.#runBatch(this.#waiting.splice(0, count));
    }
  }

  async #runBatch(batch: readonly WaitingClaim[]): Promise<void> {
    try {
      const answer = await this.#pool.run(null, packBatch(batch.map(({ claim }) => claim)));
      this.#implementation = answer.implementation;
      this.#disagreements += answer.disagreements;
      for (const [index, waiting] of batch.entries()) {
        this.#settle(waiting, answer.verdicts[index] === 1);
      }
    } catch (cause) {
      const code = this.#closed ? "VERIFIER_CLOSED" : "VERIFIER_FAILED";
      for (const { reject } of batch) reject(new VerifierError(code, {}, { cause }));
    }
    this.#batchesRunning--;
    this.#dispatch();
  }

  #settle(waiting: WaitingClaim, verdict: boolean): void {
    if (verdict) {
      this.#accepted++;
      this.#acceptedClaims.add(waiting.name);
    } else this.#rejected++;
    waiting.resolve(verdict);
  }
}

/** What stands for many messages, or many results: a head stands for a whole log. */
const sharedTags: readonly SignatureClaim["tag"][] = [
  "nymcompute/bundle/v1",
  "nymcompute/attestation/v1",
  "nymcompute/head-key/v1",
  null,
];

function isShared({ tag }: SignatureClaim): boolean {
  return sharedTags.includes(tag);
}
