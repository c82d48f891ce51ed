/**
 * Time that stands still until a test moves it.
 *
 * @module
 */

export interface SimulatedClock {
  /** Milliseconds since the epoch: the timestamp of the next message. */
  now(): number;
  /** Moves on; never back. */
  advance(ms: number): void;
  /** Moves to a time, also back. A log takes no message that is older than its last one. */
  set(ms: number): void;
}

/** 1 January 2026, midnight UTC. */
const startDefaultMs = 1_767_225_600_000;

/** A clock that stands at `startMs`. */
export function simulatedClock(startMs: number = startDefaultMs): SimulatedClock {
  let time = startMs;
  return {
    now: () => time,
    advance: (ms) => {
      if (!(ms >= 0)) throw new RangeError(`time moves forward: ${ms}`);
      time += Math.floor(ms);
    },
    set: (ms) => {
      if (!(ms >= 0)) throw new RangeError(`time is counted from 1970: ${ms}`);
      time = Math.floor(ms);
    },
  };
}
