/**
 * What a proof carries beside the STARK (spec/14-zkvm.md §6): the public side of the buses, which the
 * verifier checks against the statement and adds itself. All of it is absorbed before any challenge.
 *
 * @module
 */

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

/** A row that the host sees: where it receives the inbox, and where the run ends. */
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
  /** Null where the run ended before the inbox came. */
  readonly reception: ReceptionView | null;
  readonly end: HostRow;
}

/** Words of a chunk. */
export const chunkWords = 8;
