import { expect, test } from "vitest";
import { createWasmEngine } from "../stark/kernels/wasm-engine.ts";
import { createProvingKey } from "../stark/proving-key.ts";
import { fixedMatrix } from "./chips/fixed/matrix.ts";
import { system, tableIndex, verifyingKey } from "./system.ts";

test("the verifying key has the root of the fixed columns", async () => {
  const fixed = system.tables.map((_, i) => (i === tableIndex.fixed ? fixedMatrix() : null));
  const engine = await createWasmEngine({ memoryBytes: 2 ** 28 });
  const key = await createProvingKey(engine, system, fixed);
  expect(key.verifyingKey.fixedRoot).toEqual(verifyingKey.fixedRoot);
});

test("the system reaches a hundred bits, proven, at its greatest heights", () => {
  expect(system.soundness.total).toBeGreaterThanOrEqual(100);
});
