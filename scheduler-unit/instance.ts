/**
 * Holds the lease for one run of a scheduler and drives `instance.machine`. The lease gives liveness
 * only: an instance that wrongly believes that it leads is refused by the store.
 *
 * @module
 */

import { type Actor, createActor } from "xstate";
import { toBase64url } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import type { RandomSource } from "../src/base/random.ts";
import { type LeaseStore, schedulerLease } from "../src/node/store/ports/lease-store.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { instanceMachine } from "./instance.machine.ts";

/**
 * An instance that stands still is taken over after this long. One whose process is gone is not waited
 * for, and what stands still for less than this is no reason to change.
 */
const leaseMs = 1500;
/** Between two signs of life of the one that leads: five may be late. */
const renewMs = 300;
/** Between two looks of one that stands by. */
const watchMs = 100;

export class SchedulerInstance {
  readonly #leases: LeaseStore;
  readonly #clock: Clock;
  /** One run of one instance: never used again, so that a restart never inherits an epoch. */
  readonly #holder: string;
  readonly #actor: Actor<typeof instanceMachine> = createActor(instanceMachine);
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  constructor(options: {
    readonly leases: LeaseStore;
    readonly clock: Clock;
    readonly random: RandomSource;
  }) {
    this.#leases = options.leases;
    this.#clock = options.clock;
    this.#holder = toBase64url(options.random.bytes(16));
  }

  /** Takes the lease if it is free, and goes on trying and renewing until `stop`. */
  async start(): Promise<void> {
    this.#actor.start();
    await this.#acquire();
    this.#running = this.#keep();
  }

  /** `standby`, `leading` or `stopped`. */
  get state(): string {
    return this.#actor.getSnapshot().value;
  }

  /** The epoch to assign under. Throws `UNAVAILABLE` while another instance leads. */
  epoch(): number {
    const { context } = this.#actor.getSnapshot();
    if (context.epoch !== null) return context.epoch;
    throw new ProtocolError("UNAVAILABLE", { expected: "leading", got: this.state });
  }

  /**
   * Told when the store refused an append of this epoch because of a later one. That later one may
   * have been this instance's own: then it leads on.
   */
  fenced(epoch: number): void {
    const { context } = this.#actor.getSnapshot();
    if (context.epoch !== null && context.epoch > epoch) return;
    this.#actor.send({ type: "append.fenced" });
  }

  /**
   * Leads no more from this turn on, and gives the lease back behind every append that is under way, so
   * that another instance takes over at its next look.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { epoch } = this.#actor.getSnapshot().context;
    this.#stopping.abort();
    this.#actor.send({ type: "stop" });
    if (epoch !== null) await this.#leases.release(schedulerLease, this.#holder, epoch);
    await this.#running;
  }

  /** True if the lease is ours now. */
  async #acquire(): Promise<boolean> {
    const lease = await this.#leases.acquire(schedulerLease, this.#holder, leaseMs);
    if (lease === null) return false;
    if (this.#stopping.signal.aborted) {
      await this.#leases.release(schedulerLease, this.#holder, lease.epoch);
      return false;
    }
    this.#actor.send({ type: "lease.acquired", epoch: lease.epoch });
    return true;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const isLeading = this.#actor.getSnapshot().context.epoch !== null;
      await this.#clock.sleep(isLeading ? renewMs : watchMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      // A store that fails says nothing about the lease, and appends tell of it: try again.
      await this.#renew().catch(() => undefined);
    }
  }

  async #renew(): Promise<void> {
    const { epoch } = this.#actor.getSnapshot().context;
    const isRenewed =
      epoch !== null && (await this.#leases.renew(schedulerLease, this.#holder, epoch));
    if (isRenewed || (await this.#acquire()) || epoch === null) return;
    // It may have been fenced and have come to lead again meanwhile.
    if (this.#actor.getSnapshot().context.epoch === epoch) this.#actor.send({ type: "lease.lost" });
  }
}
