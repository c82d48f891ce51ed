/**
 * All tables of a run (spec/14-zkvm.md §7), in the system's order.
 *
 * @module
 */

import type { Allocate, Matrix } from "../stark/matrix.ts";
import { fillBitwise } from "./chips/bitwise/trace.ts";
import { fillComparison } from "./chips/comparison/trace.ts";
import { fillCounting } from "./chips/counting/trace.ts";
import { fillCpu } from "./chips/cpu/trace.ts";
import { fillFrames } from "./chips/frames/trace.ts";
import { LookupCounts } from "./chips/lookup-counts.ts";
import { fillMemory } from "./chips/memory/trace.ts";
import { fillMultiplication } from "./chips/multiplication/trace.ts";
import { sortOperations } from "./chips/operations.ts";
import { fillRefresh } from "./chips/refresh/trace.ts";
import type { RunRecord } from "./machine/run-record.ts";
import type { SlotProgram } from "./program/entry-stub.ts";
import { system, type TableName, tableIndex } from "./system.ts";

/**
 * Throws `UnprovableError` if a table would be higher than the system allows. The matrices lie where
 * `allocate` puts them: in an engine's memory they need not be copied.
 */
export function fillTables(
  run: RunRecord,
  program: SlotProgram,
  gasLimit: number,
  allocate?: Allocate,
): readonly Matrix[] {
  const counts = new LookupCounts();
  const { rows } = program;
  const most = (table: TableName): number => system.tables[tableIndex[table]]!.logHeight.max;
  const operations = sortOperations(run, rows);
  const cpu = { rows, gasLimit, logHeightMax: most("cpu") };
  const others = [
    fillCpu(run, cpu, counts, allocate),
    fillMemory(run.accesses, most("memory"), counts, allocate),
    fillBitwise(operations.bitwise, most("bitwise"), counts, allocate),
    fillComparison(operations.comparison, most("comparison"), counts, allocate),
    fillCounting(operations.counting, most("counting"), counts, allocate),
    fillMultiplication(operations.multiplication, most("multiplication"), counts, allocate),
    fillRefresh(run.refreshes, most("refresh"), counts, allocate),
    fillFrames(run, most("frames"), allocate),
  ];
  return [...others, counts.matrix(allocate)];
}
