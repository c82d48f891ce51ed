/**
 * The place of one unit: when a run of it crashes, the next one begins a while later on the same disk,
 * as a service manager sees to it.
 *
 * @module
 */

import type { History } from "./history.ts";
import { Machine } from "./machine.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedTime } from "./simulated-time.ts";

export interface SeatOptions {
  readonly name: string;
  readonly time: SimulatedTime;
  readonly history: History;
  readonly random: SeededRandom;
  /** Starts a unit on the machine; where it rejects, the run is over. */
  readonly open: (machine: Machine, run: string) => Promise<void>;
  /** Told of a run that is over, before the next begins. */
  readonly onCrash: (machine: Machine) => void;
}

/** Calls around which a crash loses or repeats something, by the unit that makes them. */
const criticalCalls: Readonly<Record<string, readonly string[]>> = {
  scheduler: ["log.append", "lease.acquire", "heads.advance", "heads.publish"],
  messenger: [
    "messages.accept",
    "messages.assign",
    "messages.settle",
    "pushes.record",
    "pushes.claim",
    "pushes.retry",
    "pushes.done",
    "POST /messages",
  ],
  compute: [
    "results.putEntries",
    "results.put",
    "results.claimAttestation",
    "results.attest",
    "checkpoints.save",
    "pool.load",
    "pool.evaluate",
  ],
};

export class Seat {
  readonly name: string;
  readonly #options: SeatOptions;
  #machine: Machine;
  #runCount = 0;
  /** By how much its wall clock is off, ms. */
  clockOffset = 0;
  /** True while crashes are planned. */
  isInDanger = false;

  constructor(options: SeatOptions) {
    this.name = options.name;
    this.#options = options;
    this.#machine = this.#newMachine();
  }

  /** The run that is on now. */
  get machine(): Machine {
    return this.#machine;
  }

  start(): void {
    this.#machine = this.#newMachine();
    const machine = this.#machine;
    const run = `${this.name} run ${++this.#runCount}`;
    this.#options.history.note(`${run} begins`);
    this.#options.open(machine, run).catch((error: unknown) => {
      this.#options.history.reach("start failed");
      machine.crash(`cannot start: ${String(error)}`.slice(0, 60));
    });
  }

  #newMachine(): Machine {
    const { time, history, random, onCrash } = this.#options;
    const isStalling = this.isInDanger && random.chance(0.5);
    const isDoomed = this.isInDanger && random.chance(0.85);
    return new Machine({
      name: this.name,
      time,
      history,
      clockOffset: () => this.clockOffset,
      fuse: isDoomed ? this.#fuse(isStalling) : null,
      // Longer than a lease, so that another instance may lead meanwhile.
      stall: isStalling ? this.#stall() : null,
      onCrash: () => {
        onCrash(this.#machine);
        time.after(random.between(20, 1_500), () => this.start());
      },
    });
  }

  /**
   * Short lives meet the calls of a start, long ones those of the work. Some end at a call that is rare
   * among all, and around which a crash loses or repeats something.
   */
  #fuse(isStalling: boolean): { readonly calls: number; readonly only: string | null } {
    const { random } = this.#options;
    const critical = criticalCalls[this.name.replace(/-\d+$/, "")] ?? [];
    // Who crashes where it is about to stall never comes to act on what is old.
    if (!isStalling && critical.length > 0 && random.chance(0.3)) {
      return { calls: random.integer(1, 6), only: random.pick(critical) };
    }
    return { calls: random.integer(1, random.pick([30, 150, 600])), only: null };
  }

  /**
   * One of two instances of a scheduler stalls where it is about to read a head or to append, and so
   * acts on a lease that another one has taken meanwhile.
   */
  #stall(): { readonly calls: number; readonly ms: number; readonly only: string | null } {
    const { random } = this.#options;
    const ms = random.between(1_000, 6_000);
    if (/^scheduler-/.test(this.name)) {
      const only = random.pick(["log.head", "log.append"]);
      return { calls: random.integer(1, 8), ms, only };
    }
    return { calls: random.integer(1, 200), ms, only: null };
  }
}
