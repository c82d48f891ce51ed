import { expect, test } from "vitest";
import type { AirProgram } from "../../stark/air/air.ts";
import { compileAir } from "../../stark/air/air.ts";
import { RowEvaluator } from "../../testing/zkvm-hunt/row-evaluator.ts";
import { Operation } from "../program/program.ts";
import { buses } from "./buses.ts";
import { comparison, comparisonAir } from "./comparison/constraints.ts";
import { fillComparison } from "./comparison/trace.ts";
import { LookupCounts } from "./lookup-counts.ts";
import { memory } from "./memory/columns.ts";
import { memoryAir } from "./memory/constraints.ts";
import { multiplication, multiplicationAir } from "./multiplication/constraints.ts";
import { fillMultiplication } from "./multiplication/trace.ts";

/** Whether a row alone satisfies its chip: every constraint, and every number that is looked up. */
class Chip {
  readonly program: AirProgram;
  readonly #rows: RowEvaluator;
  readonly #constraints: readonly number[];
  readonly #ranges: readonly number[];

  constructor(program: AirProgram) {
    this.program = program;
    this.#constraints = program.constraints.map(({ node }) => node);
    const ranges = program.interactions.filter(({ bus }) => bus === buses.range);
    this.#ranges = ranges.map(({ tuple }) => tuple[0]!);
    this.#rows = new RowEvaluator(program, [...this.#constraints, ...this.#ranges]);
  }

  accepts(local: Uint32Array): boolean {
    const values = this.#rows.evaluate({ local, next: local, fixed: [], publicValues: [] });
    return (
      this.#constraints.every((node) => values[node] === 0) &&
      this.#ranges.every((node) => values[node]! < 65_536)
    );
  }
}

