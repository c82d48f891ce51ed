/**
 * A bounded pool of worker threads. Each worker has one job at a time, so the watchdog times that
 * job alone. Jobs with a key always go to the same place in the pool, one after the other: a process
 * finds its warm instance there. Dead workers are replaced; a job whose worker died is tried again
 * where the pool allows it and its buffers were not transferred. What is too much is refused.
 *
 * @module
 */

import type { ResourceLimits, TransferListItem } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import { CodedError } from "../base/error.ts";
import { type WorkerEnd, type WorkerEndCode, WorkerSlot } from "./worker-slot.ts";

export type WorkerPoolErrorCode =
  | WorkerEndCode
  | "WORKER_POOL_BUSY"
  | "WORKER_POOL_CLOSED"
  | "WORKER_JOB_FAILED";

/** Why a job has no answer. `WORKER_JOB_FAILED`: its handler threw; the others are about threads. */
export class WorkerPoolError extends CodedError<WorkerPoolErrorCode> {
  override readonly name = "WorkerPoolError";
}

export interface WorkerPoolOptions {
  /** The worker's compiled script (`workerScript`), which calls `serveJobs`. */
  readonly script: URL;
  readonly workerCount: number;
  /** Jobs that may wait beside those being worked on; one more is refused. */
  readonly queueMax: number;
  /** A worker that takes longer for one job is ended and replaced; the job fails, unrepeated. */
  readonly jobTimeoutMs: number;
  readonly startTimeoutMs?: number;
  /** How often a job is given to a worker that then dies: 1 (default) is no second try. */
  readonly attemptsMax?: number;
  readonly workerData?: unknown;
  /** V8's limits, `stackSizeMb` among them. They do not bound WebAssembly memory. */
  readonly resourceLimits?: ResourceLimits;
}

/** What the pool did and is doing, for metrics. */
export interface WorkerPoolStatus {
  readonly waiting: number;
  readonly running: number;
  /** Workers that serve (idle or busy). */
  readonly serving: number;
  readonly answered: number;
  readonly deaths: number;
}

interface PendingJob<Job, Answer> {
  readonly sequence: number;
  readonly job: Job;
  readonly transfer: readonly TransferListItem[];
  attempts: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: WorkerPoolError) => void;
}

interface Place<Job, Answer> {
  readonly slot: WorkerSlot;
  /** Jobs whose key belongs here, oldest first. */
  readonly keyed: PendingJob<Job, Answer>[];
  running: PendingJob<Job, Answer> | null;
  /** True once this worker answered: one that never did is started again only for a new job. */
  proven: boolean;
}

const startTimeoutDefaultMs = 30_000;
/** Before that of any job that is not urgent. */
const urgentSequence = -1;

export class WorkerPool<Job, Answer> {
  readonly #places: readonly Place<Job, Answer>[];
  readonly #shared: PendingJob<Job, Answer>[] = [];
  readonly #queueMax: number;
  readonly #attemptsMax: number;
  #sequence = 0;
  #answered = 0;
  #deaths = 0;
  #closed = false;

