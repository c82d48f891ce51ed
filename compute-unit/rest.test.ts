import { beforeEach, expect, test } from "vitest";
import type { EvaluationOutput } from "../src/runtime/evaluation-input.ts";
import { Rest } from "./rest.ts";

let rest: Rest;
beforeEach(() => {
  rest = new Rest();
});

/** Outputs that failed for these reasons; null is one that did not fail. */
const ended = (...reasons: readonly (string | null)[]): readonly EvaluationOutput[] =>
  reasons.map((reason, slot) => {
    const diagnostic =
      reason === null ? null : { reason, text: "", file: null, line: null, column: null };
    return { slot, result: new Uint8Array(0), output: null, diagnostic, memoryBytes: 0 };
  });

test("a process rests after four messages in a row that ran into a limit, whichever", () => {
  rest.note(ended("gas", "stack", "output"));
  expect({ isDue: rest.isDue, ms: rest.ms }).toEqual({ isDue: false, ms: 0 });
  rest.note(ended("gas"));
  expect({ isDue: rest.isDue, ms: rest.ms }).toEqual({ isDue: true, ms: 125 });
});

test("each further one doubles the rest, up to two seconds for any number of them", () => {
  rest.note(ended("gas", "gas", "gas"));
  const rests = Array.from({ length: 7 }, () => {
    rest.note(ended("gas"));
    return rest.ms;
  });
  expect(rests).toEqual([125, 250, 500, 1000, 2000, 2000, 2000]);
  for (let i = 0; i < 2000; i++) rest.note(ended("gas"));
  expect(rest.ms).toBe(2000);
});

test("a message that succeeds, or fails by its own fault, ends the rest", () => {
  for (const reason of [null, "abort", "trap"]) {
    rest.note(ended("gas", "gas", "gas", "gas"));
    expect(rest.isDue).toBe(true);
    rest.note(ended(reason));
    expect({ reason, ms: rest.ms }).toEqual({ reason, ms: 0 });
    rest.note(ended("gas", "gas", "gas"));
    expect(rest.isDue).toBe(false);
  }
});
