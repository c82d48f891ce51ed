/**
 * What metering costs: four compiled processes raw, metered, and metered with the mask of written
 * chunks; and how long a module takes from its bytes to its instrumented form.
 *
 * Node 20.20 on two shared cores, least of seven, two campaigns: metered 1.5 (fib), 1.0 (sha256),
 * 1.2 and 1.4 (sort), 1.1 (token) times the raw time, 1.20 and 1.26 in the geometric mean; with the
 * mask 1.37 and 1.45. Validating and instrumenting takes 0.25 ms for each kB of module when warm.
 *
 * @module
 */

import { bench, describe } from "vitest";
import { compileSample, type SampleName, sampleNames } from "../../testing/sample-processes.ts";
import { validateProcess } from "../validate/validate-process.ts";
import { instrumentModule } from "./instrument-module.ts";

const work: Readonly<Record<SampleName, number>> = {
  fib: 30,
  sha256: 20_000,
  sort: 300_000,
  token: 60_000,
};

/** A function that runs the process anew, as slot 0, on an input of one u32. */
function runner(bytes: Uint8Array, stackLimit: number, input: number): () => void {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  return () => {
    const made = new WebAssembly.Instance(module, {}).exports;
    if (made["$gas"] instanceof WebAssembly.Global) {
      made["$gas"].value = 1n << 60n;
      (made["$stack"] as WebAssembly.Global).value = stackLimit;
    }
    (made["_start"] as () => void)();
    const address = (made["alloc"] as (length: number) => number)(4);
    const memory = made["memory"] as WebAssembly.Memory;
    new DataView(memory.buffer).setUint32(address, input, true);
    (made["handle"] as (length: number) => bigint)(4);
  };
}

const options = { iterations: 7, warmupIterations: 2, time: 0 };

for (const name of sampleNames) {
  const raw = await compileSample(name);
  const validated = validateProcess(raw);
  const metered = instrumentModule(validated, { dirtyTracking: false });
  const masked = instrumentModule(validated, { dirtyTracking: true });
  describe(name, () => {
    bench("raw", runner(raw, 0, work[name]), options);
    bench("metered", runner(metered.bytes, metered.stackLimit, work[name]), options);
    bench("metered and masked", runner(masked.bytes, masked.stackLimit, work[name]), options);
    bench("validate and instrument", () => {
      instrumentModule(validateProcess(raw), { dirtyTracking: true });
    });
  });
}
