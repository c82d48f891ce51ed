import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { StateKernel } from "../state/kernel.ts";
import { compileMischief, mischief, mischiefInbox } from "../testing/mischief-process.ts";
import { addressOf, inboxBytes, processModule } from "../testing/process-slots.ts";
import type { ValidatedModule } from "../wasm/validate/validated-module.ts";
import { type GasProfile, profileRun } from "./gas-profile.ts";
import { ProcessInstance } from "./process-instance.ts";
import { compileProcessModule, type ProcessModule } from "./process-module.ts";

const kernel = new StateKernel();
const memoryPagesMax = 40;
let mischievous: ProcessModule;
let packaged: readonly (readonly [name: string, module: ProcessModule])[];

beforeAll(async () => {
  mischievous = compileProcessModule(await compileMischief());
  packaged = (["counter", "token", "chat"] as const).map((name) => {
    return [name, compileProcessModule(processModule(name))];
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Every view of a profile comes to the same gas. */
function expectOneSum({ spent, functions, offsets, stacks }: GasProfile): void {
  expect(sum(functions.map(({ self }) => self))).toBe(spent);
  expect(sum(offsets.map(([, gas]) => gas))).toBe(spent);
  expect(sum(stacks.map(({ gas }) => gas))).toBe(spent);
  for (const { self, total, calls } of functions) {
    expect(total).toBeGreaterThanOrEqual(self);
    expect(total).toBeLessThanOrEqual(spent);
    expect(calls).toBeGreaterThan(0);
  }
}

/** Runs a history and profiles each of its messages on the state that it meets. */
function expectGasOfHistory(
  module: ProcessModule,
  messages: readonly { readonly inbox: Uint8Array; readonly gasLimit: number }[],
): { readonly good: number; readonly failed: number } {
  const instance = new ProcessInstance({ module, memoryPagesMax, kernel });
  const tally = { good: 0, failed: 0 };
  messages.forEach(({ inbox, gasLimit }, slot) => {
    const run = { inbox, gasLimit, first: slot === 0 };
    const profile = profileOf(module.validated, instance, run);
    const outcome = instance.evaluate(run);
    expectOneSum(profile);
    if (outcome.ok) {
      expect(profile.spent, `slot ${slot}`).toBe(outcome.gasUsed);
      expect(profile.trapped).toEqual([]);
      instance.commit();
      tally.good++;
      return;
    }
    expect(profile.spent).toBeLessThanOrEqual(gasLimit);
    tally.failed++;
  });
  return tally;
}

function profileOf(
  validated: ValidatedModule,
  { memory, globals }: ProcessInstance,
  run: { readonly inbox: Uint8Array; readonly gasLimit: number; readonly first: boolean },
): GasProfile {
  return profileRun(validated, { memory, globals }, { ...run, memoryPagesMax });
}

test("property: a profile adds up to the gas of the result, whatever the process does", () => {
  const what = fc.constantFrom(...Object.values(mischief));
  const message = fc.record({
    inbox: fc
      .tuple(what, fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 50 }))
      .map((words) => mischiefInbox(...words)),
    gasLimit: fc.constantFrom(1000, 300_000),
  });
  const seen = { good: 0, failed: 0 };
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), (rest) => {
      const first = { inbox: mischiefInbox(mischief.deposit, 1, 1), gasLimit: 300_000 };
      const { good, failed } = expectGasOfHistory(mischievous, [first, ...rest]);
      seen.good += good;
      seen.failed += failed;
    }),
    { numRuns: 25 },
  );
  expect(seen.good).toBeGreaterThan(25);
  expect(seen.failed).toBeGreaterThan(5);
});

test("property: the same of the package's processes", () => {
  const action = fc.constantFrom("Increment", "Transfer", "Balance", "Info", "Post", "Join", "Odd");
  const tags = fc.record({
    Action: action,
    Recipient: fc.nat(5).map(addressOf),
    Quantity: fc.nat(1000).map(String),
  });
  const message = fc.tuple(fc.nat(3), tags, fc.string({ maxLength: 60 }));
  fc.assert(
    fc.property(fc.nat(2), fc.array(message, { maxLength: 5 }), (index, messages) => {
      const [, module] = packaged[index] ?? ["", mischievous];
      const inboxes = [
        inboxBytes(0, 1, { Supply: "1000" }),
        ...messages.map(([from, each, data], i) => {
          return inboxBytes(i + 1, from, each, new TextEncoder().encode(data));
        }),
      ].map((inbox) => ({ inbox, gasLimit: 8_000_000 }));
      expect(expectGasOfHistory(module, inboxes).good).toBeGreaterThan(0);
    }),
    { numRuns: 12 },
  );
});

test("a trap leaves the calls that were open, each in its own function", () => {
  const instance = new ProcessInstance({ module: mischievous, memoryPagesMax, kernel });
  const gasLimit = 300_000;
  instance.evaluate({ inbox: mischiefInbox(mischief.deposit, 1, 1), gasLimit, first: true });
  instance.commit();
  const run = { inbox: mischiefInbox(mischief.recurse, 8000), gasLimit, first: false };
  const { validated } = mischievous;
  const { trapped, spent } = profileOf(validated, instance, run);
  expect(spent).toBeLessThanOrEqual(gasLimit);
  expect(trapped.length).toBeGreaterThan(50);
  for (const { functionIndex, offset } of trapped) {
    const { offset: begin, bodyBytes } = validated.module.functions[functionIndex] ?? {
      offset: 0,
      bodyBytes: 0,
    };
    expect(offset).toBeGreaterThanOrEqual(begin);
    expect(offset).toBeLessThan(begin + bodyBytes);
  }
  const handle = validated.module.exports.find(({ name }) => name === "handle");
  expect(trapped.at(-1)?.functionIndex).toBe(handle?.index);
});