  /** Starts all workers; jobs may be given at once and wait for them. */
  constructor(options: WorkerPoolOptions) {
    assert(options.workerCount >= 1, "a pool has at least one worker");
    this.#queueMax = options.queueMax;
    this.#attemptsMax = options.attemptsMax ?? 1;
    const slotOptions = {
      script: options.script,
      workerData: options.workerData,
      resourceLimits: options.resourceLimits,
      startTimeoutMs: options.startTimeoutMs ?? startTimeoutDefaultMs,
      jobTimeoutMs: options.jobTimeoutMs,
    };
    this.#places = Array.from({ length: options.workerCount }, () => {
      const slot = new WorkerSlot(slotOptions, {
        onReady: () => this.#dispatch(place),
        onReply: (reply) => {
          const job = place.running;
          place.running = null;
          place.proven = true;
          this.#answered++;
          // What a worker's script answers is our own code's word: its type is not checked again.
          if (reply.kind === "answer") job?.resolve(reply.answer as Answer);
          else job?.reject(new WorkerPoolError("WORKER_JOB_FAILED", { message: reply.message }));
          this.#dispatch(place);
        },
        onEnd: (end) => this.#onEnd(place, end),
      });
      const place: Place<Job, Answer> = { slot, keyed: [], running: null, proven: false };
      return place;
    });
    for (const place of this.#places) place.slot.start();
  }

  /**
   * A job's answer. Rejects with a `WorkerPoolError`; `WORKER_POOL_BUSY` at once where the queue is
   * full.
   *
   * @param key jobs of one key run in order and in one place; null goes to whichever is free first
   * @param transfer buffers that move to the worker; such a job is never tried twice
   */
  run(key: string | null, job: Job, transfer: readonly TransferListItem[] = []): Promise<Answer> {
    return this.#enqueue({ key, job, transfer, isUrgent: false });
  }

  /**
   * As `run`, but before all jobs that wait in the key's place, after those that were urgent before:
   * for what goes on with something that a worker holds and might let go of.
   */
  runNext(key: string, job: Job): Promise<Answer> {
    return this.#enqueue({ key, job, transfer: [], isUrgent: true });
  }

  #enqueue(request: {
    readonly key: string | null;
    readonly job: Job;
    readonly transfer: readonly TransferListItem[];
    readonly isUrgent: boolean;
  }): Promise<Answer> {
    const { key, job, transfer, isUrgent } = request;
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new WorkerPoolError("WORKER_POOL_CLOSED"));
      if (this.#waiting() >= this.#queueMax && !this.#hasIdlePlace(key)) {
        return reject(new WorkerPoolError("WORKER_POOL_BUSY", { waitingMax: this.#queueMax }));
      }
      const sequence = isUrgent ? urgentSequence : this.#sequence++;
      const pending = { sequence, job, transfer, attempts: 0, resolve, reject };
      const queue = key === null ? this.#shared : this.#placeOf(key).keyed;
      const later = isUrgent ? queue.findIndex((other) => other.sequence > urgentSequence) : -1;
      queue.splice(later < 0 ? queue.length : later, 0, pending);
      for (const place of this.#places) this.#dispatch(place);
    });
  }

  status(): WorkerPoolStatus {
    const states = this.#places.map((place) => place.slot.state);
    return {
      waiting: this.#waiting(),
      running: states.filter((state) => state === "busy").length,
      serving: states.filter((state) => state === "idle" || state === "busy").length,
      answered: this.#answered,
      deaths: this.#deaths,
    };
  }

  /** Fails every job with `WORKER_POOL_CLOSED`, and resolves when all threads are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    const jobs = this.#shared.splice(0);
    for (const place of this.#places) {
      jobs.push(...place.keyed.splice(0));
      if (place.running !== null) jobs.push(place.running);
      place.running = null;
    }
    for (const job of jobs) job.reject(new WorkerPoolError("WORKER_POOL_CLOSED"));
    await Promise.all(this.#places.map((place) => place.slot.close()));
  }

  #waiting(): number {
    return this.#places.reduce((sum, place) => sum + place.keyed.length, this.#shared.length);
  }

  #hasIdlePlace(key: string | null): boolean {
    const places = key === null ? this.#places : [this.#placeOf(key)];
    return places.some((place) => place.slot.state === "idle");
  }

  /**
   * FNV-1a of the key. A fixed function and not the least busy place: two jobs of a key then never
   * run at the same time, and no table of keys has to be bounded.
   */
  #placeOf(key: string): Place<Job, Answer> {
    let hash = 0x811c9dc5;
    for (let i = 0; i < key.length; i++) {
      hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193) >>> 0;
    }
    return this.#places[hash % this.#places.length] as Place<Job, Answer>;
  }

  /** Gives an idle worker the oldest job it may take; fills an empty place if a job waits for it. */
  #dispatch(place: Place<Job, Answer>): void {
    if (this.#closed) return;
    const queue = this.#nextQueue(place);
    const job = queue?.[0];
    if (queue === null || job === undefined) return;
    if (place.slot.state === "empty") place.slot.start();
    if (place.slot.state !== "idle") return;
    queue.shift();
    try {
      place.slot.post(job.job, job.transfer);
      place.running = job;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      job.reject(new WorkerPoolError("WORKER_JOB_FAILED", { message }, { cause }));
      this.#dispatch(place);
    }
  }

  #nextQueue(place: Place<Job, Answer>): PendingJob<Job, Answer>[] | null {
    const keyed = place.keyed[0];
    const shared = this.#shared[0];
    if (keyed === undefined) return shared === undefined ? null : this.#shared;
    if (shared === undefined) return place.keyed;
    return keyed.sequence < shared.sequence ? place.keyed : this.#shared;
  }

  #onEnd(place: Place<Job, Answer>, end: WorkerEnd): void {
    this.#deaths++;
    const job = place.running;
    place.running = null;
    const wasProven = place.proven;
    place.proven = false;
    if (end.code === "WORKER_START_FAILED") {
      this.#onStartFailed(place, end);
      return;
    }
    if (job !== null) this.#retryOrReject(place, job, end);
    if (wasProven) place.slot.start();
    this.#dispatch(place);
  }
  #retryOrReject(place: Place<Job, Answer>, job: PendingJob<Job, Answer>, end: WorkerEnd): void {
    job.attempts++;
    const mayRetry = end.code === "WORKER_DIED" && job.transfer.length === 0;
    // Back to the head of this place's own queue, so that a key's jobs stay in order.
    if (mayRetry && job.attempts < this.#attemptsMax) place.keyed.unshift(job);
    else
      job.reject(new WorkerPoolError(end.code, { attempts: job.attempts }, { cause: end.cause }));
  }

  /** No loop of failing starts: what waits for this place fails, and the next job starts it again. */
  #onStartFailed(place: Place<Job, Answer>, end: WorkerEnd): void {
    const jobs = place.keyed.splice(0);
    const othersServe = this.#places.some((other) => other.slot.state !== "empty");
    if (!othersServe) jobs.push(...this.#shared.splice(0));
    for (const job of jobs) {
      job.reject(new WorkerPoolError("WORKER_START_FAILED", {}, { cause: end.cause }));
    }
  }
}
