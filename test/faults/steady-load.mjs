/**
 * A load that keeps its rate: bundles signed before the clock starts, each sent when it is due whatever
 * became of those before it. While a unit is away they pile up, and are sent when it is
 * back; so the rate holds over a minute with outages in it, or the load says that it did not.
 *
 * @module
 */
import { pause } from "./real-network.mjs";

/** Bundles under way at once: what the messenger may answer late. */
const lanesMax = 32;

export class SteadyLoad {
  /**
   * @param bundles each of `bundleSize` messages
   * @param rate messages a second
   */
  constructor({ client, bundles, bundleSize, rate }) {
    this.client = client;
    this.bundles = bundles;
    this.everyMs = (1000 * bundleSize) / rate;
    this.bundleSize = bundleSize;
    this.sent = 0;
  }

  /** Sends until all bundles are acknowledged; what was acknowledged in the first `ms` of it. */
  async run(ms) {
    const before = this.client.acknowledged.size;
    this.startAt = performance.now();
    const lanes = Array.from({ length: lanesMax }, () => this.#lane());
    const lanesDone = Promise.all(lanes);
    let timer;
    const isTime = new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([lanesDone, isTime]);
    clearTimeout(timer);
    const seconds = (performance.now() - this.startAt) / 1000;
    const acknowledged = this.client.acknowledged.size - before;
    await lanesDone;
    const offered = this.bundles.length * this.bundleSize;
    return { offered, acknowledged, seconds: Math.round(seconds * 10) / 10 };
  }

  async #lane() {
    for (;;) {
      const number = this.sent++;
      const bundle = this.bundles[number];
      if (bundle === undefined) return;
      await pause(Math.max(0, this.startAt + number * this.everyMs - performance.now()));
      await this.client.submitBundle(bundle);
    }
  }
}
