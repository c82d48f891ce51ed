/**
 * Suite `zkvm`: slots proven and verified by the default profile. A token transfer, and a sort of 1,000
 * objects with garbage to collect, which is more than a dozen segments.
 *
 * Work on one thread is given in CPU time, which neighbours on a shared machine stretch less than
 * the clock; times that somebody waits for are the clock's. Beside each figure stands what a loop of
 * SIMD field multiplications took in the same rounds.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startProverThread } from "../../dist/src/node/prover-threads.js";
import { KernelHost } from "../../dist/src/stark/kernels/kernel-host.js";
import { createWasmEngine } from "../../dist/src/stark/kernels/wasm-engine.js";
import { StateKernel } from "../../dist/src/state/kernel.js";
import { createProver, proveSlot } from "../../dist/src/zkvm/prove-slot.js";
import { verifySlot } from "../../dist/src/zkvm/verify-slot.js";
import { median } from "../statistics.mjs";
import { verifyInPage } from "../zkvm-page.mjs";
import { compileSort, sortInput, transferInput } from "../zkvm-slots.mjs";

/** Objects; the sort of the fewer ones takes just under 2^18 rows, one segment. */
const sortCounts = { whole: 1000, segment: 75 };
const verifications = 20;
const note = (text) => process.stderr.write(`bench: zkvm: ${text}\n`);
const rows = [];

function report(id, { label, value, unit, bound, isLeast = false, detail = "" }) {
  const goal = isLeast ? { valueMin: bound } : { valueMax: bound };
  const shared = { peerLabel: "bound", peerValue: bound, ratio: value / bound, ratioRange: null };
  rows.push({ id, label, value, unit, ...shared, goal, detail });
}

/** Milliseconds of the clock and of the processors. */
async function spent(work) {
  const used = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(used);
  return { result, ms: performance.now() - start, cpuMs: (user + system) / 1000 };
}

const threads = (count) => ({ count: count - 1, start: startProverThread });

/** A loop of multiplications on one thread or two: nanoseconds of one, by the clock. */
async function createLoop() {
  const host = await KernelHost.create({ memoryBytes: 2 ** 23, threads: threads(2) });
  const words = host.allocate(2 * 2048);
  const calls = (first, last) =>
    Array.from({ length: 4000 * (last - first) }, () => ({
      kernel: "scaleVectors",
      with: [words.byteOffset + 8192 * first, 512, 12345],
    }));
  const run = async (parts) => {
    const { ms } = await spent(() => host.parallel({ items: parts, unit: 1, least: 1 }, calls));
    return (ms * 1e6) / (4000 * 2048 * parts);
  };
  return { run, close: () => host.close() };
}

async function createTestProver(count) {
  const engine = await createWasmEngine({ memoryBytes: 2 ** 31, threads: threads(count) });
  return createProver(engine, new StateKernel());
}

/** How much faster two threads prove one segment. */
async function twoThreads(loop, module, rounds) {
  const input = sortInput(module, sortCounts.segment);
  const [one, two] = [await createTestProver(1), await createTestProver(2)];
  const single = [];
  const double = [];
  const loops = { one: [], two: [] };
  // The first round warms up and does not count.
  for (let round = 0; round <= rounds; round++) {
    const times = [await loop.run(1), await loop.run(2)];
    const own = await spent(() => proveSlot(one, input));
    const both = await spent(() => proveSlot(two, input));
    if (round === 0) continue;
    loops.one.push(times[0]);
    loops.two.push(times[1]);
    single.push(own);
    double.push(both);
  }
  await Promise.all([one, two].map(({ engine }) => engine.close()));
  const [alone, together] = [single, double].map((runs) => Math.min(...runs.map((run) => run.ms)));
  // On a machine that is not free, or whose two cores are one with two threads, the loop says so.
  const gain = Math.min(...loops.one) / Math.min(...loops.two);
  report("sort-threads", {
    label: "a segment of it on two threads, times as fast",
    value: alone / together,
    unit: "x",
    bound: 1.5,
    isLeast: true,
    detail: `a loop of multiplications gains ${gain.toFixed(2)} times from the second thread`,
  });
}

