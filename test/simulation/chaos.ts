/**
 * Bad times: crashes at calls of ports, kills and pauses out of the blue, storms on the network, slow,
 * failing and full disks, clocks that jump. How bad, and which of them, is the seed's to say.
 *
 * @module
 */

import type { History } from "./history.ts";
import { fairWeather, type SimulatedNetwork } from "./network.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { SimulatedTime } from "./simulated-time.ts";
import type { Site } from "./site.ts";
import { soundDisk } from "./storage.ts";

export interface ChaosOptions {
  readonly site: Site;
  readonly wire: SimulatedNetwork;
  readonly time: SimulatedTime;
  readonly history: History;
  readonly random: SeededRandom;
}

export class Chaos {
  readonly #options: ChaosOptions;

  constructor(options: ChaosOptions) {
    this.#options = options;
  }

  /** Which units crash at calls of their ports, from their first run on. */
  begin(): void {
    const { random, site } = this.#options;
    const danger = random.pick([0, 0.5, 1]);
    for (const seat of site.seats) seat.isInDanger = random.chance(danger);
  }

  /** Resolves when bad times are over. */
  async run(): Promise<void> {
    const { time, random, wire } = this.#options;
    const end = time.now + random.between(3_000, 9_000);
    const events = [
      () => this.#storm(),
      () => this.#disk(),
      () => this.#kill(),
      () => this.#pause(),
      () => this.#jump(),
    ].filter(() => random.chance(0.7));
    while (time.now < end) {
      await time.passed(random.between(50, 1_600));
      if (events.length > 0) random.pick(events)();
    }
    wire.weather = fairWeather;
  }

  #storm(): void {
    const { wire, random, time } = this.#options;
    wire.weather = {
      slow: random.between(0, 0.3),
      loseRequest: random.between(0, 0.2),
      loseAnswer: random.between(0, 0.25),
      repeat: random.between(0, 0.3),
    };
    time.after(random.between(200, 5_000), () => {
      wire.weather = fairWeather;
    });
  }

  #disk(): void {
    const { site, random, time } = this.#options;
    const disk = random.pick(Object.values(site.disks));
    if (random.chance(0.3)) disk.isFull = true;
    disk.weather = {
      slow: random.between(0, 0.5),
      failBefore: random.chance(0.5) ? random.between(0, 0.2) : 0,
      failAfter: random.chance(0.5) ? random.between(0, 0.2) : 0,
    };
    time.after(random.between(100, 4_000), () => {
      disk.weather = soundDisk;
      disk.isFull = false;
    });
  }

  #kill(): void {
    const { site, random } = this.#options;
    random.pick(site.seats).machine.crash("killed");
  }

  #pause(): void {
    const { site, random, time, history } = this.#options;
    const { machine } = random.pick(site.seats);
    history.note(`pause ${machine.name}`);
    history.reach(`pause ${machine.name.replace(/-\d$/, "")}`);
    machine.pause();
    time.after(random.between(100, 6_000), () => machine.resume());
  }

  #jump(): void {
    const { site, random, history } = this.#options;
    const { name } = random.pick(site.seats);
    const offset = random.pick([-3_600_000, -20_000, -1_500, 0, 700, 5_000, 30_000, 3_600_000]);
    // Instances of one scheduler may be on one machine, whose clock is both's.
    const kind = name.replace(/-\d$/, "");
    const isShared = kind === "scheduler" && random.chance(0.5);
    for (const seat of site.seats) {
      if (isShared ? seat.name.replace(/-\d$/, "") !== kind : seat.name !== name) continue;
      seat.clockOffset = offset;
      history.note(`clock of ${seat.name} is off by ${offset}`);
    }
    history.reach(`clock jump ${kind}`);
  }
}
