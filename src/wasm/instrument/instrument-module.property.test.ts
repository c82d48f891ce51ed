import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes } from "../../base/bytes.ts";
import { runInEngine } from "../../testing/engine-run.ts";
import { meterNaively } from "../../testing/naive-metering.ts";
import { arbitraryProcess } from "../../testing/wasm-arbitrary.ts";
import { decodeModule } from "../binary/decode.ts";
import { validateModule } from "../validate/check-module.ts";
import { integerLanguage } from "../validate/module-context.ts";
import { validateProcess } from "../validate/validate-process.ts";
import { instrumentModule } from "./instrument-module.ts";

// So few slots that no recursion reaches the end of the test thread's own small stack.
const stack = 30_000;
const gas = 20_000n;

test("property: a random process is valid for us and for the platform's engine", () => {
  fc.assert(
    fc.property(arbitraryProcess(), (bytes) => {
      expect(() => validateProcess(bytes)).not.toThrow();
      expect(WebAssembly.validate(bytes as Uint8Array<ArrayBuffer>)).toBe(true);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test("property: an instrumented process is valid for us and for the platform's engine", () => {
  fc.assert(
    fc.property(arbitraryProcess(), fc.boolean(), (bytes, dirtyTracking) => {
      const { bytes: output } = instrumentModule(validateProcess(bytes), { dirtyTracking });
      expect(() => validateModule(decodeModule(output), integerLanguage)).not.toThrow();
      expect(WebAssembly.validate(output as Uint8Array<ArrayBuffer>)).toBe(true);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test("property: charging by region and by instruction agree on every run", () => {
  const seen = { succeeded: 0, failed: 0 };
  fc.assert(
    fc.property(arbitraryProcess(), (bytes) => {
      const validated = validateProcess(bytes);
      const { bytes: output } = instrumentModule(validated, { dirtyTracking: false });
      const byRegion = runInEngine(output, { gas, stack });
      // The plain count has no stack limit.
      if (byRegion.globals.get("$stack")! < 0n) return;
      const byInstruction = runInEngine(meterNaively(validated), { gas, stack });
      const left = byRegion.globals.get("$gas")!;
      const succeeds = byRegion.returned !== null && left >= 0n;
      expect(succeeds).toBe(byInstruction.returned !== null);
      seen[succeeds ? "succeeded" : "failed"]++;
      if (!succeeds) return;
      expect(left).toBe(byInstruction.globals.get("$gas"));
      expect(byRegion.returned).toBe(byInstruction.returned);
      expect(equalBytes(byRegion.memory, byInstruction.memory)).toBe(true);
    }),
    { numRuns: 300, endOnFailure: true },
  );
  // Both kinds must really occur, or the law above says little.
  expect(seen.succeeded).toBeGreaterThan(50);
  expect(seen.failed).toBeGreaterThan(10);
});

test("property: an instrumented process that succeeds does what the raw one does", () => {
  fc.assert(
    fc.property(arbitraryProcess(), fc.boolean(), (bytes, dirtyTracking) => {
      const { bytes: output } = instrumentModule(validateProcess(bytes), { dirtyTracking });
      const metered = runInEngine(output, { gas, stack });
      // Only a run that succeeds is known to end without metering.
      if (metered.returned === null || metered.globals.get("$gas")! < 0n) return;
      const raw = runInEngine(bytes);
      expect(raw.returned).toBe(metered.returned);
      expect(equalBytes(raw.memory, metered.memory)).toBe(true);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test("property: every written byte is in a marked chunk or in the 4 KiB after one", () => {
  fc.assert(
    fc.property(arbitraryProcess(), (bytes) => {
      const validated = validateProcess(bytes);
      const { bytes: output, initialPages } = instrumentModule(validated, { dirtyTracking: true });
      const input = new Uint8Array(0);
      const run = runInEngine(output, { gas, stack, input });
      const before = new Uint8Array(run.memory.length);
      for (const segment of validated.module.data) {
        before.set(segment.bytes, segment.start!.first[0]! >>> 0);
      }
      const dirty = run.globals.get("$dirty")!;
      for (let address = 0; address < run.memory.length; address++) {
        if (run.memory[address] === before[address]) continue;
        const chunk = address >>> 16;
        const isSpill =
          chunk > 0 && address % 65_536 < 4096 && ((dirty >> BigInt(chunk - 1)) & 1n) === 1n;
        if (!isSpill) expect((dirty >> BigInt(chunk)) & 1n, `byte ${address}`).toBe(1n);
      }
      expect(initialPages).toBe(1);
    }),
    { numRuns: 200, endOnFailure: true },
  );
});
