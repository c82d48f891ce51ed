/**
 * Suite `stark`: the prover's kernels against the figures that were measured before they were written,
 * and the whole prover and verifier on toys.
 *
 * A shared machine is up to twice as slow from one minute to the next. So each kernel's least time
 * is divided by that of a calibration loop, the SIMD field multiplication, taken in the same rounds,
 * and the quotient is compared with the same quotient of the reference figures.
 *
 * @module
 */

import { quartic } from "../../dist/src/field/extension.js";
import { P } from "../../dist/src/field/koala-bear.js";
import { startProverThread } from "../../dist/src/node/prover-threads.js";
import { compileAir } from "../../dist/src/stark/air/air.js";
import { KernelHost } from "../../dist/src/stark/kernels/kernel-host.js";
import { wasmQuotientValues } from "../../dist/src/stark/kernels/wasm-constraints.js";
import { createWasmEngine } from "../../dist/src/stark/kernels/wasm-engine.js";
import { KernelTables } from "../../dist/src/stark/kernels/wasm-tables.js";
import { extendTrace } from "../../dist/src/stark/kernels/wasm-transform.js";
import { createMatrix } from "../../dist/src/stark/matrix.js";
import { P100 } from "../../dist/src/stark/parameters.js";
import { prove } from "../../dist/src/stark/prover.js";
import { createProvingKey } from "../../dist/src/stark/proving-key.js";
import { conjunctionToy, squaresToy } from "../../dist/src/stark/toys/toys.js";
import { verify } from "../../dist/src/stark/verifier.js";

/** Nanoseconds of an L1 multiplication where the reference figures were taken. */
const referenceMultiplication = 0.4095;
const rounds = 30;
/** What was measured; a row a figure, its bound in place of a peer's. */
const rows = [];
const note = (text) => process.stderr.write(`bench: stark: ${text}\n`);

function fill(words) {
  let x = 12345;
  for (let i = 0; i < words.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    words[i] = x % P;
  }
  return words;
}

function report(label, value, bound, unit, detail = "") {
  rows.push({
    id: label,
    label,
    value,
    unit,
    peerLabel: "bound",
    peerValue: bound,
    ratio: value / bound,
    ratioRange: null,
    goal: { valueMax: bound },
    detail,
  });
}

const host = await KernelHost.create({ memoryBytes: 2 ** 30 });
const tables = new KernelTables(host);

/** Nanoseconds of `count` items. */
async function time(count, run) {
  const start = performance.now();
  await run();
  return ((performance.now() - start) * 1e6) / count;
}

const calibrationWords = fill(host.allocate(2048));

/** Nanoseconds of one multiplication in 8 KiB, which is in the first-level cache. */
async function calibrate() {
  return time(2048 * 400, () => {
    for (let i = 0; i < 400; i++)
      host.call("scaleVectors", calibrationWords.byteOffset, 512, 12345);
  });
}

/** The kernel's time relative to the calibration and to the reference figure: 1 is as fast. */
async function compare(name, { reference, count, run }) {
  let least = Number.POSITIVE_INFINITY;
  let unit = Number.POSITIVE_INFINITY;
  for (let warm = 0; warm < 3; warm++) await run();
  for (let round = 0; round < rounds; round++) {
    unit = Math.min(unit, await calibrate());
    least = Math.min(least, await time(count, run));
  }
  const ratio = least / unit / (reference / referenceMultiplication);
  const detail = `${least.toFixed(2)} ns here, ${reference} where the reference was taken`;
  report(name, ratio, 1.25, "x", detail);
}

function transforms() {
  const trace = createMatrix({ height: 2 ** 16, width: 64 }, (length) => host.allocate(length));
  fill(trace.values);
  const mark = host.mark();
  return compare("LDE, blowup 2, 2^16 x 64", {
    reference: 16.62,
    count: trace.values.length,
    run: async () => {
      await extendTrace(host, tables, trace, { logBlowup: 1, isSpent: false });
      host.release(mark);
    },
  });
}

function leaves() {
  const rows = fill(host.allocate(64 * 4096));
  const target = host.allocate(8 * 4096).byteOffset;
  const list = host.allocate(3);
  list.set([rows.byteOffset, 256, 64]);
  const scratch = host.allocate(2 ** 16).byteOffset;
  return compare("BLAKE3 leaf of 256 bytes, an element", {
    reference: 2.218,
    count: rows.length,
    run: () => host.call("hashRows", list.byteOffset, 1, 0, 4096, target, scratch),
  });
}

