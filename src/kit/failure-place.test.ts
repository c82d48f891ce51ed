import { expect, test } from "vitest";
import type { Diagnostic } from "../protocol/judge.ts";
import type { Locate } from "./compile-locate.ts";
import { diagnosticLine, placedDiagnostic } from "./failure-place.ts";

const lines: Readonly<Record<number, string>> = {
  10: "~lib/array.ts",
  20: "assembly/index.ts",
  30: "nymcompute-entry.ts",
  44: "~lib/array.ts",
};
/** Byte 44 is within library code that is inlined behind the developer's line 40. */
const locate: Locate = (byteOffset, isWanted) => {
  if (isWanted !== undefined) {
    return byteOffset === 44 ? { file: "assembly/index.ts", line: 40, column: 5 } : null;
  }
  const file = lines[byteOffset];
  return file === undefined ? null : { file, line: byteOffset, column: 5 };
};

function lineOf(text: string, said: Partial<Diagnostic> = {}): string {
  const diagnostic = { reason: "trap", text, file: null, line: null, column: null, ...said };
  return diagnosticLine(placedDiagnostic(diagnostic, locate));
}

test("names the line of a trap", () => {
  expect(lineOf("divide by zero (module offset 20, 30)")).toBe(
    "assembly/index.ts:20:5 trap: divide by zero",
  );
});

test("names the developer's call where a library failed", () => {
  expect(lineOf("unreachable (module offset 10, 20, 30)")).toBe(
    "assembly/index.ts:20:5 trap: unreachable",
  );
});

test("keeps the place that an abort names, and drops the offsets", () => {
  const said = { reason: "abort", file: "assembly/a.ts", line: 3, column: 1 };
  expect(lineOf("no (module offset 20)", said)).toBe("assembly/a.ts:3:1 abort: no");
});

test("leads from a library's abort to the call, and says where it was", () => {
  const said = { reason: "abort", file: "~lib/array.ts", line: 114, column: 42 };
  expect(lineOf("Index out of range (module offset 10, 20)", said)).toBe(
    "assembly/index.ts:20:5 abort: Index out of range (in ~lib/array.ts:114)",
  );
});

test("leads from an inlined library's failure to the line before it", () => {
  const said = { reason: "abort", file: "~lib/array.ts", line: 114, column: 42 };
  expect(lineOf("Index out of range (module offset 44, 30)", said)).toBe(
    "assembly/index.ts:40:5 abort: Index out of range (in ~lib/array.ts:114)",
  );
  expect(lineOf("unreachable (module offset 10, 44, 30)")).toBe(
    "assembly/index.ts:40:5 trap: unreachable",
  );
});

test("keeps a library's abort where only generated code called it", () => {
  const said = { reason: "abort", file: "~lib/array.ts", line: 114, column: 42 };
  expect(lineOf("Index out of range (module offset 10, 30)", said)).toBe(
    "~lib/array.ts:114:42 abort: Index out of range",
  );
});

test("leaves a diagnostic alone of which nothing is known", () => {
  expect(lineOf("out of gas (module offset 99)")).toBe("trap: out of gas (module offset 99)");
  expect(lineOf("out of gas")).toBe("trap: out of gas");
});
