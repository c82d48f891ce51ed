/**
 * A run of the register machine as the tables are filled from it (spec/14-zkvm.md §6): what happened
 * in one segment, and where it began and ended.
 *
 * @module
 */

import type { SlotProgram } from "../program/entry-stub.ts";
import type { CarriedCells, Registers } from "../registers.ts";
import type { MachineMemory } from "./memory.ts";
import type { Records } from "./record.ts";

export interface RunInput {
  readonly program: SlotProgram;
  readonly image: { readonly memory: Uint8Array; readonly globals: BigUint64Array };
  readonly inbox: Uint8Array;
  readonly gasLimit: number;
}

/** How a run ends; `paused` where it goes on in another segment. */
export type RunEnd = "paused" | "done" | "trap" | "out-of-bounds" | "out-of-stack" | "out-of-gas";

/** The inbox's arrival: for each word what it replaced, and since when that had stood. */
export interface Reception {
  readonly row: number;
  readonly pointer: number;
  readonly oldWords: Uint32Array;
  readonly oldTimes: Uint32Array;
}

/** What the machine goes on from after a segment. */
export interface Border {
  readonly registers: Registers;
  readonly carried: CarriedCells;
}

/** A segment with everything that the tables are filled from. */
export interface RunRecord {
  readonly start: Registers;
  /** Null where the run has ended. */
  readonly border: Border | null;
  readonly end: RunEnd;
  readonly gas: number;
  readonly pagesBefore: number;
  readonly pages: number;
  /** What the last row read: length and address of the returned bytes, if the run is done. */
  readonly returned: { readonly length: number; readonly pointer: number };
  readonly steps: Records;
  readonly accesses: Records;
  readonly refreshes: Records;
  /** How often each row of the program was executed. */
  readonly counts: Uint32Array;
  /** As the segment left it, until the machine goes on. */
  readonly memory: MachineMemory;
  readonly reception: Reception | null;
}
