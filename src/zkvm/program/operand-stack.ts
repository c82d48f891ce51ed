/**
 * The operands of a function while it is translated (spec/14-zkvm.md §4). Each has a home: a cell, or
 * two, at the height that validation gives it. Constants, locals and globals stay where they are
 * until something forces them home: a change of what they stand for, or a join of ways.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { i64Type, type ValueType } from "../../wasm/binary/module.ts";
import { frame, type Place } from "./assembler.ts";
import type { BodyAssembler } from "./body-assembler.ts";
import type { Cells } from "./lower-numbers.ts";

/** An operand: where its cells are now. */
interface Operand {
  readonly type: ValueType;
  readonly home: number;
  cells: Cells;
  /** What it stands for, if it may change under it. */
  source: { readonly kind: "local" | "global"; readonly index: number } | null;
}

export function cellsOf(type: ValueType, at: number): Cells {
  return type === i64Type ? [frame(at), frame(at + 1)] : [frame(at)];
}

export class OperandStack {
  readonly #body: BodyAssembler;
  readonly #base: number;
  readonly #operands: Operand[] = [];

  constructor(body: BodyAssembler, base: number) {
    this.#body = body;
    this.#base = base;
  }

  get length(): number {
    return this.#operands.length;
  }

  /** The cell behind the last operand's home. */
  get top(): number {
    const last = this.#operands.at(-1);
    return last === undefined ? this.#base : last.home + (last.type === i64Type ? 2 : 1);
  }

  /** A new operand; its cells are its home unless others are given. */
  push(type: ValueType, cells?: Cells, source: Operand["source"] = null): Cells {
    const home = this.top;
    const own = cells ?? cellsOf(type, home);
    this.#operands.push({ type, home, cells: own, source });
    return own;
  }

  pop(): Cells {
    const operand = this.#operands.pop();
    assert(operand !== undefined, "validation counts operands");
    return operand.cells;
  }

  /** The cells of the topmost operand. */
  peek(): Cells {
    const operand = this.#operands.at(-1);
    assert(operand !== undefined, "validation counts operands");
    return operand.cells;
  }

  /** The home of the operand at that height, or of the next one. */
  homeAt(height: number): number {
    return this.#operands[height]?.home ?? this.top;
  }

  /** Whether the topmost operand is one cell and at home. */
  topIsHome(): boolean {
    const last = this.#operands.at(-1);
    const [cell] = last?.cells ?? [];
    return last?.type !== i64Type && cell?.kind === "frame" && cell.index === last?.home;
  }

  /** Forgets all but the first `length` operands. */
  cut(length: number): void {
    this.#operands.length = length;
  }

  /** Brings home what stands for a local or global, or for anything that is not a constant. */
  settle(which: (operand: Operand) => boolean): void {
    for (const operand of this.#operands) if (which(operand)) this.#bringHome(operand);
  }

  /** Before the local or global changes: those that stand for it come home. */
  settleSource(kind: "local" | "global", index?: number): void {
    this.settle(
      ({ source }) => source?.kind === kind && (index === undefined || source.index === index),
    );
  }

  /** Whether some operand stands for the local. */
  standsFor(local: number): boolean {
    return this.#operands.some(({ source }) => source?.kind === "local" && source.index === local);
  }

  /** All that may change: before ways part or join. */
  settleSources(): void {
    this.settle(({ source }) => source !== null);
  }

  /** The last `count` operands come home: arguments, or a block's result. */
  settleLast(count: number): void {
    const from = this.#operands.length - count;
    this.#operands.forEach((operand, index) => {
      if (index >= from) this.#bringHome(operand);
    });
  }

  /** The home of the operand `count` from the top. */
  homeOf(count: number): number {
    return this.homeAt(this.#operands.length - count);
  }

  #bringHome(operand: Operand): void {
    const home = cellsOf(operand.type, operand.home);
    home.forEach((cell, half) => {
      this.#body.move(cell, operand.cells[half] as Place);
    });
    operand.cells = home;
    operand.source = null;
  }
}
