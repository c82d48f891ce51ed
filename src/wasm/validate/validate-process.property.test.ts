import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryProcess } from "../../testing/wasm-arbitrary.ts";
import { WasmError } from "../binary/error.ts";
import { instrumentModule } from "../instrument/instrument-module.ts";
import { validateProcess } from "./validate-process.ts";

/** A few bytes set to others, mostly small ones, for those are opcodes, counts and indices. */
const damage = fc.array(
  fc.tuple(fc.nat(4095), fc.oneof(fc.nat(16), fc.nat(255), fc.integer({ min: 0x20, max: 0xc4 }))),
  { minLength: 1, maxLength: 3 },
);

test("property: a damaged process is refused by its code, or good for the engine as well", () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(arbitraryProcess(), damage, (bytes, changes) => {
      const damaged = bytes.slice();
      for (const [position, value] of changes) damaged[position % damaged.length] = value;
      try {
        const { bytes: output } = instrumentModule(validateProcess(damaged), {
          dirtyTracking: true,
        });
        seen.accepted++;
        expect(WebAssembly.validate(damaged as Uint8Array<ArrayBuffer>)).toBe(true);
        expect(WebAssembly.validate(output as Uint8Array<ArrayBuffer>)).toBe(true);
      } catch (error) {
        if (!(error instanceof WasmError)) throw error;
        seen.refused++;
        expect(error.offset).toBeLessThanOrEqual(damaged.length);
      }
    }),
    { numRuns: 1500, endOnFailure: true },
  );
  expect(seen.accepted).toBeGreaterThan(100);
  expect(seen.refused).toBeGreaterThan(100);
});
