import { expect, test } from "vitest";
import type { StoredResult } from "../src/node/store/ports/result-store.ts";
import type { FinalityGate, GatedEntry } from "./head-gate.ts";
import { ProcessGate } from "./process-gate.ts";

const process = new Uint8Array(32);
const entryAt = (slot: number) => ({ process, slot }) as GatedEntry;
const resultsOf = (...slots: number[]) => slots.map((slot) => ({ process, slot }) as StoredResult);

/** A gate that a test opens entry by entry. */
class ScriptedGate implements FinalityGate {
  readonly asked: number[] = [];
  readonly #answers = new Map<number, (isCovered: boolean) => void>();

  covered({ slot }: GatedEntry): Promise<boolean> {
    this.asked.push(slot);
    return new Promise((resolve) => this.#answers.set(slot, resolve));
  }

  stop(): void {
    for (const slot of this.#answers.keys()) this.#answers.get(slot)?.(false);
  }

  async answer(slot: number, isCovered = true): Promise<void> {
    this.#answers.get(slot)?.(isCovered);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function opened(): { gate: ScriptedGate; process: ProcessGate; released: number[] } {
  const gate = new ScriptedGate();
  const released: number[] = [];
  const through = new ProcessGate(gate, (results) =>
    released.push(...results.map(({ slot }) => slot)),
  );
  return { gate, process: through, released };
}

test("one receipt of the newest entry lets through all before it, in their order", async () => {
  const { gate, process, released } = opened();
  process.expect(entryAt(2));
  process.add(resultsOf(0, 1, 2), entryAt(2));
  expect(released).toEqual([]);
  process.add(resultsOf(3), entryAt(3));
  process.add(resultsOf(4), entryAt(4));
  await gate.answer(2);
  expect(released).toEqual([0, 1, 2]);
  await gate.answer(4);
  expect(released).toEqual([0, 1, 2, 3, 4]);
  // While slot 2 was waited for, two came: one look is for both.
  expect(gate.asked).toEqual([2, 4]);
});

test("a result that comes after its entry was covered goes through at once", async () => {
  const { gate, process, released } = opened();
  process.expect(entryAt(0));
  await gate.answer(0);
  process.expect(entryAt(1));
  process.add(resultsOf(0), entryAt(0));
  expect(released).toEqual([0]);
  expect(gate.asked).toEqual([0, 1]);
});

test("what an earlier run left comes first, and only if it is covered", async () => {
  const { gate, process, released } = opened();
  process.addBefore(entryAt(4), async () => void released.push(-1));
  process.add(resultsOf(5), entryAt(5));
  await gate.answer(5);
  expect(released).toEqual([]);
  await gate.answer(4);
  expect(released).toEqual([-1, 5]);
});

test("nothing goes through a gate that will not open, and nothing more is asked", async () => {
  const { gate, process, released } = opened();
  process.addBefore(entryAt(0), async () => void released.push(-1));
  process.add(resultsOf(1), entryAt(1));
  await gate.answer(0, false);
  await gate.answer(1, false);
  process.add(resultsOf(2), entryAt(2));
  await gate.answer(2);
  expect(released).toEqual([]);
  expect(gate.asked).toEqual([0, 1]);
});
