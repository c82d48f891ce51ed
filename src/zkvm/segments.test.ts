import { expect, test } from "vitest";
import { imageRoot } from "../state/image-root.ts";
import { StateKernel } from "../state/kernel.ts";
import { longInput, longProcess } from "../testing/long-process.ts";
import { SlotRunner } from "../testing/process-slots.ts";
import { slotFaults } from "../testing/slot-tables.ts";
import { fillTables } from "./fill-tables.ts";
import { prepareModule } from "./slot-context.ts";
import { type SlotInput, type SlotWitness, witnessSegments, witnessSlot } from "./witness-slot.ts";

const limits = { gasLimit: 100_000, memoryPagesMax: 20 };
const moduleBytes = await longProcess();
const module = prepareModule(moduleBytes, limits.memoryPagesMax);
const kernel = new StateKernel();

/** A slot of the process: its first, or the one after. */
function slotOf(inbox: Uint8Array, first: boolean): { input: SlotInput; runner: SlotRunner } {
  const runner = new SlotRunner(moduleBytes, limits);
  if (!first) runner.run(longInput("mix", 3));
  return { input: { module, limits, first, pre: runner.image(), inbox }, runner };
}

interface Story {
  readonly inbox: Uint8Array;
  readonly first?: boolean;
  readonly rows: number;
  readonly end: string;
}

const stories: Readonly<Record<string, Story>> = {
  "a long start, and the inbox in the last segment": {
    ...{ inbox: longInput("mix", 5), first: true, rows: 2 ** 13, end: "done" },
  },
  "a recursion whose frames are carried down and up": {
    ...{ inbox: longInput("recurse", 300), rows: 2 ** 12, end: "done" },
  },
  "memory that grows in the middle": {
    ...{ inbox: longInput("grow", 3, 100), rows: 2 ** 12, end: "done" },
  },
  "an answer that the last segment does not touch": {
    ...{ inbox: longInput("answer", 200), rows: 2 ** 12, end: "done" },
  },
  "a division by zero at last": {
    ...{ inbox: longInput("trap", 150), rows: 2 ** 12, end: "trap" },
  },
  "a read outside of memory at last": {
    ...{ inbox: longInput("outside", 150), rows: 2 ** 12, end: "out-of-bounds" },
  },
  "no gas at last": { inbox: longInput("spin"), rows: 2 ** 15, end: "out-of-gas" },
  "no stack at last": { inbox: longInput("deep"), rows: 2 ** 14, end: "out-of-stack" },
};

test.each(Object.keys(stories))("%s: segments lead where one run does", (name) => {
  const { inbox, rows, end, first = false } = stories[name]!;
  const { input, runner } = slotOf(inbox, first);
  const outcome = runner.run(inbox);
  let last: SlotWitness | null = null;
  let receptions = 0;
  for (const witness of witnessSegments(kernel, input, rows)) {
    const { run, program, evidence } = witness;
    const traces = fillTables(run, program, limits.gasLimit);
    const pages = run.pagesBefore;
    expect(slotFaults(witness, traces, { inbox, pages }), `${witness.position.index}`).toEqual([]);
    if (evidence.reception !== null) receptions++;
    last = witness;
  }
  expect(receptions).toBe(1);
  expect(last?.position.count).toBeGreaterThan(1);
  expect(last?.run.end).toBe(end);
  expect(last?.statement).toEqual(witnessSlot(kernel, input)?.statement);
  expect(last?.statement.postRoot).toEqual(imageRoot(runner.image()));
  expect(last?.returned).toEqual(outcome.ok ? outcome.returned : null);
});
