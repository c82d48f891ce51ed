/**
 * Random processes in all engines (spec/07-metering.md): V8 on the raw module, V8 on the instrumented
 * one with and without dirty tracking, and the reference interpreter must agree on results, on
 * whether a call fails, on memory and globals, and the metering ones on gas, down to the last unit of
 * gas and the last slot of stack that a call needs. The zkVM's register machine is one of them, and
 * the tables of its calls must satisfy all constraints and buses.
 *
 * `RANDOM_MODULES` in the environment sets how many modules are tried, `CONSTRAINED_EACH` that one call
 * in so many goes through the constraints.
 *
 * @module
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryProcess } from "../../src/testing/wasm-arbitrary.ts";
import type { Value } from "../../src/wasm/interpreter/value-stack.ts";
import { validateProcess } from "../../src/wasm/validate/validate-process.ts";
import type { ValidatedModule } from "../../src/wasm/validate/validated-module.ts";
import { constrainedEach, emptyConstraintTally } from "./constraint-check.ts";
import type { Engine, EngineInstance, EngineLimits, EngineOutcome } from "./engine.ts";
import { validateExposed } from "./exposed-module.ts";
import { interpreterEngine } from "./interpreter-engine.ts";
import { constrainedMachineEngine, registerMachineEngine } from "./register-machine-engine.ts";
import { instrumentedEngine, rawEngine } from "./v8-engines.ts";

const moduleCount = Number(process.env["RANDOM_MODULES"] ?? 200);

/** Shrinking a failure stops after this long and shows what it has. */
const interruptAfterTimeLimit = 60_000 + 2000 * moduleCount;

const testTimeoutMs = 2 * interruptAfterTimeLimit;

/** Slots that V8's main thread holds in either tier; gas that bounds a module to milliseconds. */
const limits: EngineLimits = { gasLimit: 20_000, stackSlots: 20_000, memoryPagesMax: 4096 };

const constraints = emptyConstraintTally();

const meteredV8Engines = [
  instrumentedEngine({ dirtyTracking: false }),
  instrumentedEngine({ dirtyTracking: true }),
];
const each = constrainedEach(4);
const constrainedEngine = constrainedMachineEngine(constraints, each);

interface Call {
  readonly name: string;
  readonly args: readonly Value[];
}

interface Started {
  readonly engine: Engine;
  readonly instance: EngineInstance;
}

function start(engine: Engine, validated: ValidatedModule, under = limits): EngineInstance {
  const instance = engine.instantiate(validated, under);
  if (instance === null) throw new Error(`${engine.name}: a segment of a process does not fit`);
  return instance;
}

function stateOf(instance: EngineInstance): object {
  return { globals: instance.globals(), pages: instance.memory().length / 65_536 };
}

/** Memory by Buffer.compare: `toEqual` goes through pages byte by byte, slowly. */
function expectEqualState(left: EngineInstance, right: EngineInstance, what: string): void {
  expect(stateOf(right), what).toEqual(stateOf(left));
  expect(Buffer.compare(left.memory(), right.memory()), `memory: ${what}`).toBe(0);
}

/** Makes one call everywhere; false if it failed, after which the engines' states part. */
function callEverywhere(
  call: Call,
  interpreter: EngineInstance,
  raw: EngineInstance,
  metered: readonly Started[],
): EngineOutcome {
  const outcome = interpreter.invoke(call.name, call.args);
  for (const { engine, instance } of metered) {
    const other = instance.invoke(call.name, call.args);
    const what = `${engine.name}: ${call.name}(${call.args.join()})`;
    expect(other.ok ? other.results : "failed", what).toEqual(
      outcome.ok ? outcome.results : "failed",
    );
    if (!outcome.ok) continue;
    expect(instance.gasUsed(), what).toBe(interpreter.gasUsed());
    expectEqualState(interpreter, instance, what);
  }
  // The raw module knows no gas and no slots: where those ended the run it need not end at all.
  if (outcome.ok || !outcome.reason.endsWith("_EXHAUSTED")) {
    const other = raw.invoke(call.name, call.args);
    const what = `raw: ${call.name}(${call.args.join()})`;
    expect(other.ok ? other.results : "failed", what).toEqual(
      outcome.ok ? outcome.results : "failed",
    );
    expectEqualState(interpreter, raw, what);
  }
  return outcome;
}

