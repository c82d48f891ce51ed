/**
 * Places for long polls. Each holds a connection to a scheduler and a place among its waiting requests,
 * of which it grants 2,048 to all; so there are few, and who has none looks when it is asked.
 *
 * @module
 */

export class LongPolls {
  #free: number;

  constructor(max: number) {
    this.#free = max;
  }

  /** Polls if there is a place; null where there is none. */
  async run<Found>(poll: () => Promise<Found>): Promise<Found | null> {
    if (this.#free === 0) return null;
    this.#free--;
    try {
      return await poll();
    } finally {
      this.#free++;
    }
  }
}
