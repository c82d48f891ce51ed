import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes } from "../../base/bytes.ts";
import { runInEngine } from "../../testing/engine-run.ts";
import { arbitraryProcess } from "../../testing/wasm-arbitrary.ts";
import { instantiate, type Machine } from "../interpreter/machine.ts";
import { validateProcess } from "../validate/validate-process.ts";
import { instrumentModule } from "./instrument-module.ts";

const gas = 20_000;
const stack = 2000;
const memoryCap = 2;
const inputBytes = 8;

/** Slot 0 on the reference machine with an input of zeros, as `runInEngine` does it. */
function runInterpreted(machine: Machine): bigint | null {
  if (!machine.invoke("_start", []).ok) return null;
  const allocated = machine.invoke("alloc", [inputBytes]);
  if (!allocated.ok) return null;
  const address = Number(allocated.results[0]) >>> 0;
  const end = address + inputBytes;
  if (end <= machine.memory.length) machine.memory.fill(0, address, end);
  const handled = machine.invoke("handle", [inputBytes]);
  return handled.ok ? BigInt(handled.results[0]!) : null;
}

test("property: the instrumented module and the reference machine agree in everything committed", () => {
  let succeeded = 0;
  fc.assert(
    fc.property(arbitraryProcess(), fc.boolean(), (bytes, dirtyTracking) => {
      const validated = validateProcess(bytes);
      const { bytes: output } = instrumentModule(validated, { dirtyTracking });
      const metered = runInEngine(output, { gas: BigInt(gas), stack, memoryCap });
      const gasLeft = metered.globals.get("$gas")!;
      const limits = { gasLimit: gas, stackSlots: stack, memoryPagesMax: memoryCap };
      const machine = instantiate(validated, limits);
      const returned = runInterpreted(machine);
      expect(metered.returned !== null && gasLeft >= 0n).toBe(returned !== null);
      if (returned === null) return;
      succeeded++;
      expect(metered.returned).toBe(returned);
      expect(gasLeft).toBe(BigInt(gas - machine.gasUsed));
      expect(equalBytes(metered.memory, machine.memory)).toBe(true);
      // All globals of a random process are mutable.
      machine.globals.forEach((value, index) => {
        expect(metered.globals.get(`$global${index}`), `global ${index}`).toBe(BigInt(value));
      });
    }),
    { numRuns: 300, endOnFailure: true },
  );
  expect(succeeded).toBeGreaterThan(50);
});