/** A first call under other limits, in the interpreter and in the metered engines. */
function succeeds(validated: ValidatedModule, call: Call, under: EngineLimits): boolean {
  const { ok } = start(interpreterEngine, validated, under).invoke(call.name, call.args);
  for (const engine of [registerMachineEngine, ...meteredV8Engines]) {
    const other = start(engine, validated, under).invoke(call.name, call.args);
    expect(other.ok, `${engine.name} under ${JSON.stringify(under)}`).toBe(ok);
  }
  return ok;
}

/** The least number of slots with which a call that succeeds with `stackSlots` still does. */
function leastSlots(validated: ValidatedModule, call: Call): number {
  let [least, enough] = [0, limits.stackSlots];
  while (least < enough) {
    const stackSlots = Math.floor((least + enough) / 2);
    const instance = start(interpreterEngine, validated, { ...limits, stackSlots });
    if (instance.invoke(call.name, call.args).ok) enough = stackSlots;
    else least = stackSlots + 1;
  }
  return least;
}

const arbitraryCalls: fc.Arbitrary<readonly Call[]> = fc.array(
  fc.oneof(
    fc.constant<Call>({ name: "_start", args: [] }),
    fc.record({
      name: fc.constantFrom("alloc", "handle"),
      args: fc.oneof(fc.nat(300), fc.integer()).map((value) => [value]),
    }),
  ),
  { minLength: 1, maxLength: 5 },
);

test(
  `property: ${moduleCount} random processes run alike in all engines`,
  () => {
    const counts: Record<string, number> = {};
    let tried = 0;
    fc.assert(
      fc.property(arbitraryProcess(), arbitraryCalls, (bytes, calls) => {
        tried++;
        validateProcess(bytes);
        const validated = validateExposed(bytes);
        const interpreter = start(interpreterEngine, validated);
        const raw = start(rawEngine, validated);
        const metered = [constrainedEngine, ...meteredV8Engines].map((engine) => ({
          engine,
          instance: start(engine, validated),
        }));
        for (const call of calls) {
          const outcome = callEverywhere(call, interpreter, raw, metered);
          const key = outcome.ok ? "returned" : outcome.reason;
          counts[key] = (counts[key] ?? 0) + 1;
          if (!outcome.ok) break;
        }
      }),
      { numRuns: moduleCount, interruptAfterTimeLimit },
    );
    process.stdout.write(`random processes: ${tried}, calls ${JSON.stringify(counts)}\n`);
    expect(tried).toBe(moduleCount);
    // Were the modules to stop doing anything, or to do nothing but trap, this test would be empty.
    expect(counts["returned"]).toBeGreaterThan(moduleCount / 4);
    expect(Object.keys(counts).length).toBeGreaterThan(4);
  },
  testTimeoutMs,
);

test(
  "property: all metering engines need the same gas and the same slots to the last one",
  () => {
    let bounded = 0;
    fc.assert(
      fc.property(arbitraryProcess(), fc.nat(300), (bytes, length) => {
        const validated = validateExposed(bytes);
        const call: Call = { name: "handle", args: [length] };
        const instance = start(interpreterEngine, validated);
        if (!instance.invoke(call.name, call.args).ok) return;
        const gasLimit = instance.gasUsed() as number;
        expect(succeeds(validated, call, { ...limits, gasLimit })).toBe(true);
        expect(succeeds(validated, call, { ...limits, gasLimit: gasLimit - 1 })).toBe(false);
        if (gasLimit > 5000) return;
        const stackSlots = leastSlots(validated, call);
        expect(succeeds(validated, call, { ...limits, stackSlots })).toBe(true);
        if (stackSlots === 0) return;
        expect(succeeds(validated, call, { ...limits, stackSlots: stackSlots - 1 })).toBe(false);
        bounded++;
      }),
      { numRuns: moduleCount, interruptAfterTimeLimit },
    );
    expect(bounded).toBeGreaterThan(0);
  },
  testTimeoutMs,
);

test("the register machine's calls satisfy the constraints of the zkVM, returned and failed ones", () => {
  const { calls, failedCalls, rows, faults } = constraints;
  process.stdout.write(`constraints: ${calls} calls, ${failedCalls} failed, ${rows} rows\n`);
  expect(faults).toEqual([]);
  expect(calls).toBeGreaterThan(moduleCount / each);
  expect(failedCalls).toBeGreaterThan(moduleCount / (20 * each));
});
