import { expect, test } from "vitest";
import { fuzzRequests } from "./request-fuzz.ts";

test("every route refuses mutated requests with a code, and the network goes on", async () => {
  const { answers, findings, slowestMs } = await fuzzRequests(0, 800);
  expect(findings).toEqual([]);
  // Mutations that reach no further than one check would test nothing.
  expect(answers.size).toBeGreaterThan(20);
  console.log(`slowest ${Math.round(slowestMs)} ms, ${answers.size} kinds of answers`);
});
