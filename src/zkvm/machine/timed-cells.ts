/**
 * Accesses of cells with their times (spec/14-zkvm.md §2): the time of the access before is never
 * longer ago than one lookup shows, since a cell is refreshed where it would be.
 *
 * @module
 */

import { frameBase } from "../program/address-space.ts";
import { Flag, type Row } from "../program/program.ts";
import { type MachineMemory, placeMask } from "./memory.ts";
import {
  accessField as access,
  accessWidth,
  events,
  gapMax,
  Records,
  refreshWidth,
} from "./record.ts";

/** A load's or store's operands. */
interface Access {
  readonly row: Row;
  readonly address: number;
  /** What a store writes. */
  readonly value: number;
  readonly clock: number;
  readonly pages: number;
}

/** The cells of one segment, and the accesses of memory in it. */
export class TimedCells {
  readonly accesses: Records = new Records(accessWidth);
  readonly refreshes: Records = new Records(refreshWidth);
  readonly #memory: MachineMemory;
  /** Cells that were accessed in this segment. */
  touched = 0;
  /** What the last load gave. */
  loaded = 0;

  constructor(memory: MachineMemory) {
    this.#memory = memory;
  }

  /** Begins another segment: what was recorded is forgotten. */
  clear(): void {
    this.accesses.clear();
    this.refreshes.clear();
    this.touched = 0;
  }

  /** Sets the time of a cell and answers the one before, refreshed where it is too long ago. */
  touch(cell: number, time: number): number {
    if (cell >= frameBase) this.#memory.useFrame(cell);
    const { low, high, times } = this.#memory.pageOf(cell);
    const place = cell & placeMask;
    let before = times[place]!;
    if (before === 0) this.touched++;
    if (time - before > gapMax) {
      const later = time - gapMax;
      const at = this.refreshes.next();
      this.refreshes.values.set([cell, before, low[place]!, high[place]!, later], at);
      before = later;
    }
    times[place] = time;
    return before;
  }

  /**
   * A load or store inside one word, and the event that it is: what crosses a word goes slowly, what
   * lies outside of memory ends the run.
   */
  access({ row, address, value, clock, pages }: Access): number {
    const bytes = row.operation;
    if ((address % 4) & (bytes - 1)) return events.slow;
    if (address + bytes > pages * 65_536) return events.outOfBounds;
    const cell = Math.floor(address / 4);
    const time = this.touch(cell, clock);
    const { low, high } = this.#memory.pageOf(cell);
    const place = cell & placeMask;
    const shift = 8 * (address % 4);
    const mask = bytes === 4 ? 0xffff_ffff : 2 ** (8 * bytes) - 1;
    const old = (low[place]! | (high[place]! << 16)) >>> 0;
    const isLoad = (row.flags & Flag.load) !== 0;
    if (isLoad) this.loaded = ((old >>> shift) & mask) >>> 0;
    const moved = isLoad ? this.loaded : value;
    const stored = ((old & ~(mask << shift)) | ((value & mask) << shift)) >>> 0;
    const now = isLoad ? old : stored;
    low[place] = now & 0xffff;
    high[place] = now >>> 16;
    const at = this.accesses.next();
    const record = this.accesses.values.subarray(at, at + accessWidth);
    record[access.clock] = clock;
    record[access.pages] = pages;
    record[access.address] = address;
    record[access.operation] = bytes;
    record[access.isLoad] = isLoad ? 1 : 0;
    record[access.time] = time;
    record[access.oldLow] = old & 0xffff;
    record[access.oldHigh] = old >>> 16;
    record[access.newLow] = now & 0xffff;
    record[access.newHigh] = now >>> 16;
    record[access.valueLow] = moved & 0xffff;
    record[access.valueHigh] = moved >>> 16;
    return events.none;
  }
}
