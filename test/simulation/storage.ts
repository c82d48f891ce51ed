/**
 * Simulated disks: every commit takes its time; in bad times it takes long, fails before or after it
 * was written, or finds the disk full.
 *
 * @module
 */

import type { StoreEngine } from "../../src/node/store/engine.ts";
import { MemoryDisk, MemoryEngine } from "../../src/node/store/memory-engine.ts";
import { StoreError } from "../../src/node/store/store-error.ts";
import type { History } from "./history.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** How a disk behaves; probabilities of one commit. */
export interface DiskWeather {
  readonly slow: number;
  readonly failBefore: number;
  readonly failAfter: number;
}

export const soundDisk: DiskWeather = { slow: 0, failBefore: 0, failAfter: 0 };

/** One disk and who has it open. */
export class SimulatedDisk {
  readonly #name: string;
  readonly #time: SimulatedTime;
  readonly #random: SeededRandom;
  readonly #history: History;
  readonly disk: MemoryDisk = new MemoryDisk();
  weather: DiskWeather = soundDisk;
  isFull = false;

  constructor(options: {
    readonly name: string;
    readonly time: SimulatedTime;
    readonly random: SeededRandom;
    readonly history: History;
  }) {
    this.#name = options.name;
    this.#time = options.time;
    this.#random = options.random;
    this.#history = options.history;
  }

  /** Opens it; whoever had it before has it no more. */
  open(): StoreEngine {
    this.disk.kill();
    return new MemoryEngine(this.disk, {
      beforeCommit: () => this.#before(),
      afterCommit: () => this.#after(),
    });
  }

  /** Takes the disk from whoever has it open: what is not written never will be. */
  kill(): void {
    this.disk.kill();
  }

  async #before(): Promise<void> {
    const { slow, failBefore } = this.weather;
    const isSlow = this.#random.chance(slow);
    if (isSlow) this.#history.reach("slow commit");
    await this.#time.passed(isSlow ? this.#random.between(20, 500) : this.#random.between(0.1, 1));
    if (this.isFull) {
      this.#history.reach("full disk");
      throw new StoreError("STORE_FULL", { disk: this.#name });
    }
    if (!this.#random.chance(failBefore)) return;
    this.#history.reach("commit failed before it was written");
    throw new StoreError("STORE_IO", { disk: this.#name }, { indeterminate: true });
  }

  async #after(): Promise<void> {
    await this.#time.passed(this.#random.between(0.05, 0.3));
    if (!this.#random.chance(this.weather.failAfter)) return;
    this.#history.reach("commit failed after it was written");
    throw new StoreError("STORE_IO", { disk: this.#name }, { indeterminate: true });
  }
}
