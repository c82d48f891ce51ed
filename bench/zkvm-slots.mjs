/**
 * Slots for the benchmark of the zkVM: a token transfer, and a sort of objects with garbage to
 * collect. What a slot starts from is made by the runtime.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileProcess } from "../dist/src/kit/compile.js";
import { addressOf, inboxBytes, SlotRunner } from "../dist/src/testing/process-slots.js";
import { prepareModule } from "../dist/src/zkvm/slot-context.js";

const limits = { gasLimit: 64_000_000, memoryPagesMax: 100 };

/** The inbox of slot 0. */
export const spawnInbox = () => inboxBytes(0, 0, {});

/** The input of slot 1, whose message has the tags; its module is prepared. */
function slotInput(bytes, tags) {
  const runner = new SlotRunner(bytes, limits);
  runner.run(spawnInbox());
  const module = prepareModule(bytes, limits.memoryPagesMax);
  return {
    bytes,
    module,
    limits,
    first: false,
    inbox: inboxBytes(1, 0, tags),
    pre: runner.image(),
  };
}

export function transferInput() {
  const bytes = readFileSync(new URL("../dist/processes/token.wasm", import.meta.url));
  return slotInput(bytes, { Action: "Transfer", Recipient: addressOf(5), Quantity: "1000" });
}

/** The module that sorts. */
export async function compileSort() {
  const folder = fileURLToPath(new URL("../test/proven-processes/", import.meta.url));
  const result = await compileProcess({ folder, entry: "assembly/sort.ts" });
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.wasm;
}

/** A sort of so many objects; 75 are the most that 2^18 rows of the machine hold. */
export function sortInput(bytes, count) {
  return slotInput(bytes, { Action: "Sort", Count: String(count) });
}