const edges = [0, 1, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

test("signs, borrows and result of a comparison: of all bits exactly one choice is accepted", () => {
  const chip = new Chip(compileAir(comparisonAir));
  const bits = ["aSign", "bSign", "borrowLow", "isBelow"] as const;
  for (const a of edges) {
    for (const b of edges) {
      const operated = { operation: Operation.belowSigned, a, b, w: 0 };
      const honest = fillComparison([operated], 16, new LookupCounts()).values;
      const accepted: number[] = [];
      for (let choice = 0; choice < 2 ** bits.length; choice++) {
        const row = honest.slice(0, chip.program.width);
        bits.forEach((name, i) => {
          row[comparison[name]] = (choice >> i) & 1;
        });
        const value = (name: keyof typeof comparison): number => row[comparison[name]]!;
        // The differences are what the constraints make of the bits.
        const low = value("aLow") - value("bLow") + value("borrowLow") * 65_536;
        const signs = (value("aSign") - value("bSign")) * 65_536;
        const high = value("aHigh") - value("bHigh") - signs - value("borrowLow");
        row[comparison.differenceLow] = Math.max(0, low);
        row[comparison.differenceHigh] = Math.max(0, high + value("isBelow") * 65_536);
        if (chip.accepts(row)) accepted.push(value("isBelow"));
      }
      expect(accepted, `${a} < ${b}`).toEqual([(a | 0) < (b | 0) ? 1 : 0]);
    }
  }
});

/** The row for a quotient and a remainder of bytes, with everything that follows from them. */
function divisionRow(base: Uint32Array, quotient: number, remainder: number, divisor: number) {
  base[multiplication.x0] = quotient;
  base[multiplication.and0] = quotient & divisor;
  base[multiplication.zLow] = remainder;
  const borrow = divisor < remainder + 1 ? 1 : 0;
  base[multiplication.borrow] = borrow;
  base[multiplication.gapLow] = divisor - remainder - 1 + 65_536 * borrow;
  base[multiplication.gapHigh] = 0;
}

test("of all quotients and remainders of a byte only the right ones are accepted", () => {
  const chip = new Chip(compileAir(multiplicationAir));
  for (const [a, b] of [
    [0, 1],
    [7, 3],
    [200, 7],
    [255, 255],
    [255, 1],
    [129, 128],
  ] as const) {
    const operated = { operation: Operation.divide, a, b, w: Math.floor(a / b) };
    const { values } = fillMultiplication([operated], 16, new LookupCounts());
    const row = values.slice(0, chip.program.width);
    const accepted: string[] = [];
    for (let quotient = 0; quotient < 256; quotient++) {
      for (let remainder = 0; remainder < 256; remainder++) {
        divisionRow(row, quotient, remainder, b);
        if (chip.accepts(row)) accepted.push(`${quotient} ${remainder}`);
      }
    }
    expect(accepted, `${a} / ${b}`).toEqual([`${Math.floor(a / b)} ${a % b}`]);
  }
});

/** A row of the memory chip; bytes of limbs are those of the word and the value. */
function accessRow(access: {
  readonly isLoad: number;
  readonly bytes: 1 | 2 | 4;
  readonly position: number;
  readonly old: number;
  readonly value: number;
}): Uint32Array {
  const row = new Uint32Array(compileAir(memoryAir).width);
  const { isLoad, bytes, position, old, value } = access;
  const limbs = { oldLow: old & 0xffff, oldHigh: old >>> 16, valueLow: value & 0xffff };
  const limb = position < 2 ? limbs.oldLow : limbs.oldHigh;
  const cells: Partial<Record<keyof typeof memory, number>> = {
    ...{ real: 1, isLoad, clock: 9, time: 3, pages: 1, addressLow: position },
    ...{ [bytes === 1 ? "one" : bytes === 2 ? "two" : "four"]: 1, [`byte${position}`]: 1 },
    ...limbs,
    valueHigh: value >>> 16,
    ...{ limbLow: limb & 255, limbHigh: limb >> 8 },
    ...{ storedLow: value & 255, storedHigh: limbs.valueLow >> 8 },
  };
  for (const [name, cell] of Object.entries(cells)) row[memory[name as keyof typeof memory]] = cell;
  return row;
}

const accesses = ([1, 2, 4] as const).flatMap((bytes) =>
  [0, 1, 2, 3]
    .filter((position) => position % bytes === 0)
    .map((position) => ({ bytes, position })),
);

test("of all words that a store might leave only the right one is accepted", () => {
  const chip = new Chip(compileAir(memoryAir));
  const [old, value] = [0xa1b2_c3d4, 0x1122_3344];
  for (const { bytes, position } of accesses) {
    const row = accessRow({ isLoad: 0, bytes, position, old, value });
    const mask = bytes === 4 ? 0xffff_ffff : (2 ** (8 * bytes) - 1) << (8 * position);
    const right = ((old & ~mask) | ((value << (8 * position)) & mask)) >>> 0;
    const accepted: number[] = [];
    for (const half of ["newLow", "newHigh"] as const) {
      row[memory.newLow] = right & 0xffff;
      row[memory.newHigh] = right >>> 16;
      for (let limb = 0; limb < 65_536; limb++) {
        row[memory[half]] = limb;
        if (chip.accepts(row)) accepted.push(limb);
      }
    }
    expect(accepted, `${bytes} at ${position}`).toEqual([right & 0xffff, right >>> 16]);
  }
});

test("of all values that a load might give only the right one is accepted, without anything above", () => {
  const chip = new Chip(compileAir(memoryAir));
  const old = 0xa1b2_c3d4;
  for (const { bytes, position } of accesses) {
    const right = bytes === 4 ? old : (old >>> (8 * position)) & (2 ** (8 * bytes) - 1);
    const accepted: number[] = [];
    const row = accessRow({ isLoad: 1, bytes, position, old, value: right });
    row[memory.newLow] = old & 0xffff;
    row[memory.newHigh] = old >>> 16;
    for (let low = 0; low < 65_536; low++) {
      row[memory.valueLow] = low;
      row[memory.storedLow] = low & 255;
      row[memory.storedHigh] = low >> 8;
      if (chip.accepts(row)) accepted.push(low);
    }
    row[memory.valueLow] = right & 0xffff;
    row[memory.storedLow] = right & 255;
    row[memory.storedHigh] = bytes === 1 ? 0 : (right >>> 8) & 255;
    for (let high = 0; high < 65_536; high++) {
      row[memory.valueHigh] = high;
      if (chip.accepts(row)) accepted.push(high);
    }
    expect(accepted, `${bytes} at ${position}`).toEqual([right & 0xffff, right >>> 16]);
  }
});
