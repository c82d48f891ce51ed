import fc from "fast-check";
import { expect, test } from "vitest";
import { createWasmEngine } from "../stark/kernels/wasm-engine.ts";
import { imageRoot } from "../state/image-root.ts";
import { StateKernel } from "../state/kernel.ts";
import { longInput, longProcess } from "../testing/long-process.ts";
import { SlotRunner } from "../testing/process-slots.ts";
import { slotFaults } from "../testing/slot-tables.ts";
import { arbitraryProcess } from "../testing/wasm-arbitrary.ts";
import { decodeSlotProof } from "./encode-evidence.ts";
import { fillTables } from "./fill-tables.ts";
import { createProver, type ProofProgress, proveSlot } from "./prove-slot.ts";
import { segmentsMax } from "./segment-limits.ts";
import { prepareModule } from "./slot-context.ts";
import { verifySlot } from "./verify-slot.ts";
import { type SlotInput, type SlotWitness, witnessSegments, witnessSlot } from "./witness-slot.ts";

const moduleBytes = await longProcess();
const module = prepareModule(moduleBytes, 20);
const kernel = new StateKernel();

interface Story {
  readonly inbox: Uint8Array;
  readonly first?: boolean;
  readonly gasLimit?: number;
  readonly rows: number;
  readonly end: string;
}

/** A slot of the process: its first, or the one after. */
function slotOf({ inbox, first = false, gasLimit = 100_000 }: Omit<Story, "rows" | "end">): {
  readonly input: SlotInput;
  readonly runner: SlotRunner;
} {
  const limits = { gasLimit, memoryPagesMax: 20 };
  const runner = new SlotRunner(moduleBytes, limits);
  if (!first) runner.run(longInput("mix", 3));
  return { input: { module, limits, first, pre: runner.image(), inbox }, runner };
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
  "no gas at last": {
    ...{ inbox: longInput("spin"), gasLimit: 20_000, rows: 2 ** 13, end: "out-of-gas" },
  },
  "no stack at last": { inbox: longInput("deep"), rows: 2 ** 14, end: "out-of-stack" },
};

test.each(Object.keys(stories))("%s: segments lead where one run does", (name) => {
  const story = stories[name]!;
  const { inbox, rows, end } = story;
  const { input, runner } = slotOf(story);
  const outcome = runner.run(inbox);
  let last: SlotWitness | null = null;
  let receptions = 0;
  for (const witness of witnessSegments(kernel, input, rows)) {
    const { run, program, evidence, position } = witness;
    const traces = fillTables(run, program, input.limits.gasLimit);
    const pages = run.pagesBefore;
    expect(slotFaults(witness, traces, { inbox, pages }), `${position.index}`).toEqual([]);
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

test("property: wherever a run is divided, it ends alike, each segment where the next begins", () => {
  const { input } = slotOf({ inbox: longInput("grow", 1, 40) });
  const whole = witnessSlot(kernel, input)!;
  const steps = whole.run.steps.length;
  fc.assert(
    fc.property(fc.integer({ min: Math.ceil(steps / 60), max: steps }), (rows) => {
      let [root, total] = [whole.statement.preRoot, 0];
      for (const { run, statement, returned, position } of witnessSegments(kernel, input, rows)) {
        expect(statement).toEqual(whole.statement);
        expect(returned).toEqual(whole.returned);
        expect(position.roots.pre).toEqual(root);
        root = position.roots.post;
        total += run.steps.length;
      }
      expect(root).toEqual(whole.statement.postRoot);
      expect(total).toBe(steps);
    }),
    { numRuns: 12 },
  );
});

test("property: random processes satisfy every constraint wherever they are divided", () => {
  const limits = { gasLimit: 5000, memoryPagesMax: 3 };
  const inbox = Uint8Array.of(1, 2, 3, 4, 5, 6, 7);
  let borders = 0;
  fc.assert(
    fc.property(arbitraryProcess(), fc.integer({ min: 1, max: 6 }), (bytes, parts) => {
      const pre = new SlotRunner(bytes, limits).image();
      const own = { module: bytes, limits, first: true, pre, inbox };
      const whole = witnessSlot(kernel, own)!;
      const rows = Math.ceil(whole.run.steps.length / parts) + 1;
      for (const witness of witnessSegments(kernel, own, rows)) {
        const { run, program, statement } = witness;
        expect(statement).toEqual(whole.statement);
        const traces = fillTables(run, program, limits.gasLimit);
        expect(slotFaults(witness, traces, { inbox, pages: run.pagesBefore })).toEqual([]);
        if (run.border !== null) borders++;
      }
    }),
    { numRuns: 20 },
  );
  expect(borders).toBeGreaterThan(5);
});

test("a run of more segments than a proof may have is said to be too long", () => {
  const { input } = slotOf({ inbox: longInput("grow", 1, 40) });
  const steps = witnessSlot(kernel, input)!.run.steps.length;
  const tooShort = Math.floor(steps / segmentsMax);
  expect(() => [...witnessSegments(kernel, input, tooShort)]).toThrow("RUN_TOO_LONG");
});

test("a slot of several segments is proven and verified, whatever its segments' length", async () => {
  const engine = await createWasmEngine({ memoryBytes: 2 ** 28 });
  const prover = await createProver(engine, kernel);
  const story = { inbox: longInput("answer", 120), rows: 2 ** 12 };
  const { input, runner } = slotOf(story);
  const outcome = runner.run(story.inbox);
  const progress: ProofProgress[] = [];
  const onProgress = (each: ProofProgress): void => void progress.push(each);
  const options = { segmentRows: story.rows, onProgress };
  const { statement, proof, returned } = await proveSlot(prover, input, options);
  expect(progress).toEqual([0, 1, 2].map((done) => ({ done, total: 2 })));
  expect(returned).toEqual(outcome.ok ? outcome.returned : null);
  const { inbox } = story;
  expect(verifySlot({ module, inbox, statement, proof })).toEqual({ ok: true, returned });
  // The same run in one segment has another proof and says the same.
  const whole = await proveSlot(prover, input);
  expect(whole.statement).toEqual(statement);
  expect(decodeSlotProof(whole.proof).count).toBe(1);
  expect(verifySlot({ module, inbox, statement, proof: whole.proof }).ok).toBe(true);
});
