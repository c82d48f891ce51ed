/**
 * How long a proof takes on a unit, by the proofs that it made of late: rows in a second, and how far
 * that is off, which is what each of those proofs would have been told from all the others.
 *
 * @module
 */

import type { ProofQueue } from "../protocol/http.ts";

/** Every proof holds a table of that many rows beside its run, and one gas is about one row. */
const rowsBeside = 2 ** 16;

export interface ProofPace {
  readonly rowsPerSecond: number;
  /** Proofs that say so. */
  readonly proofs: number;
  /** The mean of what an estimate was off, as a part of the time taken; null of a single proof. */
  readonly error: number | null;
}

interface Sample {
  readonly rows: number;
  readonly seconds: number;
}

/** Null where the unit has made no proof that says anything. */
export function paceOf(proven: ProofQueue["proven"]): ProofPace | null {
  const samples = proven.flatMap(({ gasUsed, seconds }) => {
    return gasUsed === null || seconds <= 0 ? [] : [{ rows: gasUsed + rowsBeside, seconds }];
  });
  if (samples.length === 0) return null;
  const all = sumOf(samples);
  const errors = samples.map((each) => {
    const others = { rows: all.rows - each.rows, seconds: all.seconds - each.seconds };
    return Math.abs((each.rows * others.seconds) / others.rows / each.seconds - 1);
  });
  return {
    rowsPerSecond: all.rows / all.seconds,
    proofs: samples.length,
    error: samples.length === 1 ? null : errors.reduce((a, b) => a + b, 0) / samples.length,
  };
}

/** Seconds that a run of so many rows, or so much gas, may take to prove. */
export function secondsAt({ rowsPerSecond }: ProofPace, rows: number): number {
  return (rows + rowsBeside) / rowsPerSecond;
}

/** Seconds until what waits is proven; null where a waiting proof's time cannot be told. */
export function secondsBefore({ waiting, current, queue, proven }: ProofQueue): number | null {
  if (waiting === 0) return 0;
  const last = queue.at(-1)?.secondsLeft ?? current?.secondsLeft ?? null;
  if (last === null || proven.length === 0) return null;
  // The queue shows its first ones; the others count with the mean of those that are made.
  const unseen = waiting - queue.length - (current === null ? 0 : 1);
  const mean = proven.reduce((sum, { seconds }) => sum + seconds, 0) / proven.length;
  return last + Math.max(0, unseen) * mean;
}

function sumOf(samples: readonly Sample[]): Sample {
  return samples.reduce((sum, each) => {
    return { rows: sum.rows + each.rows, seconds: sum.seconds + each.seconds };
  });
}