async function transfers(loop, rounds) {
  const input = transferInput();
  const prover = await createTestProver(2);
  const runs = [];
  for (let round = 0; round <= rounds; round++) {
    const run = await spent(() => proveSlot(prover, input));
    if (round > 0) runs.push(run);
  }
  await prover.engine.close();
  const { statement, proof } = runs[0].result;
  report("transfer", {
    label: "token transfer proven, two threads",
    value: median(runs.map((run) => run.ms)),
    unit: "ms",
    bound: 3000,
    detail: `${Math.min(...runs.map((run) => run.cpuMs)).toFixed(0)} ms of CPU time`,
  });
  report("transfer-proof", {
    label: "… its proof",
    value: proof.length / 1024,
    unit: "KiB",
    bound: 800,
  });
  const slot = { ...input, statement, proof };
  await verifying(loop, slot);
}

async function verifying(loop, slot) {
  const judged = [];
  for (let round = 0; round < verifications; round++) {
    judged.push(
      await spent(() => {
        const verdict = verifySlot(slot);
        if (!verdict.ok) throw verdict.reason;
      }),
    );
  }
  const unit = await loop.run(1);
  const least = Math.min(...judged.map((run) => run.cpuMs));
  report("transfer-verify", {
    label: "… verified in Node, module prepared",
    value: median(judged.map((run) => run.ms)),
    unit: "ms",
    bound: 300,
    detail:
      `the first ${judged[0].ms.toFixed(0)} ms, the best ${least.toFixed(0)} ms of CPU time: ` +
      `${((least * 1e6) / unit / 1e6).toFixed(0)} million field multiplications`,
  });
  const page = await verifyInPage(slot, verifications);
  if (page === null) return note("there is no Chromium on this machine: no figure of a page");
  report("transfer-verify-page", {
    label: "… verified in a page",
    value: median(page.spans),
    unit: "ms",
    bound: 500,
    detail: `Chromium ${page.version}, the first ${page.spans[0].toFixed(0)} ms`,
  });
}

/** The sort on one thread of a process of its own: rows a second of CPU time, and memory. */
async function sortAlone(loop, module, count) {
  const unit = await loop.run(1);
  const script = fileURLToPath(new URL("../zkvm-sort.mjs", import.meta.url));
  const text = execFileSync(process.execPath, [script, String(count)], {
    input: module,
    encoding: "utf8",
  });
  const run = JSON.parse(text);
  const multiplications = Math.round((run.cpuMs * 1e6) / run.rows / unit);
  const KiB = Math.round(run.proofBytes / 1024);
  report("sort-rows", {
    label: `sort of ${count.toLocaleString("en")} objects, rows a second of CPU time, one thread`,
    value: (run.rows * 1000) / run.cpuMs,
    unit: "/s",
    bound: 25_000,
    isLeast: true,
    detail:
      `${run.rows} rows; a row takes the time of ${multiplications} field multiplications; ` +
      `${KiB} KiB of proof, verified in ${run.verifyCpuMs.toFixed(0)} ms`,
  });
  report("sort-memory", {
    label: "… memory at the most, whole process",
    value: run.peakKiB / 2 ** 20,
    unit: "GiB",
    bound: 1.5,
  });
}

/** Measures all of it: rows for the report. */
export async function runZkvm({ isQuick }) {
  const rounds = isQuick ? 1 : 3;
  const loop = await createLoop();
  const module = await compileSort();
  await sortAlone(loop, module, isQuick ? sortCounts.segment : sortCounts.whole);
  await twoThreads(loop, module, rounds);
  await transfers(loop, isQuick ? 3 : 10);
  await loop.close();
  return rows;
}
