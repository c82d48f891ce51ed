import { expect, test } from "vitest";
import { checkTraces } from "../air/check-trace.ts";
import { verify } from "../verifier.ts";
import { proveToy, quickParameters as quick } from "./quick.ts";
import { conjunctionToy, fibonacciToy, squaresToy, type Toy } from "./toys.ts";

function faultsOf(toy: Toy) {
  const traces = toy.traces.map((main, i) => ({
    program: toy.system.tables[i]!.program,
    main,
    fixed: toy.fixed[i]!,
    publicValues: toy.statement.publicValues[i]!,
  }));
  return checkTraces(traces, toy.statement.publicTerms);
}

test("the toys' traces satisfy their constraints and balance their buses", () => {
  for (const toy of [fibonacciToy(quick, 5), squaresToy(quick, 6), conjunctionToy(quick, 5)]) {
    expect(faultsOf(toy)).toEqual([]);
  }
});

test("honest Fibonacci proofs verify at every height, from tables shorter than the last polynomial", async () => {
  for (const logHeight of [3, 4, 5, 6, 9]) {
    const toy = fibonacciToy(quick, logHeight);
    const { key, proof } = await proveToy(toy);
    expect(verify(key, toy.statement, proof), `2^${logHeight}`).toEqual({ ok: true });
  }
});

test("honest proofs of three tables that share buses verify, whichever table is the highest", async () => {
  for (const logHeight of [3, 6, 9]) {
    const toy = squaresToy(quick, logHeight);
    const { key, proof } = await proveToy(toy);
    expect(verify(key, toy.statement, proof), `2^${logHeight}`).toEqual({ ok: true });
  }
});

test("honest proofs over the extension of degree 5 verify", async () => {
  const toy = squaresToy({ ...quick, extensionDegree: 5 }, 7);
  const { key, proof } = await proveToy(toy);
  expect(verify(key, toy.statement, proof)).toEqual({ ok: true });
});

test("other blowups, fold arities and last polynomials verify", async () => {
  for (const change of [
    { logBlowup: 1 },
    { logBlowup: 3 },
    { logFoldArity: 1 },
    { logFoldArity: 4, logFinalLength: 0 },
  ]) {
    const toy = squaresToy({ ...quick, ...change }, 6);
    const { key, proof } = await proveToy(toy);
    expect(verify(key, toy.statement, proof), JSON.stringify(change)).toEqual({ ok: true });
  }
});
