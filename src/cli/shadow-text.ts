/**
 * What a shadow replay found, for people: the first slots that differ, what differs in them, and lines
 * of the source where a side failed.
 *
 * @module
 */

import { diagnosticLine, placedDiagnostic } from "../kit/failure-place.ts";
import { type StackFrame, stackText } from "../kit/failure-stack.ts";
import type { ShadowReport } from "../node/shadow-replay.ts";
import type { ShadowDifference } from "../runtime/shadow-run.ts";
import type { Pair, StateDifference } from "../runtime/state-difference.ts";
import { moduleKnowledgeOf } from "./module-maps.ts";
import { framesOf } from "./show-result.ts";

const textMax = 400;

/** A difference with the calls that led to a failure on either side. */
interface PlacedDifference extends ShadowDifference {
  readonly stacks: Pair<readonly StackFrame[]>;
}

/** The report with places in the source. */
export interface ShadowView extends ShadowReport {
  readonly firstOutput: PlacedDifference | null;
  readonly firstState: (PlacedDifference & { readonly state: StateDifference }) | null;
}

/** The report with the places of failures, and the first difference of either kind. */
export async function shadowView(
  report: ShadowReport,
  modules: Pair<string>,
): Promise<{ readonly report: ShadowView; readonly first: ShadowDifference | null }> {
  const known = {
    current: await moduleKnowledgeOf(modules.current),
    candidate: await moduleKnowledgeOf(modules.candidate),
  };
  const placed = <Difference extends ShadowDifference>(
    difference: Difference,
  ): Difference & PlacedDifference => {
    const { current, candidate } = difference.diagnostics;
    const diagnostics = {
      current: current && placedDiagnostic(current, known.current.locate),
      candidate: candidate && placedDiagnostic(candidate, known.candidate.locate),
    };
    const stacks = {
      current: current === null ? [] : framesOf(current, known.current),
      candidate: candidate === null ? [] : framesOf(candidate, known.candidate),
    };
    return { ...difference, diagnostics, stacks };
  };
  const firstOutput = report.firstOutput && placed(report.firstOutput);
  const firstState = report.firstState && placed(report.firstState);
  const stateFirst =
    firstState !== null && (firstOutput === null || firstState.slot < firstOutput.slot);
  const first = stateFirst ? firstState : firstOutput;
  return { report: { ...report, firstOutput, firstState }, first };
}

/** The report in lines. */
export function shadowText(report: ShadowView): string {
  const { slots, outputsDiffer, statesDiffer, firstOutput, firstState, gas } = report;
  const lines = [`${slots} slots evaluated by both modules`];
  if (firstOutput === null) lines.push("outputs   the same in every slot");
  else {
    lines.push(`outputs   differ in ${outputsDiffer}, first in slot ${firstOutput.slot}:`);
    lines.push(...outputLines(firstOutput));
  }
  if (firstState === null) lines.push("states    the same after every slot");
  else {
    lines.push(`states    differ after ${statesDiffer}, first after slot ${firstState.slot}:`);
    lines.push(...stateLines(firstState.state));
  }
  lines.push(`gas       ${pairText(gas, (value) => value.toLocaleString("en-US"))}`);
  return lines.join("\n");
}

function outputLines({ outputs, diagnostics, stacks }: PlacedDifference): string[] {
  const lines = outputs.flatMap(({ field, current, candidate }) => [
    `  ${field}`,
    `    - ${cut(current ?? "(none)")}`,
    `    + ${cut(candidate ?? "(none)")}`,
  ]);
  const { current, candidate } = diagnostics;
  if (current !== null) lines.push(`  the process's module failed: ${diagnosticLine(current)}`);
  if (stacks.current.length > 1) lines.push(stackText(stacks.current));
  if (candidate !== null) lines.push(`  the new module failed: ${diagnosticLine(candidate)}`);
  if (stacks.candidate.length > 1) lines.push(stackText(stacks.candidate));
  return lines;
}

function stateLines({ pages, globals, bytes, ranges, moreRanges }: StateDifference): string[] {
  const lines: string[] = [];
  if (pages !== null) lines.push(`  pages     ${pairText(pages, String)}`);
  for (const each of globals) lines.push(`  global ${each.index}  ${pairText(each, String)}`);
  if (bytes === 0) return lines;
  const places = ranges.map(({ from, to }) => (to - from === 1 ? `${from}` : `${from}-${to - 1}`));
  const more = moreRanges === 0 ? "" : ` and ${moreRanges} more places`;
  lines.push(`  memory    ${bytes} bytes differ, at ${places.join(", ")}${more}`);
  return lines;
}

function pairText<Value>({ current, candidate }: Pair<Value>, shown: (value: Value) => string) {
  return `${shown(current)} -> ${shown(candidate)}`;
}

function cut(text: string): string {
  return text.length <= textMax ? text : `${text.slice(0, textMax)}… (${text.length} characters)`;
}
