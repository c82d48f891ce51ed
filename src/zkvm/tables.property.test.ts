import fc from "fast-check";
import { expect, test } from "vitest";
import { imageRoot } from "../state/image-root.ts";
import { StateKernel } from "../state/kernel.ts";
import { SlotRunner } from "../testing/process-slots.ts";
import { slotFaults } from "../testing/slot-tables.ts";
import { arbitraryProcess } from "../testing/wasm-arbitrary.ts";
import { fillTables } from "./fill-tables.ts";
import { stepExits } from "./statement.ts";
import { type SlotWitness, witnessSlot } from "./witness-slot.ts";

const kernel = new StateKernel();
const limits = { gasLimit: 20_000, memoryPagesMax: 3 };

/** Random processes, more with `RANDOM_SLOTS`. */
const slotCount = Number(process.env["RANDOM_SLOTS"] ?? 30);

function expectAgreement(witness: SlotWitness, runner: SlotRunner, inbox: Uint8Array): void {
  const { statement } = witness;
  const outcome = runner.run(inbox);
  expect(statement.exit === stepExits.ok, witness.run.end).toBe(outcome.ok);
  expect(statement.postRoot).toEqual(imageRoot(runner.image()));
  if (!outcome.ok) return;
  expect(statement.gasUsed).toBe(outcome.gasUsed);
  expect(witness.returned).toEqual(outcome.returned);
}

test("property: slots of random processes agree with the runtime and satisfy every constraint", () => {
  const ends: Record<string, number> = {};
  fc.assert(
    fc.property(
      arbitraryProcess(),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.boolean(),
      (moduleBytes, inbox, first) => {
        const runner = new SlotRunner(moduleBytes, limits);
        const pre = runner.image();
        const witness = witnessSlot(kernel, { module: moduleBytes, limits, first, pre, inbox });
        if (witness === null) return;
        ends[witness.run.end] = (ends[witness.run.end] ?? 0) + 1;
        if (first) expectAgreement(witness, runner, inbox);
        const traces = fillTables(witness.run, witness.program, limits.gasLimit);
        const pages = pre.memory.length / 65_536;
        expect(slotFaults(witness, traces, { inbox, pages })).toEqual([]);
      },
    ),
    { numRuns: slotCount, interruptAfterTimeLimit: 30_000 + 200 * slotCount },
  );
  process.stdout.write(`slots: ${JSON.stringify(ends)}\n`);
  expect(Object.keys(ends).length).toBeGreaterThan(2);
});
