/**
 * What a run of the spec suite counts.
 *
 * @module
 */

import type { SpecCommand } from "./spec-script.ts";

export interface SpecTally {
  modules: number;
  /** Modules of the integer language as they stand, importers among them. */
  modulesAsWritten: number;
  /** `assert_return`s that act on those. */
  returnsAsWritten: number;
  /** Modules that ran, as written or after the pass. */
  modulesRun: number;
  /** Assertions and actions that were carried out in all engines, by command type. */
  readonly compared: Record<string, number>;
  /** Integer assertions: all arguments and results are i32 or i64. */
  integerAssertions: number;
  integerAssertionsCompared: number;
  /** Assertions with an action that were passed over, by reason. */
  readonly passedOver: Record<string, number>;
  /** Failed calls by the words that each engine has for the failure: diagnostics, which may differ. */
  readonly trapKinds: Record<string, number>;
  /** Invalid and malformed binary modules that were refused. */
  refused: number;
  /** Everything that is wrong, in words. */
  readonly failures: string[];
}

export function emptyTally(): SpecTally {
  return {
    modules: 0,
    modulesAsWritten: 0,
    returnsAsWritten: 0,
    modulesRun: 0,
    compared: {},
    integerAssertions: 0,
    integerAssertionsCompared: 0,
    passedOver: {},
    trapKinds: {},
    refused: 0,
    failures: [],
  };
}

export function countUp(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** One tally of several. */
export function sumTallies(tallies: readonly SpecTally[]): SpecTally {
  const sum = emptyTally();
  for (const tally of tallies) {
    sum.modules += tally.modules;
    sum.modulesAsWritten += tally.modulesAsWritten;
    sum.returnsAsWritten += tally.returnsAsWritten;
    sum.modulesRun += tally.modulesRun;
    sum.integerAssertions += tally.integerAssertions;
    sum.integerAssertionsCompared += tally.integerAssertionsCompared;
    sum.refused += tally.refused;
    sum.failures.push(...tally.failures);
    addCounts(sum.compared, tally.compared);
    addCounts(sum.passedOver, tally.passedOver);
    addCounts(sum.trapKinds, tally.trapKinds);
  }
  return sum;
}

function addCounts(into: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(from)) into[key] = (into[key] ?? 0) + count;
}

/** `file:line type field`, for messages. */
export function describeCommand(file: string, command: SpecCommand): string {
  return `${file}:${command.line} ${command.type} ${command.action?.field ?? ""}`;
}
