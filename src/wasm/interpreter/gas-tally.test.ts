import binaryen from "binaryen";
import { expect, test } from "vitest";
import { decodeModule } from "../binary/decode.ts";
import { validateModule } from "../validate/check-module.ts";
import { integerLanguage } from "../validate/module-context.ts";
import { GasTally, TallyingExecution } from "./gas-tally.ts";
import { instantiate } from "./machine.ts";

const roomy = { gasLimit: 1e7, stackSlots: 1e7, memoryPagesMax: 16 };

/** Runs one export and tallies it. */
function tallied(text: string, name: string, args: readonly number[], limits = roomy) {
  const module = binaryen.parseText(`(module ${text})`);
  const validated = validateModule(decodeModule(module.emitBinary()), integerLanguage);
  module.dispose();
  const tally = new GasTally(
    (index) => validated.module.functions[index]?.code.offsets ?? new Uint32Array(0),
  );
  const executions: TallyingExecution[] = [];
  const machine = instantiate(validated, limits, (options) => {
    const execution = new TallyingExecution(options, tally);
    executions.push(execution);
    return execution;
  });
  const outcome = machine.invoke(name, args);
  const open = executions.at(-1)?.unwind() ?? [];
  return { tally, outcome, machine, open };
}

const family = `
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $middle (export "middle") (param i32) (result i32)
    (i32.add (call $leaf (local.get 0)) (call $leaf (i32.const 7))))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $even (export "even") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (unreachable))))
  (func $odd (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (unreachable))))`;

test("tells a function's own gas from that of what it calls, by the schedule's prices", () => {
  const { tally, machine } = tallied(family, "middle", [3]);
  const [middle, leaf] = tally.functions();
  // A leaf: 1 for entering, 1 for the addition. Its caller: 1, two calls of 5, an addition.
  expect(leaf).toEqual({ functionIndex: 0, calls: 2, self: 4, total: 4 });
  expect(middle).toEqual({ functionIndex: 1, calls: 1, self: 12, total: 16 });
  expect(machine.gasUsed).toBe(16);
});

test("counts a recursion once in what a function takes with its callees", () => {
  const { tally, machine } = tallied(family, "fib", [15]);
  const [fib] = tally.functions();
  expect(fib).toMatchObject({ calls: 1973, self: machine.gasUsed, total: machine.gasUsed });
});

test("two functions that call each other without end make a tree of bounded depth, and the sum stays", () => {
  const { tally, outcome, open } = tallied(family, "even", [5000]);
  expect(outcome).toEqual({ ok: false, trap: "UNREACHABLE" });
  let depth = 0;
  let gas = 0;
  for (let node = tally.root; ; depth++) {
    gas += node.gas;
    const [child] = node.children.values();
    if (child === undefined) break;
    node = child;
  }
  expect(depth).toBe(200);
  expect(gas).toBe(tally.spent);
  expect(open).toHaveLength(5001);
  expect(open.slice(0, 2).map(({ functionIndex }) => functionIndex)).toEqual([3, 4]);
  const [even, odd] = tally.functions();
  expect(even?.total).toBe(tally.spent);
  expect(odd?.total).toBeLessThan(tally.spent);
});

test("a charge that finds too little gas is not counted", () => {
  const { tally, outcome } = tallied(family, "fib", [15], { ...roomy, gasLimit: 1000 });
  expect(outcome).toEqual({ ok: false, trap: "GAS_EXHAUSTED" });
  expect(tally.spent).toBeLessThanOrEqual(1000);
  expect(tally.spent).toBeGreaterThan(990);
});
