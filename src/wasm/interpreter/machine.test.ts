/**
 * The reference machine against hand-written modules: control it must not get wrong, traps by kind,
 * gas and slots by numbers worked out from spec/07-metering.md. The standard's own suite and random
 * modules run in test/conformance.
 *
 * @module
 */

import binaryen from "binaryen";
import { expect, test } from "vitest";
import { decodeModule } from "../binary/decode.ts";
import { validateModule } from "../validate/check-module.ts";
import { integerLanguage } from "../validate/module-context.ts";
import type { ValidatedModule } from "../validate/validated-module.ts";
import { instantiate, type Machine, type MachineLimits } from "./machine.ts";
import type { Value } from "./value-stack.ts";

const roomy: MachineLimits = { gasLimit: 1e9, stackSlots: 200_000, memoryPagesMax: 16 };

function validatedOf(text: string): ValidatedModule {
  const module = binaryen.parseText(`(module ${text})`);
  const validated = validateModule(decodeModule(module.emitBinary()), integerLanguage);
  module.dispose();
  return validated;
}

function machineOf(text: string, limits: Partial<MachineLimits> = {}): Machine {
  return instantiate(validatedOf(text), { ...roomy, ...limits });
}

function run(machine: Machine, name: string, ...args: Value[]): unknown {
  const outcome = machine.invoke(name, args);
  return outcome.ok ? outcome.results : outcome.trap;
}

const countdown = `
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))`;

test("recurses a million calls deep without meeting the host's stack", () => {
  const machine = machineOf(countdown, { stackSlots: 1e9 });
  expect(run(machine, "deep", 1_000_000)).toEqual([1_000_000]);
});

test("stops a recursion at the budget of slots, and gives back exactly what a call took", () => {
  const text = `${countdown}
    (func (export "often") (param i32) (param i32) (result i32)
      (loop $again
        (drop (call $deep (i32.const 5)))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (call $deep (local.get 1)))`;
  const [deep, often] = validatedOf(text).functions.map((each) => each.stackCharge);
  const hundred = 100 * (deep as number);
  const runWith = (stackSlots: number, name: string, ...args: number[]): unknown =>
    run(machineOf(text, { stackSlots }), name, ...args);
  expect(runWith(hundred, "deep", 99)).toEqual([99]);
  expect(runWith(hundred - 1, "deep", 99)).toBe("STACK_EXHAUSTED");
  // A thousand calls that have returned change nothing about the depth that is left.
  const enough = hundred + (often as number);
  expect(runWith(enough, "often", 1000, 99)).toEqual([99]);
  expect(runWith(enough - 1, "often", 1000, 99)).toBe("STACK_EXHAUSTED");
});

test("charges every executed instruction once, and entering by the number of locals", () => {
  const machine = machineOf(`
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "eight") (param i32) (local i64 i64 i64 i64 i64 i64 i64))
    (func (export "loop") (param i32)
      (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "divide") (param i64 i64) (result i64) (i64.div_u (local.get 0) (local.get 1)))`);
  const gasOf = (name: string, ...args: Value[]): number => {
    machine.refill(1000);
    expect(machine.invoke(name, args).ok, name).toBe(true);
    return machine.gasUsed;
  };
  expect(gasOf("add", 1, 2)).toBe(1 + 1);
  expect(gasOf("eight", 0)).toBe(1 + 8 / 4);
  // Each round: sub, tee, br_if.
  expect(gasOf("loop", 10)).toBe(1 + 10 * 3);
  expect(gasOf("divide", 7n, 2n)).toBe(1 + 4);
});

test("charges growth by the page asked for, and copy and fill by started groups of four", () => {
  const text = `(memory 1 3)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 7) (local.get 0)))
    (func (export "copy") (param i32) (memory.copy (i32.const 8) (i32.const 0) (local.get 0)))`;
  const machine = machineOf(text);
  const used: number[] = [];
  for (const [name, argument] of [
    ["grow", 2],
    ["grow", 1],
    ["fill", 5],
    ["copy", 8],
  ] as const) {
    machine.refill(10_000);
    expect(machine.invoke(name, [argument]).ok).toBe(true);
    used.push(machine.gasUsed);
  }
  expect(used).toEqual([1 + 50 + 2000, 1 + 50 + 1000, 1 + 5 + 2, 1 + 5 + 2]);
  // The charge comes before the check of bounds.
  expect(run(machineOf(text, { gasLimit: 1000 }), "fill", -1)).toBe("GAS_EXHAUSTED");
  expect(run(machineOf(text, { gasLimit: 2 ** 31 }), "fill", -1)).toBe("MEMORY_OUT_OF_BOUNDS");
});

