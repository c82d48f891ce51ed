import { expect, test } from "vitest";
import type { ProofQueue } from "../protocol/http.ts";
import { paceOf, secondsAt, secondsBefore } from "./prove-pace.ts";

const made = (gasUsed: number | null, seconds: number): ProofQueue["proven"][number] => {
  return { process: "p", slot: 0, at: 0, seconds, bytes: 1, gasUsed };
};
const none = 2 ** 16;

test("one proof gives a pace and no error, and failed runs say nothing of it", () => {
  expect(paceOf([])).toBe(null);
  expect(paceOf([made(null, 3)])).toBe(null);
  const pace = paceOf([made(none, 2), made(null, 90)]);
  expect(pace).toEqual({ rowsPerSecond: none, proofs: 1, error: null });
  expect(secondsAt(pace as NonNullable<typeof pace>, 3 * none)).toBe(4);
});

test("the error is what each proof would have been told from the others", () => {
  const same = paceOf([made(none, 2), made(3 * none, 4)]);
  expect(same).toEqual({ rowsPerSecond: none, proofs: 2, error: 0 });
  // From the other one, the first would have been told 2 s for 1 s, the second 1 s for 2 s.
  const apart = paceOf([made(none, 1), made(none, 2)]);
  expect(apart).toMatchObject({ rowsPerSecond: (4 * none) / 3, error: (1 + 0.5) / 2 });
});

test("what waits goes before, also what the queue does not show", () => {
  const idle = { prover: true, since: 0, waiting: 0, current: null, queue: [], unprovable: [] };
  expect(secondsBefore({ ...idle, proven: [] })).toBe(0);
  const slot = { process: "p", slot: 1, position: 0, secondsLeft: 5, reason: null };
  const busy = { ...idle, waiting: 4, queue: [slot], proven: [made(none, 2)] };
  expect(secondsBefore(busy)).toBe(5 + 3 * 2);
  expect(secondsBefore({ ...busy, proven: [] })).toBe(null);
  expect(secondsBefore({ ...busy, queue: [{ ...slot, secondsLeft: null }] })).toBe(null);
});
