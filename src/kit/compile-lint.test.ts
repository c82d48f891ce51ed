import { expect, test } from "vitest";
import { lintSource } from "./compile-lint.ts";

function codes(text: string): readonly string[] {
  return lintSource("file.ts", text).map(({ code, line, column }) => `${code} ${line}:${column}`);
}

test.each([
  ["let a: number = 1;", "LINT_FLOAT_TYPE 1:8"],
  ["let a = <f64>b;", "LINT_FLOAT_TYPE 1:10"],
  ["let a = b as number;", "LINT_FLOAT_TYPE 1:14"],
  ["let a: Array<number>;", "LINT_FLOAT_TYPE 1:14"],
  ["let a: Map<u32, f32>;", "LINT_FLOAT_TYPE 1:17"],
  ["\n\n  x = 12.5e3;", "LINT_FLOAT_LITERAL 3:7"],
  ["parseInt(text)", "LINT_PARSE_NUMBER 1:1"],
  ["x = Math.floor(y)", "LINT_MATH 1:5"],
  ["x = Math.random()", "LINT_RANDOM 1:5"],
  ["x = Date.now()", "LINT_CLOCK 1:5"],
  ['console.log("x")', "LINT_CONSOLE 1:1"],
  ['trace("x")', "LINT_CONSOLE 1:1"],
  ["`\u0024{Math.abs(1)}`", "LINT_MATH 1:4"],
])("finds the trouble in %s", (text, expected) => {
  expect(codes(text)).toEqual([expected]);
});

test.each([
  ["// Math.random() and 1.5 of any number: f64"],
  ["/* parseInt(x)\n Date.now() */"],
  ['let a = "Math.random() 1.5";'],
  ["let a = 'parseInt(x)';"],
  ["let a = `Math.floor \u0024{b} 1.5 : f64`;"],
  ["let a = `\u0024{`Date.now`} \u0024{ {a: 1}.a } Math.abs`;"],
  ['let a = "\\"Math.random()";'],
  ["let number = 5; number += 1;"],
  ["this.number = row.number;"],
  ["U64.parseInt(text) + I32.parseInt(text)"],
  ["const tuple = [0..toString()];"],
  ["my.Math.abs(x); MyMath.abs(x);"],
  ["let a = 1_000; let b = x.y.z; let c = v1.2;"],
])("leaves %s alone", (text) => {
  expect(codes(text)).toEqual([]);
});

test("shows the line, underlined", () => {
  const [found] = lintSource("file.ts", "let b = 1;\n\tlet a: number = 1;\n");
  expect(found?.frame).toBe("2 | \tlet a: number = 1;\n  | \t       ^^^^^^");
});
