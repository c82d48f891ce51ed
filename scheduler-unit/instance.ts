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

/** A paused instance is taken over after this long; a third of it between renewals. */
const leaseMs = 2000;

export class SchedulerInstance {
  readonly #leases: LeaseStore;
  readonly #clock: Clock;
  /** One run of one instance: never used again, so that a restart never inherits an epoch. */
  readonly #holder: string;
  readonly #actor: Actor<typeof instanceMachine> = createActor(instanceMachine);
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

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

  /** `standby`, `leading`, `fenced` or `stopped`. */
  get state(): string {
    return this.#actor.getSnapshot().value;
  }

  /** The epoch to assign under. Throws `FENCED` for good, or `UNAVAILABLE` while another instance leads. */
  epoch(): number {
    const { context } = this.#actor.getSnapshot();
    if (context.epoch !== null) return context.epoch;
    const code = this.state === "fenced" ? "FENCED" : "UNAVAILABLE";
    throw new ProtocolError(code, { expected: "leading", got: this.state });
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

  /** Gives the lease back, so that another instance need not wait for its end. */
  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const { epoch } = this.#actor.getSnapshot().context;
    this.#stopping.abort();
    this.#actor.send({ type: "stop" });
    await this.#running;
    if (epoch !== null) await this.#leases.release(schedulerLease, this.#holder, epoch);
  }

  /** True if the lease is ours now. */
  async #acquire(): Promise<boolean> {
    const lease = await this.#leases.acquire(schedulerLease, this.#holder, leaseMs);
    if (lease === null || this.#stopping.signal.aborted) return false;
    this.#actor.send({ type: "lease.acquired", epoch: lease.epoch });
    return true;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#clock.sleep(leaseMs / 3, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (this.state === "fenced") return;
      // A store that fails says nothing about the lease, and appends tell of it: try again.
      await this.#renew().catch(() => undefined);
    }
  }

  async #renew(): Promise<void> {
    const { epoch } = this.#actor.getSnapshot().context;
    const renewed =
      epoch !== null && (await this.#leases.renew(schedulerLease, this.#holder, epoch, leaseMs));
    // An instance that was held up is late, not replaced: where nobody took the lease, it leads on.
    if (!renewed && !(await this.#acquire()) && epoch !== null) {
      this.#actor.send({ type: "lease.lost" });
    }
  }
}
