/**
 * What a run carries from one segment into the next beside the state tree (spec/14-zkvm.md §6.1): the
 * CPU's registers between two rows, and the frames' cells.
 *
 * @module
 */

import { frameBase } from "./program/address-space.ts";

/** Where the machine is about to go on, and what it has spent and has left. */
export interface Registers {
  /** The next row. */
  readonly place: number;
  /** First cell of the frame. */
  readonly frame: number;
  readonly gas: number;
  /** Slots of stack that are left. */
  readonly slots: number;
}

/** The registers before a slot's first row. */
export function startRegisters(program: {
  readonly start: number;
  readonly stackLimit: number;
}): Registers {
  return { place: program.start, frame: frameBase, gas: 0, slots: program.stackLimit };
}

/** Frame cells that are not zero, strictly increasing, each with the time of its last access. */
export interface CarriedCells {
  readonly cells: Uint32Array;
  readonly times: Uint32Array;
  readonly lows: Uint32Array;
  readonly highs: Uint32Array;
}

/** What a run's first segment begins with, and what its last one leaves. */
export const nothingCarried: CarriedCells = {
  cells: new Uint32Array(),
  times: new Uint32Array(),
  lows: new Uint32Array(),
  highs: new Uint32Array(),
};
