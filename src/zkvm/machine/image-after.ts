/**
 * The state that a run left (spec/14-zkvm.md §6): the image before it with every written word.
 *
 * @module
 */

import { globalCell, metaCell } from "../program/address-space.ts";
import type { RunRecord } from "./run-record.ts";

/** A whole state: memory in whole pages, and the mutable globals in index order. */
export interface StateImage {
  readonly memory: Uint8Array;
  readonly globals: BigUint64Array;
}

export function imageAfter(before: StateImage, run: RunRecord): StateImage {
  const memory = new Uint8Array(run.pages * 65_536);
  memory.set(before.memory);
  const view = new DataView(memory.buffer);
  for (const cell of run.memory.touchedStateCells()) {
    if (cell < metaCell) view.setUint32(4 * cell, run.memory.word(cell), true);
  }
  const globals = before.globals.map((_, position) => {
    const cell = globalCell(position);
    return BigInt(run.memory.word(cell)) | (BigInt(run.memory.word(cell + 1)) << 32n);
  });
  return { memory, globals };
}