test("counts gas over invocations until it is refilled, and all of it after a trap", () => {
  const machine = machineOf('(func (export "one")) (func (export "trap") unreachable)', {
    gasLimit: 3,
  });
  expect(run(machine, "one")).toEqual([]);
  expect(run(machine, "one")).toEqual([]);
  expect(machine.gasUsed).toBe(2);
  expect(run(machine, "trap")).toBe("UNREACHABLE");
  expect(machine.gasUsed).toBe(3);
  expect(run(machine, "one")).toBe("GAS_EXHAUSTED");
  machine.refill(1);
  expect(run(machine, "one")).toEqual([]);
});

test("grows up to the module's own maximum or the cap, whichever is less, with zeroed pages", () => {
  const text = (range: string): string => `(memory ${range})
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "write") (param i32) (i32.store (local.get 0) (i32.const -1)))`;
  const capped = machineOf(text("1 100"), { memoryPagesMax: 4 });
  expect(run(capped, "write", 65_532)).toEqual([]);
  expect(run(capped, "write", 65_533)).toBe("MEMORY_OUT_OF_BOUNDS");
  // Enough even for asking for 2^32 − 1 pages.
  capped.refill(1e13);
  expect(run(capped, "grow", 2)).toEqual([1]);
  expect(run(capped, "write", 65_536)).toEqual([]);
  expect(run(capped, "grow", 2)).toEqual([-1]);
  expect(run(capped, "grow", -1)).toEqual([-1]);
  expect(run(capped, "grow", 1)).toEqual([3]);
  expect(capped.pageCount).toBe(4);
  expect(capped.memory.length).toBe(4 * 65_536);
  expect(capped.memory.indexOf(255)).toBe(65_532);
  expect(capped.memory.lastIndexOf(255)).toBe(65_539);
  expect(run(machineOf(text("1 2")), "grow", 2)).toEqual([-1]);
});

test("names every kind of trap", () => {
  const machine = machineOf(`(memory 1) (table 3 funcref) (elem (i32.const 0) $none $one)
    (type $taking (func (param i32)))
    (func $none) (func $one (param i32))
    (func (export "unreachable") unreachable)
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "rem64") (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
    (func (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
    (func (export "call") (param i32) (call_indirect (type $taking) (i32.const 0) (local.get 0)))`);
  const cases: readonly (readonly [string, readonly Value[], unknown])[] = [
    ["unreachable", [], "UNREACHABLE"],
    ["divide", [1, 0], "DIVISION_BY_ZERO"],
    ["divide", [-(2 ** 31), -1], "INTEGER_OVERFLOW"],
    ["divide", [-7, 2], [-3]],
    ["rem64", [-(2n ** 63n), -1n], [0n]],
    ["rem64", [1n, 0n], "DIVISION_BY_ZERO"],
    // The sum of address and offset is not taken modulo 2^32.
    ["load", [-4], "MEMORY_OUT_OF_BOUNDS"],
    ["call", [0], "SIGNATURE_MISMATCH"],
    ["call", [1], []],
    ["call", [2], "ELEMENT_NULL"],
    ["call", [3], "TABLE_OUT_OF_BOUNDS"],
    ["call", [-1], "TABLE_OUT_OF_BOUNDS"],
  ];
  for (const [name, args, expected] of cases) {
    machine.refill(1e6);
    expect(run(machine, name, ...args), `${name}(${args.join()})`).toEqual(expected);
  }
});

test("branches keep the label's result and drop what lies under it", () => {
  const machine = machineOf(`
    (func (export "table") (param i32) (result i32)
      (block $two (result i32)
        (block $one (result i32)
          (i32.const 100) (i32.const 200)
          (br_table $one $two $one (i32.const 7) (local.get 0))
        )
        (i32.add (i32.const 1))))
    (func (export "leave") (result i64) (i32.const 5) (loop (return (i64.const -1))) (unreachable))`);
  expect([0, 1, 2, -1].map((index) => run(machine, "table", index))).toEqual([[8], [7], [8], [8]]);
  expect(run(machine, "leave")).toEqual([-1n]);
});

test("keeps globals and writes between invocations, also those before a trap", () => {
  const machine = machineOf(`(memory 1) (data (i32.const 2) "ab")
    (global $count (export "count") (mut i64) (i64.const -3)) (global $fixed i32 (i32.const 9))
    (func (export "step")
      (global.set $count (i64.add (global.get $count) (i64.const 1)))
      (i32.store8 (i32.const 0) (global.get $fixed))
      (unreachable))`);
  expect(machine.globals).toEqual([-3n, 9]);
  expect(run(machine, "step")).toBe("UNREACHABLE");
  expect(machine.globalNamed("count")).toBe(-2n);
  expect([...machine.memory.subarray(0, 4)]).toEqual([9, 0, 97, 98]);
});

test("refuses a segment that does not fit", () => {
  expect(() => machineOf('(memory 1) (data (i32.const 65535) "ab")')).toThrow(
    "MEMORY_OUT_OF_BOUNDS",
  );
  expect(() => machineOf("(table 1 funcref) (elem (i32.const 1) $f) (func $f)")).toThrow(
    "TABLE_OUT_OF_BOUNDS",
  );
});
