/**
 * A function's frame (spec/14-zkvm.md §4): parameters, the return place, other locals, scratch, then
 * the operands' homes; and what all functions of a module share.
 *
 * @module
 */

import { type FunctionType, i64Type, type ValueType } from "../../wasm/binary/module.ts";
import type { ValidatedFunction } from "../../wasm/validate/validated-module.ts";
import type { Assembler, Label } from "./assembler.ts";
import type { Cells } from "./lower-numbers.ts";
import { cellsOf } from "./operand-stack.ts";
import type { Routines } from "./routines.ts";

/** What all functions of a module share. */
export interface ModuleScope {
  readonly rows: Assembler;
  readonly trap: Label;
  readonly routines: Routines;
  readonly functions: readonly { readonly label: Label; readonly type: FunctionType }[];
  readonly types: readonly FunctionType[];
  /** A global's cells, or the constants that it holds. */
  readonly globals: readonly { readonly type: ValueType; readonly cells: Cells }[];
  /** Elements of the table, and where the calls through it for a type begin. */
  readonly tableLength: number;
  dispatch(typeIndex: number): Label;
  /** Pages that memory may grow to. */
  readonly pagesMax: number;
}

function widthOf(type: ValueType): number {
  return type === i64Type ? 2 : 1;
}

function cellCount(types: readonly ValueType[]): number {
  return types.reduce((sum, type) => sum + widthOf(type), 0);
}

/** Where a callee finds its way back: behind its parameters, and behind its result. */
export function returnCellOf(type: FunctionType): number {
  return Math.max(cellCount(type.parameters), cellCount(type.results));
}

/** A local and its cells. */
export interface LocalCells {
  readonly type: ValueType;
  readonly cells: Cells;
}

/** Where a function's parts stand in its frame. */
export interface FunctionFrame {
  readonly locals: readonly LocalCells[];
  readonly returnCell: number;
  /** First cell of scratch. */
  readonly scratchBase: number;
}

export function frameOf(own: ValidatedFunction): FunctionFrame {
  const parameters = own.type.parameters.length;
  const returnCell = returnCellOf(own.type);
  let cell = 0;
  const locals = Array.from(own.localTypes, (localType, index) => {
    const type = localType as ValueType;
    if (index === parameters) cell = returnCell + 1;
    cell += widthOf(type);
    return { type, cells: cellsOf(type, cell - widthOf(type)) };
  });
  return { locals, returnCell, scratchBase: Math.max(cell, returnCell + 1) };
}
