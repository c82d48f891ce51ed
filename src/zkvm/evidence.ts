/**
 * What each segment of a proof carries beside its STARK (spec/14-zkvm.md §6): the public side of the
 * buses, which the verifier checks against the statement and adds itself. All of it is absorbed before
 * any challenge.
 *
 * @module
 */

import type { CarriedCells, Registers } from "./registers.ts";

/** How often a row of the program was executed. */
export interface RowUse {
  readonly place: number;
  readonly count: number;
}

/** State chunks that the run touched, before and after, under one list of siblings. */
export interface StateBoundary {
  /** Strictly increasing. */
  readonly indices: Uint32Array;
  /** 32 bytes a chunk. */
  readonly pre: Uint8Array;
  readonly post: Uint8Array;
  readonly siblings: Uint8Array;
  /** When each of a chunk's eight words was touched last, 0 if it was not. */
  readonly times: Uint32Array;
}

/** A row that the host sees: where it receives the inbox, and where the segment ends. */
export interface HostRow {
  readonly kind: number;
  readonly operation: number;
  readonly clock: number;
  readonly aLow: number;
  readonly aHigh: number;
  readonly bLow: number;
  readonly bHigh: number;
  readonly gas: number;
  readonly pages: number;
}

/** The fields in the order of the host's bus. */
export const hostFields = [
  "kind",
  "operation",
  "clock",
  "aLow",
  "aHigh",
  "bLow",
  "bHigh",
  "gas",
  "pages",
] as const;

/** The inbox's arrival: the row, and what each of its words replaced. */
export interface ReceptionView {
  readonly row: HostRow;
  readonly oldWords: Uint32Array;
  readonly oldTimes: Uint32Array;
}

export interface Evidence {
  /** By place, strictly increasing. */
  readonly uses: readonly RowUse[];
  readonly boundary: StateBoundary;
  /** Null where the inbox does not come in this segment. */
  readonly reception: ReceptionView | null;
  readonly end: HostRow;
  /** What is in the frames where the run goes on; nothing in the last segment. */
  readonly carried: CarriedCells;
}

/** Where a segment stands in its slot, and what it begins from. */
export interface SegmentPosition {
  readonly index: number;
  readonly count: number;
  readonly start: Registers;
  /** What the segment before left in the frames; times do not matter here. */
  readonly carried: CarriedCells;
  /** Roots of the state before and after this segment. */
  readonly roots: { readonly pre: Uint8Array; readonly post: Uint8Array };
}

/** The registers that the row at a border shows. */
export function registersOf({ operation, bLow, bHigh, gas }: HostRow): Registers {
  return { place: operation, frame: bLow, slots: bHigh, gas };
}

/** After every access of a segment, for times are below 2^23. */
export const borderTime: number = 2 ** 23;

/** Words of a chunk. */
export const chunkWords = 8;
