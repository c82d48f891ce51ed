import { expect, test } from "vitest";
import { P } from "../../field/koala-bear.ts";
import type { Air } from "../../stark/air/air.ts";
import { compileAir } from "../../stark/air/air.ts";
import { checkTraces } from "../../stark/air/check-trace.ts";
import type { Matrix } from "../../stark/matrix.ts";
import { operate } from "../machine/operations.ts";
import { Operation } from "../program/program.ts";
import { bitwiseAir } from "./bitwise/constraints.ts";
import { fillBitwise } from "./bitwise/trace.ts";
import { buses } from "./buses.ts";
import { comparisonAir } from "./comparison/constraints.ts";
import { fillComparison } from "./comparison/trace.ts";
import { countingAir } from "./counting/constraints.ts";
import { fillCounting } from "./counting/trace.ts";
import { LookupCounts } from "./lookup-counts.ts";
import { multiplicationAir } from "./multiplication/constraints.ts";
import { fillMultiplication } from "./multiplication/trace.ts";
import type { Operated } from "./operations.ts";

/** Values at all the edges: of bytes, limbs, signs and words. */
const edges = [
  ...[0, 1, 2, 3, 31, 32, 33, 127, 128, 255, 256, 257, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x1_0001],
  ...[0x00ff_ffff, 0x0100_0000, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xaaaa_5555, 0xffff_0000],
  ...[0xffff_fffe, 0xffff_ffff],
];

/** Signed and unsigned results by big integers, another way than the machine's. */
const expected: Readonly<Record<keyof typeof Operation, (a: bigint, b: bigint) => bigint>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  belowSigned: (a, b) => (BigInt.asIntN(32, a) < BigInt.asIntN(32, b) ? 1n : 0n),
  notBelowSigned: (a, b) => (BigInt.asIntN(32, a) < BigInt.asIntN(32, b) ? 0n : 1n),
  clz: (a) => BigInt(32 - (a === 0n ? 0 : a.toString(2).length)),
  ctz: (a) => (a === 0n ? 32n : BigInt((a & -a).toString(2).length - 1)),
  popcnt: (a) => BigInt(a.toString(2).replaceAll("0", "").length),
  powerOfTwo: (a) => 1n << (a & 31n),
  multiply: (a, b) => BigInt.asUintN(32, a * b),
  multiplyHigh: (a, b) => (a * b) >> 32n,
  divide: (a, b) => a / b,
  remainder: (a, b) => a % b,
};

type Fill = (operations: readonly Operated[], logMax: number, counts: LookupCounts) => Matrix;

const chips: readonly (readonly [Air, Fill, readonly (keyof typeof Operation)[]])[] = [
  [bitwiseAir, fillBitwise, ["and", "or", "xor"]],
  [comparisonAir, fillComparison, ["belowSigned", "notBelowSigned"]],
  [countingAir, fillCounting, ["clz", "ctz", "popcnt", "powerOfTwo"]],
  [multiplicationAir, fillMultiplication, ["multiply", "multiplyHigh", "divide", "remainder"]],
];

function edgeCases(name: keyof typeof Operation): Operated[] {
  const operation = Operation[name];
  const divides = name === "divide" || name === "remainder";
  return edges.flatMap((a) =>
    edges
      .filter((b) => b !== 0 || !divides)
      .map((b) => ({ operation, a, b, w: Number(expected[name](BigInt(a), BigInt(b))) })),
  );
}

test("the machine's operations are those of big integers at every edge", () => {
  for (const name of Object.keys(Operation) as (keyof typeof Operation)[]) {
    for (const { operation, a, b, w } of edgeCases(name)) {
      expect(operate(operation, a, b), `${name}(${a}, ${b})`).toBe(w);
    }
  }
});

test.each(chips)(
  "$name proves its operations at every edge and nothing else",
  (air, fill, names) => {
    const cases = names.flatMap(edgeCases);
    const matrix = fill(cases, 16, new LookupCounts());
    const program = compileAir(air);
    const lookups: readonly number[] = [buses.range, buses.bytes, buses.count];
    // What is asked of the chip is taken off its bus; lookups have a test of their own.
    const asked = {
      bus: buses.operation,
      multiplicities: new Uint32Array(cases.length).fill(1),
      tuples: Uint32Array.from(
        cases.flatMap(({ operation, a, b, w }) => [
          operation,
          ...[a, b, w].flatMap((word) => [word & 0xffff, word >>> 16]),
        ]),
      ),
    };
    const table = { program, main: matrix, fixed: null, publicValues: new Uint32Array() };
    const faults = checkTraces([table], [asked], 2 ** 20);
    const own = faults.filter((fault) => !("bus" in fault) || !lookups.includes(fault.bus));
    expect(own).toEqual([]);
    const wrong = { ...asked, tuples: asked.tuples.map((x, i) => (i === 5 ? (x + 1) % P : x)) };
    expect(checkTraces([table], [wrong], 2 ** 20).length).toBeGreaterThan(faults.length);
  },
);
