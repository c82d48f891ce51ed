/**
 * What metering costs: small AssemblyScript programs raw and instrumented, in turn. Instrumented means
 * what a compute unit runs: gas, stack bound and the mask of written chunks.
 *
 * @module
 */

import { compileSample, sampleNames } from "../../dist/src/testing/sample-processes.js";
import { instrumentModule } from "../../dist/src/wasm/instrument/instrument-module.js";
import { validateProcess } from "../../dist/src/wasm/validate/validate-process.js";
import { geometricMean, interleaved, median } from "../statistics.mjs";

/** Input of each program: some tens of milliseconds of work. */
const workOf = { fib: 30, sha256: 20_000, sort: 200_000, token: 40_000 };
const endlessGas = 1n << 60n;

/** A function that runs the program anew and answers milliseconds and result. */
function runner(bytes, stackLimit, input) {
  const module = new WebAssembly.Module(bytes);
  return () => {
    const made = new WebAssembly.Instance(module, {}).exports;
    if (made.$gas !== undefined) {
      made.$gas.value = endlessGas;
      made.$stack.value = stackLimit;
    }
    made._start();
    const address = made.alloc(4);
    new DataView(made.memory.buffer).setUint32(address, input, true);
    const start = performance.now();
    const packed = BigInt.asUintN(64, made.handle(4));
    const ms = performance.now() - start;
    const result = new DataView(made.memory.buffer).getBigUint64(Number(packed >> 32n), true);
    return { ms, result };
  };
}

async function measure(name, rounds) {
  const raw = await compileSample(name);
  const validated = validateProcess(raw);
  const variants = {
    raw: runner(raw, 0, workOf[name]),
    metered: instrumented(validated, false, workOf[name]),
    masked: instrumented(validated, true, workOf[name]),
  };
  // The second run of each is compiled by the optimising tier.
  const results = Object.values(variants).map((run) => {
    run();
    return run().result;
  });
  if (new Set(results).size !== 1) throw new Error(`${name}: the variants differ`);
  const timers = Object.entries(variants).map(([variant, run]) => [variant, () => run().ms]);
  return interleaved(Object.fromEntries(timers), rounds);
}

function instrumented(validated, dirtyTracking, input) {
  const module = instrumentModule(validated, { dirtyTracking });
  return runner(module.bytes, module.stackLimit, input);
}

const leastRatio = (figures, raw) => Math.min(...figures) / Math.min(...raw);

/** Rows of the report. */
export async function runMetering({ isQuick }) {
  const all = [];
  for (const name of sampleNames) all.push({ name, ...(await measure(name, isQuick ? 9 : 21)) });
  const rowOf = (variant) => {
    // Noise only ever adds time, so the least run is the program's own.
    const ratios = all.map((each) => leastRatio(each[variant], each.raw));
    const total = (figures) => all.reduce((sum, each) => sum + median(each[figures]), 0);
    return {
      unit: "ms",
      better: "less",
      value: total(variant),
      peerLabel: "the same modules, raw",
      peerValue: total("raw"),
      ratio: geometricMean(ratios),
      ratioRange: [Math.min(...ratios), Math.max(...ratios)],
    };
  };
  const programs = sampleNames.join(", ");
  return [
    { id: "metering", label: `gas and stack metering (${programs})`, ...rowOf("metered") },
    { id: "metering-masked", label: "… and the mask of written chunks", ...rowOf("masked") },
  ].map((row) => ({ ...row, goal: row.id === "metering" ? { ratioMax: 1.35 } : null }));
}
