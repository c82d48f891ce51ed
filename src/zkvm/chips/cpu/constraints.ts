/**
 * What must hold in every row of the CPU (spec/14-zkvm.md §7.1). Flags and immediates are the
 * program's: in a real row the program bus binds them all at once, packed, and each flag is a bit.
 * In other rows nothing may reach a bus but the border of a segment, so there every other multiplicity
 * is zero.
 *
 * @module
 */

import type { Air } from "../../../stark/air/air.ts";
import type { Expression } from "../../../stark/air/expression.ts";
import { flagNames } from "../../program/program.ts";
import { cpu, cpuPublic, cpuPublicCount, cpuWidth } from "./columns.ts";
import { cpuInteractions } from "./interactions.ts";
import { accessing, type CpuRow, stopping } from "./row.ts";

const limb = 65_536;

/** High limbs of the gas that is left are below 2^10: limits are below 2^26. */
export const gasLeftScale = 64;

type Column = keyof typeof cpu;

const eventColumns = ["slow", "outOfBounds", "outOfStack", "outOfGas"] as const;

/** Columns that are multiplicities: zero where a row is not real. */
const silentColumns = ["aOn", "bOn", "wOn", "operate", "load", "store", "receive"] as const;

function constrainShape(row: CpuRow): void {
  const { b, here, next } = row;
  for (const name of [
    ...flagNames,
    ...eventColumns,
    "real",
    "pause",
    "carryLow",
    "carryHigh",
  ] as const) {
    b.boolean(here(name));
  }
  const idle = b.constant(1).minus(here("real"));
  for (const name of silentColumns) b.zero("every", here(name).times(idle));
  // All are bits: so a row that is real stops at most once, one that is not never does, and what comes
  // behind it is real, a border, or neither.
  const stop = stopping(row);
  const goesOn = here("real").minus(stop);
  b.zero("transition", next("real").plus(next("pause")).minus(goesOn));
  b.zero("last", goesOn);
  // An access is slow, out of bounds, or neither; only an `enter` runs out of stack. All are bits, so
  // that a sum of products is zero only where each product is.
  const noAccess = b.constant(1).minus(here("load")).minus(here("store"));
  const noEnter = b.constant(1).minus(here("enter"));
  const misplaced = here("slow").plus(here("outOfBounds")).times(noAccess);
  b.zero("every", misplaced.plus(here("outOfStack").times(noEnter)));
  b.zero("every", here("slow").times(stop));
}

function constrainStart({ b, here }: CpuRow): void {
  // Both are bits: real, and no border.
  b.zero("first", here("real").minus(here("pause")).minus(1));
  b.zero("first", here("place").minus(b.publicValue(cpuPublic.start)));
  b.zero("first", here("frame").minus(b.publicValue(cpuPublic.frame)));
  b.zero("first", here("clock").minus(1));
  b.zero("first", here("pageCount").minus(b.publicValue(cpuPublic.pages)));
  b.zero("first", here("slots").minus(b.publicValue(cpuPublic.slots)));
  b.zero("first", here("gas").minus(b.publicValue(cpuPublic.gas)).minus(spent(here)));
}

/**
 * The row behind a segment's last one, where the run goes on in another: not a real one, so it reads,
 * writes and spends nothing. It is where a next row would be, and shows that to the host.
 */
function constrainPause({ b, here }: CpuRow): void {
  for (const [shown, register] of [
    ["operation", "place"],
    ["bLow", "frame"],
    ["bHigh", "slots"],
  ] as const) {
    b.zero("every", here("pause").times(here(shown).minus(here(register))));
  }
}

/** Gas of one row. */
function spent(cell: (name: Column) => Expression): Expression {
  const dynamic = cell("aLow").plus(cell("aHigh").times(limb));
  return cell("price").plus(cell("charge").times(dynamic));
}

/** The next row, or the border, is where this one leads, with what this one changed. */
function constrainFlow({ b, here, next }: CpuRow): void {
  const arrives = next("real").plus(next("pause"));
  const follows = (expression: Expression): void => {
    b.zero("transition", arrives.times(expression));
  };
  const after = here("place").plus(1);
  const place = after
    .plus(here("taken").times(here("target").minus(after)))
    .plus(here("jumpIndexed").times(here("target").plus(here("aLow")).minus(after)))
    .plus(here("return").times(here("aLow").minus(after)));
  follows(next("place").minus(place));
  const called = here("wCell").minus(here("offset")).minus(here("frame"));
  const frame = here("frame")
    .plus(here("call").times(called))
    .plus(here("return").times(here("aHigh").minus(here("frame"))));
  follows(next("frame").minus(frame));
  follows(next("clock").minus(here("clock")).minus(4));
  const grown = here("grow").times(here("aLow").minus(here("pageCount")));
  follows(next("pageCount").minus(here("pageCount")).minus(grown));
  const spends = arrives.times(next("gas").minus(here("gas")));
  b.zero("transition", spends.minus(next("real").times(spent(next))));
  const slots = here("slots").plus(here("return").minus(here("enter")).times(here("offset")));
  follows(next("slots").minus(slots));
  const taken = here("branch").times(here("wLow")).plus(here("jump")).plus(here("slow"));
  b.zero("every", here("taken").minus(taken));
}

