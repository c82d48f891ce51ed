/**
 * Simulated time: a queue of what is to happen when. Between two events everything that can go on
 * without time passing does go on, so that a run depends on nothing but its seed.
 *
 * @module
 */

interface Timed {
  readonly at: number;
  readonly sequence: number;
  readonly action: () => void;
}

/** All units of a simulation live in one of these; their clocks are made from it. */
export class SimulatedTime {
  #now = 0;
  #sequence = 0;
  /** A binary heap by time, then by order of submission. */
  readonly #queue: Timed[] = [];

  /** Milliseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  /** How many events have been run or wait. */
  get eventCount(): number {
    return this.#sequence;
  }

  /** Runs an action once `ms` have passed. */
  after(ms: number, action: () => void): void {
    const timed = { at: this.#now + Math.max(0, ms), sequence: this.#sequence++, action };
    const queue = this.#queue;
    let at = queue.push(timed) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timed, queue[parent] as Timed)) break;
      queue[at] = queue[parent] as Timed;
      at = parent;
    }
    queue[at] = timed;
  }

  /** Resolves once `ms` have passed. */
  passed(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs events in order until the promise is settled, or time or events are used up. */
  async run(
    ended: Promise<void>,
    limit: { readonly ms: number; readonly events: number },
  ): Promise<boolean> {
    let isOver = false;
    // Where it fails, that is told as what nobody handles.
    void ended.finally(() => {
      isOver = true;
    });
    for (;;) {
      await settled();
      if (isOver) return true;
      const next = this.#take();
      if (next === null || next.at > limit.ms || this.#sequence > limit.events) return false;
      this.#now = next.at;
      next.action();
    }
  }

  #take(): Timed | null {
    const queue = this.#queue;
    const first = queue[0];
    const last = queue.pop();
    if (first === undefined || last === undefined) return null;
    if (first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= queue.length) break;
      if (child + 1 < queue.length && isBefore(queue[child + 1] as Timed, queue[child] as Timed))
        child++;
      if (!isBefore(queue[child] as Timed, last)) break;
      queue[at] = queue[child] as Timed;
      at = child;
    }
    queue[at] = last;
    return first;
  }
}

function isBefore(one: Timed, other: Timed): boolean {
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
}

/** Resolves when all that was under way waits for time to pass. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
