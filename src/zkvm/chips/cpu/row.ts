/**
 * A row of the CPU as its constraints and interactions read it (spec/14-zkvm.md §7.1).
 *
 * @module
 */

import type { AirBuilder } from "../../../stark/air/air.ts";
import type { Expression } from "../../../stark/air/expression.ts";
import type { cpu } from "./columns.ts";

/** Cells of this row and the next by name. */
export interface CpuRow {
  readonly b: AirBuilder;
  readonly here: (name: keyof typeof cpu) => Expression;
  readonly next: (name: keyof typeof cpu) => Expression;
}

/** 1 in the last real row of a run: the machine stops there. */
export function stopping({ here }: CpuRow): Expression {
  return here("halt").plus(here("outOfBounds")).plus(here("outOfStack")).plus(here("outOfGas"));
}

/** 1 where memory is accessed. */
export function accessing({ here }: CpuRow): Expression {
  return here("load").plus(here("store")).minus(here("slow")).minus(here("outOfBounds"));
}
