/**
 * What a run carries from one segment into the next beside memory (spec/14-zkvm.md §7.1). It stands
 * between rows: where the machine is about to go on, and what it has spent and has left.
 *
 * @module
 */

import { frameBase } from "./program/address-space.ts";

export interface Registers {
  /** The next row. */
  readonly place: number;
  /** First cell of the frame. */
  readonly frame: number;
  readonly gas: number;
  /** Slots of stack that are left. */
  readonly slots: number;
  readonly pages: number;
}

/** The registers before a slot's first row. */
export function startRegisters(
  program: { readonly start: number; readonly stackLimit: number },
  pages: number,
): Registers {
  return { place: program.start, frame: frameBase, gas: 0, slots: program.stackLimit, pages };
}
