/**
 * The rows around a slot's entries (spec/14-zkvm.md §5): what the host does, as a program. They follow
 * a module's own rows, so that those are the same for every slot.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { WasmModule } from "../../wasm/binary/module.ts";
import { Assembler, constant, frame, type Label } from "./assembler.ts";
import { BodyAssembler, scratchCells } from "./body-assembler.ts";
import { Halt, type Program, type Row } from "./program.ts";
import { emitCall } from "./routines.ts";

/** Functions that the host enters, by index. */
export interface Entries {
  readonly start: number;
  readonly alloc: number;
  readonly handle: number;
}

/** The entries of a process's module. */
export function entriesOf(module: WasmModule): Entries {
  const indexOf = (name: string): number => {
    const found = module.exports.find((each) => each.name === name && each.kind === "function");
    assert(found !== undefined, `the profile demands ${name}`);
    return found.index;
  };
  return { start: indexOf("_start"), alloc: indexOf("alloc"), handle: indexOf("handle") };
}

export interface SlotProgram {
  /** The module's rows, then the stub's. */
  readonly rows: readonly Row[];
  /** Where a slot begins. */
  readonly start: number;
  readonly stackLimit: number;
}

/** First cell of the entries' arguments; below it are the stub's own cells. */
export const entryArguments: number = scratchCells;

/** Length of an inbox in memory: a multiple of four. */
export function paddedLength(inboxLength: number): number {
  return 4 * Math.ceil(inboxLength / 4);
}

/** The program of a slot with an inbox of so many bytes; slot 0 runs `_start` first. */
export function slotProgram(
  program: Program,
  slot: { readonly entries: Entries; readonly first: boolean; readonly inboxLength: number },
): SlotProgram {
  const start = program.rows.length;
  const rows = new Assembler(start);
  const at = entryArguments;
  const trap = { place: program.trap };
  const entry = (name: keyof Entries): Label => ({
    place: program.functions[slot.entries[name]]!,
  });
  const body = new BodyAssembler({ rows, trap, scratchBase: 0 });
  const [pointer, end, size, odd] = [frame(0), frame(1), frame(2), frame(3)];
  if (slot.first) emitCall(rows, { label: entry("start"), at, returnCell: 0 });
  const length = constant(paddedLength(slot.inboxLength));
  body.move(frame(at), length);
  emitCall(rows, { label: entry("alloc"), at, returnCell: 1 });
  body.move(pointer, frame(at));
  body.operate("and", odd, pointer, constant(3));
  body.branchUnlessEqual(odd, constant(0), trap);
  body.add(end, pointer, length);
  body.branchIfBelow(end, pointer, trap);
  rows.emit({ flags: ["pages"], w: size });
  body.operate("multiply", size, size, constant(65_536));
  body.branchIfBelow(size, end, trap);
  rows.emit({ flags: ["receive"], a: pointer });
  body.move(frame(at), constant(slot.inboxLength));
  emitCall(rows, { label: entry("handle"), at, returnCell: 2 });
  rows.emit({ flags: ["halt"], operation: Halt.done, a: frame(at), b: frame(at + 1) });
  return { rows: program.rows.concat(rows.finish()), start, stackLimit: program.stackLimit };
}
