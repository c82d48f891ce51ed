import { expect, test } from "vitest";
import {
  functionOf,
  type InstructionWords,
  minimalProcess,
} from "../../testing/minimal-process.ts";
import { encodeModule } from "../binary/encode.ts";
import { i32Type, i64Type } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { validateProcess } from "./validate-process.ts";

const { functions, types } = minimalProcess();

test("a frame has 16 slots, two a parameter, its locals, operands and half its priced instructions", () => {
  // Operands at most 3; priced: i32.add twice, local.set, i32.store; constants and gets are free.
  const words: readonly InstructionWords[] = [
    [Op.localGet, 0],
    [Op.localGet, 1],
    [Op.i32Const, 5],
    [Op.i32Add],
    [Op.i32Add],
    [Op.localSet, 2],
    [Op.i32Const, 8],
    [Op.localGet, 2],
    [Op.i32Store, 2, 0],
  ];
  const type = { parameters: [i32Type, i32Type], results: [], offset: 0 } as const;
  const module = minimalProcess({
    types: [...types, type],
    functions: [...functions, functionOf(3, words, [i32Type, i64Type])],
  });
  const measured = validateProcess(encodeModule(module)).functions[3]!;
  expect(measured.operandsMax).toBe(3);
  expect(measured.frameSlots).toBe(16 + 2 * 2 + 2 + 3 + 2);
  expect(measured.entryGas).toBe(1 + 1);
});

test("counts only functions that may recurse, call indirectly, or stand on a deep chain", () => {
  const table = { elementType: 0x70, minimum: 1, maximum: 1, offset: 0 } as const;
  const module = minimalProcess({
    tables: [table],
    functions: [
      ...functions,
      functionOf(0, [[Op.call, 4]]), // 3 → 4: shallow
      functionOf(0, []), // 4: a leaf
      functionOf(0, [[Op.call, 6]]), // 5 ⇄ 6
      functionOf(0, [[Op.call, 5]]),
      functionOf(0, [
        [Op.call, 5],
        [Op.call, 4],
      ]), // 7 → 5: above a cycle
      functionOf(0, [[Op.i32Const], [Op.callIndirect, 0]]), // 8
      functionOf(0, [[Op.call, 9]]), // 9: calls itself
    ],
  });
  const { functions: measured, stackLimit } = validateProcess(encodeModule(module));
  const counted = measured.map((each) => each.stackCharge > 0);
  expect(counted.slice(3)).toEqual([false, false, true, true, true, true, true]);
  expect(measured[8]!.stackCharge).toBe(measured[8]!.frameSlots);
  const chain = measured[3]!.frameSlots + measured[4]!.frameSlots;
  expect(stackLimit).toBe(200_000 - chain);
});

test("a chain of more than 16,384 slots is counted from where it becomes so long", () => {
  // Each of them calls the next; a frame of 1,000 locals and a little more.
  const chain = Array.from({ length: 20 }, (_, k) =>
    functionOf(0, k === 19 ? [] : [[Op.call, 4 + k]], new Array(1000).fill(i32Type)),
  );
  const module = minimalProcess({ functions: [...functions, ...chain] });
  const { functions: measured, stackLimit } = validateProcess(encodeModule(module));
  let depth = 0;
  let deepest = 0;
  for (const each of measured.slice(3).reverse()) {
    depth += each.frameSlots;
    expect(each.stackCharge).toBe(depth <= 16_384 ? 0 : each.frameSlots);
    if (depth <= 16_384) deepest = depth;
  }
  expect(depth).toBeGreaterThan(16_384);
  expect(stackLimit).toBe(200_000 - deepest);
});