function rowSums() {
  const rows = fill(host.allocate(64 * 4096)).byteOffset;
  const powers = fill(host.allocate(256)).byteOffset;
  const sums = host.allocate(4 * 4096).byteOffset;
  return compare("row combination, an element", {
    reference: 1.067,
    count: 64 * 4096,
    run: () => host.call("combineColumns", rows, 256, 16, 1024, powers, sums),
  });
}

function openings() {
  const rows = fill(host.allocate(64 * 4096)).byteOffset;
  const weights = fill(host.allocate(4 * 4096)).byteOffset;
  const sums = host.allocate(256).byteOffset;
  return compare("column combination, an element", {
    reference: 1.208,
    count: 64 * 4096,
    run: () => host.call("weighRows", rows, 256, 16, 1024, weights, sums),
  });
}

function folds() {
  const codeword = fill(host.allocate(4 * 2 ** 16)).byteOffset;
  const target = host.allocate(4 * 2 ** 15).byteOffset;
  const roots = tables.roots("inverse", 15);
  const beta = fill(host.allocate(4)).byteOffset;
  return compare("FRI fold by two, an input element", {
    reference: 5.364,
    count: 2 ** 16,
    run: () => host.call("foldPairs", codeword, target, 2 ** 13, roots, beta),
  });
}

function fractions() {
  const count = 2 ** 16;
  const inverses = host.allocate(4 * count);
  const scratch = host.allocate(2 ** 15).byteOffset;
  const times = fill(host.allocate(count)).byteOffset;
  const list = host.allocate(2);
  list.set([inverses.byteOffset, times]);
  const totals = host.allocate(4 * count).byteOffset;
  const target = host.allocate(8 * count).byteOffset;
  fill(inverses);
  return compare("LogUp fraction with its running sum", {
    reference: 14.03,
    count,
    run: () => {
      for (let block = 0; block < count / 4; block += 1024) {
        host.call("invertExtensions", inverses.byteOffset + 64 * block, 1024, scratch);
      }
      host.call("sumGroup", list.byteOffset, 1, 0, count / 4, target, 32, totals, scratch);
      host.call("runningSum", totals, count, target + 16, 32, scratch);
    },
  });
}

/** 300 multiplications, 600 additions, 80 constraints over 60 columns and 20 of the next row. */
const wideAir = {
  name: "wide",
  width: 60,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    let products = 0;
    // No product occurs twice, so that none is shared.
    const product = () => {
      const [n, round] = [products % 60, Math.floor(products / 60)];
      products++;
      const other = round % 2 === 0 ? b.local((n + 7 * round + 1) % 60) : b.next((n + round) % 20);
      return b.local(n).times(other);
    };
    for (let k = 0; k < 80; k++) {
      const terms = k % 4 === 3 ? 3 : 4;
      let sum = product();
      for (let i = 1; i < terms; i++) sum = sum.plus(product());
      for (let i = terms - 1; i < (k % 2 === 0 ? 8 : 7); i++)
        sum = sum.minus(b.local((k + 7 * i) % 60));
      b.zero("transition", sum);
    }
  },
};

function constraints() {
  const program = compileAir(wideAir);
  const logHeight = 13;
  const main = createMatrix({ height: 2 ** (logHeight + 2), width: 60 }, (n) => host.allocate(n));
  fill(main.values);
  const table = {
    program,
    groups: [],
    logHeight: { min: 2, max: 20 },
    quotientChunks: 2,
    weight: 0,
  };
  const quotient = {
    table,
    logHeight,
    publicValues: new Uint32Array(),
    buses: { alpha: quartic.zero, betaPowers: [quartic.one] },
    main,
    fixed: null,
    auxiliary: null,
    terminal: quartic.zero,
    combiner: [3, 1, 4, 1],
  };
  const mark = host.mark();
  const counts = ["mul", "add", "sub"].map(
    (name) => program.nodes.filter(({ operation }) => operation === name).length,
  );
  note(`constraint program: ${counts[0]} mul, ${counts[1] + counts[2]} add and sub`);
  return compare("constraint interpreter, a row", {
    reference: 416.7,
    count: 2 ** (logHeight + 1),
    run: async () => {
      await wasmQuotientValues(host, tables, { field: quartic, quotient });
      host.release(mark);
    },
  });
}

