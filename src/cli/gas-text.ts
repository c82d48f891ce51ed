/**
 * A gas profile as tables.
 *
 * @module
 */

import type { GasReport, ReportPlace, StackFrame } from "../kit/gas-report.ts";

const framesMax = 20;

/** Both tables, most first, with `top` rows each. */
export function gasTables(report: GasReport, spent: number, top: number): string {
  const share = (gas: number): string => `${((100 * gas) / Math.max(1, spent)).toFixed(1)}%`;
  const functions = report.functions.slice(0, top).map((each) => {
    const numbers = [count(each.self), share(each.self), count(each.total), count(each.calls)];
    return [...numbers, each.name, placeText(each)];
  });
  const lines = report.lines.slice(0, top).map((each) => {
    return [count(each.gas), share(each.gas), placeText(each)];
  });
  return [
    ...table(["gas", "", "with calls", "calls", "function", "at"], functions, 4),
    ...moreText(report.functions.length - top, "functions"),
    "",
    ...table(["gas", "", "line"], lines, 2),
    ...moreText(report.lines.length - top, "lines"),
  ].join("\n");
}

/** The calls that were open, innermost first. */
export function stackText(stack: readonly StackFrame[]): readonly string[] {
  const shown = stack.slice(0, framesMax).map((frame) => {
    const column = frame.column === null ? "" : `:${frame.column}`;
    return `  at ${frame.name} (${placeText(frame)}${column})`;
  });
  const left = stack.length - framesMax;
  return left > 0 ? [...shown, `  and ${left} more calls`] : shown;
}

function placeText({ file, line }: ReportPlace): string {
  return file === null ? "no line known" : `${file}:${line ?? 1}`;
}

function moreText(left: number, what: string): readonly string[] {
  return left > 0 ? [`and ${left} more ${what} (--top N shows them)`] : [];
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Columns as wide as their widest cell; the first `right` of them end at the same place. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: number,
): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  return all.map((row) =>
    row
      .map((cell, i) => (i < right ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
