/**
 * Where two states of processes differ: pages, globals, and ranges of memory. For people who compare
 * two versions of a process; nothing is committed to it.
 *
 * @module
 */

import { memoryPageBytes } from "../protocol/limits.ts";

/** A state as a live process shows it. */
export interface StateView {
  readonly memory: Uint8Array;
  readonly globals: BigUint64Array;
}

/** Two values of one thing. */
export interface Pair<Value> {
  readonly current: Value;
  readonly candidate: Value;
}

/** Bytes of memory from `from` up to and not including `to`. */
export interface MemoryRange {
  readonly from: number;
  readonly to: number;
}

export interface StateDifference {
  /** Pages of memory, where their numbers differ. */
  readonly pages: Pair<number> | null;
  readonly globals: readonly ({ readonly index: number } & Pair<string>)[];
  /** Bytes of memory that differ; what only one has counts as compared with zero. */
  readonly bytes: number;
  /** Where they lie, lowest first, neighbours within 16 bytes joined; at most 16. */
  readonly ranges: readonly MemoryRange[];
  /** Ranges beyond those. */
  readonly moreRanges: number;
}

const rangesMax = 16;
const globalsMax = 16;
/** Ranges nearer to each other than this are one. */
const joinedBytes = 16;

export function stateDifference(current: StateView, candidate: StateView): StateDifference {
  const pagesOf = ({ memory }: StateView): number => memory.length / memoryPageBytes;
  const pages = { current: pagesOf(current), candidate: pagesOf(candidate) };
  return {
    pages: pages.current === pages.candidate ? null : pages,
    globals: globalDifferences(current.globals, candidate.globals),
    ...memoryDifference(current.memory, candidate.memory),
  };
}

function globalDifferences(
  current: BigUint64Array,
  candidate: BigUint64Array,
): StateDifference["globals"] {
  const count = Math.max(current.length, candidate.length);
  const shown = (value: bigint | undefined): string => value?.toString() ?? "none";
  return Array.from({ length: count }, (_, index) => ({
    index,
    current: shown(current[index]),
    candidate: shown(candidate[index]),
  }))
    .filter((each) => each.current !== each.candidate)
    .slice(0, globalsMax);
}

function memoryDifference(
  current: Uint8Array,
  candidate: Uint8Array,
): Pick<StateDifference, "bytes" | "ranges" | "moreRanges"> {
  const ranges: { from: number; to: number }[] = [];
  const length = Math.max(current.length, candidate.length);
  let bytes = 0;
  for (let at = 0; at < length; at++) {
    if ((current[at] ?? 0) === (candidate[at] ?? 0)) continue;
    bytes++;
    const last = ranges.at(-1);
    if (last !== undefined && at - last.to < joinedBytes) last.to = at + 1;
    else ranges.push({ from: at, to: at + 1 });
  }
  const moreRanges = Math.max(0, ranges.length - rangesMax);
  return { bytes, ranges: ranges.slice(0, rangesMax), moreRanges };
}
