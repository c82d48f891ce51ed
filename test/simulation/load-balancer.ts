/**
 * What stands before the instances of one scheduler: it asks now and then which of them lead, sends
 * each request to one of those, and believes what it heard until it asks again. So a request reaches
 * one that leads no more, or two that both believe they lead.
 *
 * @module
 */

import type { History } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { OpenScheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedTime } from "./simulated-time.ts";

export interface LoadBalancerOptions {
  readonly url: string;
  readonly wire: SimulatedNetwork;
  readonly time: SimulatedTime;
  readonly history: History;
  readonly random: SeededRandom;
}

export class LoadBalancer {
  readonly #options: LoadBalancerOptions;
  readonly #instances = new Map<Machine, OpenScheduler>();
  /** How long it believes what it heard, ms. */
  readonly #period: number;
  /** How likely it is at each question that who waits for a silent one is sent away. */
  readonly #impatience: number;
  #isOpen = true;

  constructor(options: LoadBalancerOptions) {
    this.#options = options;
    this.#period = options.random.pick([60, 300, 1_000]);
    this.#impatience = options.random.pick([0, 0.2, 1]);
  }

  add(machine: Machine, instance: OpenScheduler): void {
    // It may have crashed in the very turn in which it was opened.
    if (machine.isAlive) this.#instances.set(machine, instance);
  }

  remove(machine: Machine): void {
    this.#instances.delete(machine);
  }

  /** Goes on until `stop`. */
  start(): void {
    if (!this.#isOpen) return;
    this.#ask();
    this.#options.time.after(this.#period, () => this.start());
  }

  stop(): void {
    this.#isOpen = false;
  }

  #ask(): void {
    const { url, wire, history, random } = this.#options;
    const answering = [...this.#instances].filter(([machine]) => !machine.isPaused);
    const leading = answering.filter(([, { instance }]) => instance.state === "leading");
    if (leading.length > 1) history.reach("two schedulers lead");
    if (leading.length > 0) {
      wire.serveAny(
        url,
        leading.map(([machine, { router }]) => ({ machine, router })),
      );
    }
    for (const machine of this.#instances.keys()) {
      if (machine.isPaused && random.chance(this.#impatience)) wire.broken(machine);
    }
  }
}
