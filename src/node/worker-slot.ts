/**
 * One place of a worker pool: empty, or holding a worker that starts, waits or works. It watches
 * over the time that starting and each job may take, and ends a worker that overruns it.
 *
 * Lifecycle: empty → starting → idle ⇄ busy, and from each of the last three back to empty. A worker
 * that was given up is never heard again, whatever it still sends.
 *
 * @module
 */

import { type ResourceLimits, type TransferListItem, Worker } from "node:worker_threads";
import type { WorkerReply } from "./worker-jobs.ts";

export interface WorkerSlotOptions {
  readonly script: URL;
  readonly workerData: unknown;
  readonly resourceLimits: ResourceLimits | undefined;
  readonly startTimeoutMs: number;
  readonly jobTimeoutMs: number;
}

export type WorkerEndCode = "WORKER_START_FAILED" | "WORKER_DIED" | "WORKER_TIMEOUT";

/** Why a slot became empty. */
export interface WorkerEnd {
  readonly code: WorkerEndCode;
  /** What the worker threw, or its exit code in words; undefined for a timeout. */
  readonly cause?: unknown;
}

/** What a slot tells its pool. */
export interface WorkerSlotEvents {
  onReady(): void;
  onReply(reply: Exclude<WorkerReply, { kind: "ready" }>): void;
  /** The slot is empty; a job that it had was not answered and will not be. */
  onEnd(end: WorkerEnd): void;
}

export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  readonly #events: WorkerSlotEvents;
  readonly #ending = new Set<Promise<unknown>>();
  #state: "empty" | "starting" | "idle" | "busy" = "empty";
  #worker: Worker | null = null;
  // Threads and their watchdogs run on the machine's time also where a simulation's clock does not.
  #watchdog: NodeJS.Timeout | undefined;

  constructor(options: WorkerSlotOptions, events: WorkerSlotEvents) {
    this.#options = options;
    this.#events = events;
  }

  get state(): "empty" | "starting" | "idle" | "busy" {
    return this.#state;
  }

  /** Starts a worker in an empty slot; `onReady` or `onEnd` follows. */
  start(): void {
    const { script, workerData, resourceLimits, startTimeoutMs } = this.#options;
    const worker = new Worker(script, {
      workerData,
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
    });
    this.#worker = worker;
    this.#state = "starting";
    this.#watch(startTimeoutMs);
    worker.on("message", (reply: WorkerReply) => this.#onMessage(worker, reply));
    worker.on("messageerror", (cause) => this.#end(worker, { code: this.#deathCode(), cause }));
    // "error" comes before "exit" and says why; an end is told only once.
    worker.on("error", (cause) => this.#end(worker, { code: this.#deathCode(), cause }));
    worker.on("exit", (exitCode) => {
      this.#end(worker, { code: this.#deathCode(), cause: `exit code ${exitCode}` });
    });
  }

  /** Gives a job to an idle worker. Throws what cannot be cloned, and is idle still. */
  post(job: unknown, transfer: readonly TransferListItem[]): void {
    this.#worker?.postMessage(job, transfer);
    this.#state = "busy";
    this.#watch(this.#options.jobTimeoutMs);
  }

  /** Ends the worker without a word to the pool, and resolves when all of the slot's threads are gone. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#clear();
    if (worker !== null) this.#terminate(worker);
    await Promise.all(this.#ending);
  }

  #onMessage(worker: Worker, reply: WorkerReply): void {
    if (worker !== this.#worker) return;
    clearTimeout(this.#watchdog);
    this.#state = "idle";
    if (reply.kind === "ready") this.#events.onReady();
    else this.#events.onReply(reply);
  }

  #watch(timeoutMs: number): void {
    clearTimeout(this.#watchdog);
    const worker = this.#worker;
    this.#watchdog = setTimeout(() => {
      const code = this.#state === "starting" ? "WORKER_START_FAILED" : "WORKER_TIMEOUT";
      if (worker !== null) this.#end(worker, { code });
    }, timeoutMs);
  }

  #deathCode(): WorkerEndCode {
    return this.#state === "starting" ? "WORKER_START_FAILED" : "WORKER_DIED";
  }

  #end(worker: Worker, end: WorkerEnd): void {
    if (worker !== this.#worker) return;
    this.#clear();
    this.#terminate(worker);
    this.#events.onEnd(end);
  }

  #clear(): void {
    clearTimeout(this.#watchdog);
    this.#worker = null;
    this.#state = "empty";
  }

  #terminate(worker: Worker): void {
    const ended: Promise<unknown> = worker.terminate().finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }
}
