/**
 * Writes rows one after the other, with labels and with the gas that is still to be charged
 * (spec/14-zkvm.md §3). Gas of instructions that need no row goes to the next row, which is executed
 * exactly as often: a label that others jump to takes what is pending first.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { UnprovableError } from "../unprovable.ts";
import { Flag, type FlagName, nowhere, programRowsMax, type Row, rowGasMax } from "./program.ts";

/** Where a value is, or which it is: a cell of the frame, a fixed cell, a 32-bit constant. */
export type Place =
  | { readonly kind: "frame"; readonly index: number }
  | { readonly kind: "fixed"; readonly cell: number }
  | { readonly kind: "constant"; readonly value: number };

export function frame(index: number): Place {
  return { kind: "frame", index };
}

export function constant(value: number): Place {
  return { kind: "constant", value: value >>> 0 };
}

/** A row's place in the program, known once it is bound. */
export interface Label {
  place: number | null;
}

type MutableRow = { -readonly [Field in keyof Row]: Row[Field] };

/** What a row is made from. */
export interface RowInput {
  readonly flags: readonly FlagName[];
  readonly operation?: number;
  readonly a?: Place;
  readonly b?: Place;
  readonly w?: Place;
  readonly offset?: number;
  readonly target?: Label;
}

export class Assembler {
  readonly #rows: MutableRow[] = [];
  readonly #targets: (Label | undefined)[] = [];
  /** Place of the first row. */
  readonly #origin: number;
  #pendingGas = 0;
  /** Rows before this one may be reached by jumps that later rows must not change. */
  #barrier = 0;

  constructor(origin = 0) {
    this.#origin = origin;
  }

  /** Gas of an instruction that is executed here. */
  spend(gas: number): void {
    if (this.#pendingGas + gas > rowGasMax) this.emit({ flags: ["jump"], target: this.#next() });
    this.#pendingGas += gas;
  }

  label(): Label {
    return { place: null };
  }

  /** The label is the next row. */
  bind(label: Label): void {
    if (this.#pendingGas > 0) this.emit({ flags: ["jump"], target: this.#next() });
    assert(label.place === null, "a label is bound once");
    label.place = this.length;
    this.#barrier = this.#rows.length;
  }

  emit(input: RowInput): void {
    const { a, b, w } = input;
    let flags = 0;
    for (const name of input.flags) flags += Flag[name];
    assert(a === undefined || a.kind !== "constant" || a.value === 0, "only b is immediate");
    const aOn = a !== undefined && a.kind !== "constant";
    const bOn = b !== undefined && b.kind !== "constant";
    if (aOn) flags += Flag.aOn + (a.kind === "frame" ? Flag.aFrame : 0);
    if (bOn) flags += Flag.bOn + (b.kind === "frame" ? Flag.bFrame : 0);
    if (w !== undefined) flags += Flag.wOn + (w.kind === "frame" ? Flag.wFrame : 0);
    const immediate = b?.kind === "constant" ? b.value : 0;
    if (this.#rows.length >= programRowsMax) {
      throw new UnprovableError("PROGRAM_TOO_LONG", { expected: programRowsMax });
    }
    this.#rows.push({
      flags,
      operation: input.operation ?? 0,
      a: aOn ? cellOf(a) : 0,
      b: bOn ? cellOf(b) : 0,
      w: w === undefined ? 0 : cellOf(w),
      low: immediate & 0xffff,
      high: immediate >>> 16,
      offset: input.offset ?? 0,
      target: 0,
      gas: this.#pendingGas,
    });
    this.#targets.push(input.target);
    this.#pendingGas = 0;
  }

  /** The last row, if no jump can lead behind it: for whoever wants to change what it does. */
  last(): MutableRow | null {
    return this.#rows.length > this.#barrier ? this.#rows.at(-1)! : null;
  }

  /** Makes the last row branch on its bit instead of writing it. */
  turnIntoBranch(row: MutableRow, target: Label): void {
    row.flags += Flag.branch - (row.flags & (Flag.wOn | Flag.wFrame));
    row.w = 0;
    row.gas += this.#pendingGas;
    this.#pendingGas = 0;
    this.#targets[this.#rows.length - 1] = target;
    this.#barrier = this.#rows.length;
  }

  /** The place of the next row. */
  get length(): number {
    return this.#origin + this.#rows.length;
  }

  /** All rows, their targets set. */
  finish(): readonly Row[] {
    assert(this.#pendingGas === 0, "gas behind the last row");
    this.#rows.forEach((row, index) => {
      const target = this.#targets[index];
      if (target === undefined) return;
      assert(target.place !== null, "every label is bound");
      row.target = target.place;
    });
    return this.#rows;
  }

  #next(): Label {
    return { place: this.length + 1 };
  }
}

function cellOf(place: Place): number {
  assert(place.kind !== "constant", "a constant is no cell");
  return place.kind === "frame" ? place.index : place.cell;
}

/** A label where no program has a row. */
export const unprovableLabel: Label = { place: nowhere };

/** The cell of a place in the frame; -1 of any other, which no row has. */
export function frameCellOf(place: Place): number {
  return place.kind === "frame" ? place.index : -1;
}
