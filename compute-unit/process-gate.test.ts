import { expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import type { StoredResult } from "../src/node/store/ports/result-store.ts";
import type { FinalityGate, GatedEntry } from "./head-gate.ts";
import {
  GateBudget,
  ProcessGate,
  waitingAlways,
  waitingOfProcessMax,
  waitingOfUnitMax,
} from "./process-gate.ts";

const process = new Uint8Array(32);
const entryAt = (slot: number) => ({ process, slot }) as GatedEntry;
const resultsOf = (...slots: number[]) => slots.map((slot) => ({ process, slot }) as StoredResult);

/** A gate that a test opens entry by entry. */
class ScriptedGate implements FinalityGate {
  readonly asked: number[] = [];
  readonly #answers = new Map<number, (isCovered: boolean) => void>();

  covered({ slot }: GatedEntry, signal: AbortSignal): Promise<boolean> {
    this.asked.push(slot);
    return new Promise((resolve) => {
      this.#answers.set(slot, resolve);
      signal.addEventListener("abort", () => resolve(false), { once: true });
    });
  }

  stop(): void {
    for (const slot of this.#answers.keys()) this.#answers.get(slot)?.(false);
  }

  async answer(slot: number, isCovered = true): Promise<void> {
    this.#answers.get(slot)?.(isCovered);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function opened(budget: GateBudget = new GateBudget()): {
  gate: ScriptedGate;
  process: ProcessGate;
  released: number[];
} {
  const gate = new ScriptedGate();
  const released: number[] = [];
  const release = (results: readonly { readonly slot: number }[]): void =>
    void released.push(...results.map(({ slot }) => slot));
  return { gate, process: new ProcessGate({ gate, budget, release }), released };
}

const never = new AbortController().signal;
const slotsTo = (count: number) => Array.from({ length: count }, (_, slot) => slot);

/** Whether the promise has settled a few turns later. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  return done;
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

test("what waits of a process is bounded: there is room again once a head covers it", async () => {
  const budget = new GateBudget();
  const { gate, process, released } = opened(budget);
  const most = waitingOfProcessMax;
  process.add(resultsOf(...slotsTo(most - 1)), entryAt(most - 2));
  expect(await isDone(process.room(systemClock, never))).toBe(true);
  process.add(resultsOf(most - 1), entryAt(most - 1));
  const room = process.room(systemClock, never);
  expect(await isDone(room)).toBe(false);
  expect(budget.taken).toBe(most);
  await gate.answer(most - 2);
  await room;
  expect(released).toHaveLength(most - 1);
  await gate.answer(most - 1);
  expect(budget.taken).toBe(0);
});

test("what waits of all is bounded, and each process has some room of its own", async () => {
  const budget = new GateBudget();
  const silent = Array.from({ length: waitingOfUnitMax / waitingOfProcessMax }, () =>
    opened(budget),
  );
  for (const { process } of silent) {
    process.add(resultsOf(...slotsTo(waitingOfProcessMax)), entryAt(waitingOfProcessMax - 1));
  }
  const { process, gate, released } = opened(budget);
  process.add(resultsOf(...slotsTo(waitingAlways - 1)), entryAt(waitingAlways - 2));
  expect(await isDone(process.room(systemClock, never))).toBe(true);
  process.add(resultsOf(waitingAlways - 1), entryAt(waitingAlways - 1));
  const room = process.room(systemClock, never);
  expect(await isDone(room)).toBe(false);
  await gate.answer(waitingAlways - 2);
  await room;
  expect(released).toHaveLength(waitingAlways - 1);
});

test("nobody waits for room in a unit that ends, nor before a gate that is shut", async () => {
  const budget = new GateBudget();
  const { gate, process } = opened(budget);
  process.add(resultsOf(...slotsTo(waitingOfProcessMax)), entryAt(waitingOfProcessMax - 1));
  const ending = new AbortController();
  const room = process.room(systemClock, ending.signal);
  ending.abort();
  await room;
  await gate.answer(waitingOfProcessMax - 1, false);
  await process.room(systemClock, never);
  expect(budget.taken).toBe(0);
});

test("a process that is let go waits a while for its heads, and then no longer", async () => {
  const budget = new GateBudget();
  const { gate, process, released } = opened(budget);
  process.addBefore(entryAt(0), async () => void released.push(-1));
  process.add(resultsOf(1), entryAt(1));
  const left = process.leave(systemClock, 60);
  await gate.answer(0);
  expect(released).toEqual([-1]);
  await left;
  await gate.answer(1);
  expect(released).toEqual([-1]);
  expect(budget.taken).toBe(0);
  // One that has nothing to wait for is gone at once.
  await opened().process.leave(systemClock, 60_000);
});
