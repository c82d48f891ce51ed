/**
 * The WebAssembly specification's test suite in all engines: V8 on the raw module, V8 on the
 * instrumented module with and without dirty tracking, the reference interpreter, and the zkVM's
 * register machine. Every assertion within the integer language is carried out in all of them and
 * compared, with all state and with the gas of those that meter; the machine's tables must satisfy the
 * zkVM's constraints and buses, for one call in ten or as `CONSTRAINED_EACH` in the environment says.
 *
 * @module
 */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { vectorsFolder } from "../../src/testing/vectors.ts";
import { constrainedEach, emptyConstraintTally } from "./constraint-check.ts";
import { interpreterEngine } from "./interpreter-engine.ts";
import { constrainedMachineEngine } from "./register-machine-engine.ts";
import { SpecRunner } from "./spec-runner.ts";
import { type SpecTally, sumTallies } from "./spec-tally.ts";
import { instrumentedEngine, rawEngine } from "./v8-engines.ts";

/** All of them take minutes; the campaign `zkvm-conformance` does. */
const each = constrainedEach(10);
const timeoutMs = each === 1 ? 3_600_000 : 180_000;
const constraints = emptyConstraintTally();

const engines = [
  rawEngine,
  instrumentedEngine({ dirtyTracking: false }),
  instrumentedEngine({ dirtyTracking: true }),
  interpreterEngine,
  constrainedMachineEngine(constraints, each),
];

const controlFiles = [
  "block",
  "br",
  "br_if",
  "br_table",
  "call",
  "call_indirect",
  "if",
  "loop",
  "select",
  "return",
  "unwind",
];

/** True if all of a file's modules ran and nothing was passed over. */
function isWhole(tally: SpecTally): boolean {
  const passedOver = Object.keys(tally.passedOver).length;
  return tally.modules > 0 && tally.modulesRun === tally.modules && passedOver === 0;
}

const root = vectorsFolder("wasm-spec");
if (root === null) {
  test("the spec suite's vectors are absent and passed over (WebAssembly/testsuite 7ef86dd)", () => {
    expect(root).toBeNull();
  });
} else {
  const files = readdirSync(root).filter((file) => statSync(join(root, file)).isDirectory());
  const tallies = new Map<string, SpecTally>();
  const tallyOf = (file: string): SpecTally => {
    const tally = tallies.get(file) ?? new SpecRunner({ root, file, engines }).run();
    tallies.set(file, tally);
    return tally;
  };

  test.each(files)(
    "%s agrees in all engines",
    (file) => {
      expect(tallyOf(file).failures).toEqual([]);
    },
    timeoutMs,
  );

  test("at least 85 % of the integer assertions of each control file are compared", () => {
    const shares = controlFiles.map((file) => {
      const { integerAssertions, integerAssertionsCompared } = tallyOf(file);
      return { file, share: integerAssertionsCompared / integerAssertions };
    });
    const text = shares.map(({ file, share }) => `${file} ${(100 * share).toFixed(1)} %`);
    process.stdout.write(`integer assertions compared: ${text.join(", ")}\n`);
    for (const { file, share } of shares) expect(share, file).toBeGreaterThanOrEqual(0.85);
  });

  test("the suite as a whole is covered as far as it was measured", () => {
    expect(files).toHaveLength(85);
    const all = files.map(tallyOf);
    const { failures, trapKinds, ...counts } = sumTallies(all);
    for (const [kinds, count] of Object.entries(trapKinds)) {
      process.stdout.write(`trap kinds: ${count} × ${kinds}\n`);
    }
    const whole = all.filter(isWhole).length;
    const partly = all.filter((tally) => tally.modulesRun > 0 && !isWhole(tally)).length;
    process.stdout.write(`spec suite: ${JSON.stringify({ whole, partly, ...counts })}\n`);
    expect(failures).toEqual([]);
    // Invalid and malformed binary modules, every one of them.
    expect(counts.refused).toBe(2181);
    // First as the modules stand, then with the test-only pass. The figures are exact on purpose:
    // a module that is silently lost is what this test is for.
    expect([counts.modulesAsWritten, counts.returnsAsWritten]).toEqual([408, 6308]);
    expect([counts.modulesRun, counts.compared["assert_return"]]).toEqual([985, 7625]);
    expect([whole, partly]).toEqual([25, 53]);
  });

  test("the register machine's calls satisfy the constraints of the zkVM, returned and failed ones", () => {
    const { calls, failedCalls, rows, faults } = constraints;
    process.stdout.write(`constraints: ${calls} calls, ${failedCalls} failed, ${rows} rows\n`);
    expect(faults).toEqual([]);
    expect(calls).toBeGreaterThan(8000 / each);
    expect(failedCalls).toBeGreaterThan(500 / each);
  });
}
