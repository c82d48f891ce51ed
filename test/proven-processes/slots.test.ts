/**
 * The seven processes that every proof is tried on: which messages they get, that an eighth of all
 * slots can be proven as far as constraints and the verifier's own checks say, and that some slots of
 * each are proven and verified. `npm run campaign -- zkvm-processes` proves all of them.
 *
 * @module
 */

import { expect, test, vi } from "vitest";
import { equalBytes } from "../../src/base/bytes.ts";
import { exits, resultRecord } from "../../src/protocol/result.ts";
import { createWasmEngine } from "../../src/stark/kernels/wasm-engine.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { createProver, proveSlot } from "../../src/zkvm/prove-slot.ts";
import { type PreparedModule, prepareModule } from "../../src/zkvm/slot-context.ts";
import { proofFault, proofRecordOf, slotInputOf, slotProblems } from "./check-slot.ts";
import { moduleOf, type ProcessName, processNames } from "./modules.ts";
import { type EvaluatedSlot, ProcessLog } from "./process-log.ts";
import { largeSort, workloadOf } from "./workloads.ts";

vi.setConfig({ testTimeout: 180_000 });

/** One in so many slots is checked here. */
const checkedEach = 8;

/** The first of them, such that runs without end and others of 10^5 rows are not among them. */
const firstChecked: Readonly<Record<ProcessName, number>> = {
  ...{ token: 1, counter: 6, chat: 2, sha256: 3, sort: 5, wide: 4, json: 6 },
};

/** Slots that are proven here: short ones, the last of each process failed. */
const proven: Readonly<Record<ProcessName, readonly number[]>> = {
  token: [2, 8, 6],
  counter: [0, 1, 6],
  chat: [1, 5, 6],
  sha256: [0, 3, 4],
  sort: [1, 11, 12],
  wide: [1, 2, 8],
  json: [0, 13, 4],
};

interface RunLog {
  readonly log: ProcessLog;
  readonly module: PreparedModule;
  readonly slots: readonly EvaluatedSlot[];
}

async function runOf(name: ProcessName): Promise<RunLog> {
  const { terms, messages } = workloadOf(name);
  const log = new ProcessLog(await moduleOf(name), terms);
  const module = prepareModule(log.module, log.limits.memoryPagesMax);
  return { log, module, slots: [log.spawn(), ...messages.map((said) => log.append(said))] };
}

const runs = new Map<ProcessName, RunLog>();
for (const name of processNames) runs.set(name, await runOf(name));

const prover = await createProver(
  await createWasmEngine({ memoryBytes: 2 ** 29 }),
  new StateKernel(),
);

test("each gets at least 50 messages, of which some fail, and its roots follow one another", () => {
  expect(runs.size).toBe(7);
  for (const [name, { slots }] of runs) {
    const results = slots.map(({ evaluated }) => resultRecord.decode(evaluated.result));
    expect(results.length, name).toBeGreaterThan(50);
    const failed = results.filter(({ exit }) => exit === exits.failed);
    expect(failed.length, name).toBeGreaterThanOrEqual(5);
    expect(failed.length, name).toBeLessThan(results.length / 2);
    expect(
      results.slice(1).every(({ preRoot }, i) => equalBytes(preRoot, results[i]!.postRoot)),
      name,
    );
    for (const { exit, preRoot, postRoot } of failed) {
      expect([exit, equalBytes(preRoot, postRoot)], name).toEqual([exits.failed, true]);
    }
  }
  expect(largeSort().messages.length).toBeGreaterThanOrEqual(50);
});

test.each(processNames)("%s: tables of an eighth of its slots have no fault", (name) => {
  const { log, module, slots } = runs.get(name)!;
  const checked = slots.filter(({ slot }) => slot % checkedEach === firstChecked[name]);
  for (const slot of checked) {
    expect(
      slotProblems(log, slot, module),
      `slot ${slot.slot}: ${JSON.stringify(slot.said.tags)}`,
    ).toEqual([]);
  }
  expect(checked.length).toBeGreaterThan(5);
});

test.each(processNames)("%s: three of its slots, one of them failed, are proven", async (name) => {
  const { log, module, slots } = runs.get(name)!;
  const own = proven[name].map((slot) => slots[slot]!);
  for (const slot of own) {
    const made = await proveSlot(prover, slotInputOf(log, slot, module));
    const proof = proofRecordOf(made);
    expect(proofFault(log, slot, { proof, module }), `slot ${slot.slot}`).toBeNull();
    expect(proof.length).toBeLessThan(900 * 1024);
  }
  const { exit } = resultRecord.decode(own.at(-1)!.evaluated.result);
  expect(exit).toBe(exits.failed);
});
