/**
 * How long proofs take on this machine, by what they took of late: the basis of estimates, and of nothing
 * else.
 *
 * @module
 */

/** Every proof holds a table of that many rows beside its run, and one gas is about one row. */
const rowsBeside = 2 ** 16;
/** The weight of the newest proof. */
const weight = 0.2;

/** A long run is proven in several parts. */
export interface ProofSegments {
  readonly done: number;
  readonly total: number;
  /** Milliseconds that those which are done took. */
  readonly doneMs: number;
}

/** See the module comment. */
export class ProofPace {
  #rowsPerSecond: number | null = null;
  #seconds: number | null = null;

  /** Rows of the proofs of late in a second; null before the first. */
  get rowsPerSecond(): number | null {
    return this.#rowsPerSecond;
  }

  /** Notes a proof; `gas` is null where it is not known, as of a failed run. */
  note(gas: number | null, seconds: number): void {
    this.#seconds = mixed(this.#seconds, seconds);
    if (gas === null || seconds <= 0) return;
    this.#rowsPerSecond = mixed(this.#rowsPerSecond, (gas + rowsBeside) / seconds);
  }

  /** Seconds that a proof may take; null where nothing is known yet. */
  secondsOf(gas: number | null): number | null {
    if (gas === null || this.#rowsPerSecond === null) return this.#seconds;
    return (gas + rowsBeside) / this.#rowsPerSecond;
  }

  /** Seconds that a proof may still take which was begun some seconds ago; null where nothing is known. */
  left(gas: number | null, seconds: number, segments: ProofSegments | null): number | null {
    const isKnown = segments !== null && segments.done > 0;
    const each = isKnown ? segments.doneMs / 1000 / segments.done : 0;
    const whole = isKnown ? each * segments.total : this.secondsOf(gas);
    return whole === null ? null : Math.max(1, Math.ceil(whole - seconds));
  }
}

function mixed(before: number | null, now: number): number {
  return before === null ? now : (1 - weight) * before + weight * now;
}