/** How much faster two threads multiplied than one where the reference figures were taken. */
const referenceThreads = 1.81;

/** Starts a loop of multiplications on one thread or on both; resolves to its nanoseconds. */
async function createThreadCalibration() {
  const threads = { count: 1, start: startProverThread };
  const both = await KernelHost.create({ memoryBytes: 2 ** 23, threads });
  const words = both.allocate(2 * 2048);
  const run = (parts) =>
    time(1, () =>
      both.parallel({ items: parts, unit: 1, least: 1 }, (first, last) =>
        Array.from({ length: 4000 * (last - first) }, () => ({
          kernel: "scaleVectors",
          with: [words.byteOffset + 8192 * first, 512, 12345],
        })),
      ),
    );
  return { run, close: () => both.close() };
}

/** Nanoseconds a main cell of extension and leaf hash at blowup 4, for 1 and 2 threads. */
async function commitments() {
  const best = [];
  const engines = [];
  for (const count of [0, 1]) {
    const threads = { count, start: startProverThread };
    const engine = await createWasmEngine({ memoryBytes: 2 ** 28, threads });
    const trace = createMatrix({ height: 2 ** 16, width: 64 }, engine.allocate);
    fill(trace.values);
    engines.push({ engine, trace });
    best.push([]);
  }
  const calibration = await createThreadCalibration();
  const loops = [[], []];
  for (let round = 0; round < rounds; round++) {
    loops[0].push(await calibration.run(1));
    loops[1].push(await calibration.run(2));
    for (const [i, { engine, trace }] of engines.entries()) {
      await engine.scoped(async () => {
        const spent = await time(trace.values.length, async () => {
          await engine.hashRows([await engine.extend(trace, 2)]);
        });
        best[i].push(spent);
      });
    }
  }
  for (const { engine } of engines) await engine.close();
  await calibration.close();
  // The least time is the machine's without its neighbours: two threads need both cores free, and
  // where the loop does not get them either, the share is corrected by what the loop lacks.
  const [one, two] = best.map((list) => Math.min(...list.slice(3)));
  const [loop, twice] = loops.map((list) => Math.min(...list.slice(3)));
  const gain = (2 * loop) / twice;
  const lack = Math.min(1, gain / referenceThreads);
  report("LDE and leaf hash, blowup 4, 2^16 x 64", one, 45, "ns");
  const speed = `${(one / two).toFixed(2)} times; the loop ${gain.toFixed(2)}`;
  if (gain < 1.4) note(`two threads: ${speed}; there are no two cores free, no verdict`);
  else report("the same on two threads, share of one", (two / one) * lack, 0.67, "x", speed);
}

async function proofs() {
  const engine = await createWasmEngine({ memoryBytes: 2 ** 29 });
  for (const { name, toy } of [
    { name: "conjunctions 2^12 with the table of 2^16", toy: conjunctionToy(P100, 12) },
    { name: "three tables, 2^12", toy: squaresToy(P100, 12) },
  ]) {
    const { key, proof, spent } = await engine.scoped(async () => {
      const key = await createProvingKey(engine, toy.system, toy.fixed);
      const start = performance.now();
      const proof = await prove(engine, key, toy);
      return { key: key.verifyingKey, proof, spent: performance.now() - start };
    });
    note(`${name}: ${spent.toFixed(0)} ms, ${(proof.length / 1024).toFixed(0)} KiB`);
    const spans = [];
    for (let i = 0; i < rounds; i++) {
      const start = performance.now();
      if (!verify(key, toy.statement, proof).ok) throw new Error("refused");
      spans.push(performance.now() - start);
    }
    report(`verifying ${name}`, Math.min(...spans), 30, "ms");
  }
  await engine.close();
}

/** Measures all of it: rows for the report. It takes as long quick as in full. */
export async function runStark() {
  for (const kernel of [transforms, leaves, rowSums, openings, folds, fractions, constraints]) {
    const mark = host.mark();
    await kernel();
    host.release(mark);
  }
  await commitments();
  await proofs();
  return rows;
}