/** c = a + b, a - b or the address of an access, limb by limb; `same` where a = b. */
function constrainArithmetic(row: CpuRow): void {
  const { b, here } = row;
  const minuses = here("sub").plus(here("below"));
  const plus = here("add");
  const both = plus.plus(minuses);
  const sign = plus.minus(minuses);
  const low = here("bLow").minus(here("carryLow").times(limb));
  const high = here("bHigh").plus(here("carryLow")).minus(here("carryHigh").times(limb));
  b.zero("every", both.times(here("aLow").minus(here("cLow"))).plus(sign.times(low)));
  b.zero("every", both.times(here("aHigh").minus(here("cHigh"))).plus(sign.times(high)));

  const accesses = here("load").plus(here("store"));
  const lowEnd = here("cLow").plus(here("carryLow").times(limb));
  const highEnd = here("cHigh").plus(here("carryHigh").times(limb));
  b.zero("every", accesses.times(here("aLow").plus(here("offset")).minus(lowEnd)));
  b.zero("every", accesses.times(here("aHigh").plus(here("carryLow")).minus(highEnd)));
  b.zero("every", accessing(row).times(here("carryHigh")));
  const beyond = here("cHigh").minus(here("pageCount"));
  const noCarry = b.constant(1).minus(here("carryHigh"));
  b.zero("every", here("outOfBounds").times(here("spare").minus(noCarry.times(beyond))));

  // Limb by limb: as one field element a - b could be a multiple of the modulus. `same` is zero where a
  // limb differs, and `equal` where none does, for then nothing is shown.
  const [lowGap, highGap] = [here("aLow").minus(here("bLow")), here("aHigh").minus(here("bHigh"))];
  b.zero("every", here("same").times(lowGap));
  b.zero("every", here("same").times(highGap));
  const shown = lowGap.times(here("inverseLow")).plus(highGap.times(here("inverseHigh")));
  b.zero("every", here("equal").minus(here("same")).times(shown.minus(1)));
}

/** w is what the row's flag says; operations and loads get it from their bus. */
function constrainResult({ b, here }: CpuRow): void {
  const is = (flag: Column, low: Expression, high: Expression): void => {
    b.zero("every", here(flag).times(here("wLow").minus(low)));
    b.zero("every", here(flag).times(here("wHigh").minus(high)));
  };
  const zero = b.constant(0);
  for (const flag of ["add", "sub", "advise"] as const) is(flag, here("cLow"), here("cHigh"));
  for (const flag of ["move", "store"] as const) is(flag, here("bLow"), here("bHigh"));
  const turned = (bit: Expression): Expression =>
    bit.plus(here("negate")).minus(here("negate").times(bit).times(2));
  is("equal", turned(here("same")), zero);
  is("below", turned(here("carryHigh")), zero);
  is("pages", here("pageCount"), zero);
  is("call", here("place").plus(1), here("frame"));
  is("slow", here("oldLow"), here("oldHigh"));
  // Operands that are no cells: a is zero, b the immediate.
  const [noA, noB] = [b.constant(1).minus(here("aOn")), b.constant(1).minus(here("bOn"))];
  for (const name of ["aLow", "aHigh"] as const) b.zero("every", noA.times(here(name)));
  b.zero("every", noB.times(here("bLow").minus(here("immediateLow"))));
  b.zero("every", noB.times(here("bHigh").minus(here("immediateHigh"))));
}

/**
 * Slots that are left, or missing, and gas that is left after a charge, are numbers of 18 and 26 bits.
 * Gas is at most the limit when a segment begins; its rows add less than 2^26 and a charge less than
 * 2^30, so that the sum stays below p - 2^26 and no charge wraps around to a number below the limit.
 */
function constrainBudgets({ b, here }: CpuRow): void {
  const left = here("cLow")
    .plus(here("carryLow").times(limb))
    .plus(here("carryHigh").times(2 * limb));
  const enough = here("slots").minus(here("offset")).minus(left);
  const missing = here("offset").minus(1).minus(here("slots")).minus(left);
  const over = here("outOfStack");
  b.zero("every", here("enter").minus(over).times(enough).plus(over.times(missing)));
  const charged = here("charge").minus(here("charge").times(here("outOfGas")));
  const gasLeft = b.publicValue(cpuPublic.gasLimit).minus(here("gas"));
  const shown = here("cLow").plus(here("cHigh").times(limb));
  b.zero("every", charged.times(gasLeft.minus(shown)));
  b.zero("every", charged.times(here("spare").minus(here("cHigh").times(gasLeftScale))));
}

export const cpuAir: Air = {
  name: "cpu",
  width: cpuWidth,
  fixedWidth: 0,
  publicValueCount: cpuPublicCount,
  constrain(b) {
    const row: CpuRow = {
      b,
      here: (name) => b.local(cpu[name]),
      next: (name) => b.next(cpu[name]),
    };
    constrainShape(row);
    constrainStart(row);
    constrainPause(row);
    constrainFlow(row);
    constrainArithmetic(row);
    constrainResult(row);
    constrainBudgets(row);
    cpuInteractions(row);
  },
};
