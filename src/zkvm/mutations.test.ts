import { expect, test } from "vitest";
import { checkTraces } from "../stark/air/check-trace.ts";
import { numbers } from "../stark/toys/mutations.ts";
import { slotFaults } from "../testing/slot-tables.ts";
import { type HuntSlot, sampleSlots } from "../testing/zkvm-hunt/hunt-slots.ts";
import { type HuntTable, huntTables, interactionBase } from "../testing/zkvm-hunt/hunt-table.ts";
import { RowJudge } from "../testing/zkvm-hunt/judge.ts";
import { mutateRows } from "../testing/zkvm-hunt/mutation-campaign.ts";
import { rowKinds, valuesFor } from "../testing/zkvm-hunt/mutations.ts";
import { system } from "./system.ts";

/** Mutations of each column; `npm run campaign -- zkvm-mutations` makes a million of them and more. */
const perColumn = 300;

const tables = huntTables(system);
const slots = sampleSlots({ random: 12, seed: 5 });

test("no change of one or two cells of a row is accepted but those that the list allows", () => {
  const report = mutateRows(tables, { slots, seed: 4, perColumn });
  expect(report.accepted).toEqual([]);
  const tried = report.counts.reduce((sum, counts) => sum + counts.tried, 0);
  process.stdout.write(`row mutations: ${tried}, ${report.counts.length} columns\n`);
  expect(report.counts.length).toBe(tables.reduce((sum, { program }) => sum + program.width, 0));
  for (const { table, column, tried: own, constraint, bus, balance } of report.counts) {
    expect(own, `${table} ${column}`).toBeGreaterThanOrEqual(perColumn);
    // Nothing is free in every row but how often a row of the fixed table is used, which balances.
    expect(constraint + bus + balance, `${table} ${column}`).toBeGreaterThan(0);
  }
});

test("without a table's constraints the same mutations are accepted", () => {
  for (const table of tables) {
    const bare = { ...table, program: { ...table.program, constraints: [] } };
    const { accepted } = mutateRows([bare], { slots, seed: 4, perColumn: 20 });
    const isBound = table.program.constraints.length > 0;
    expect(accepted.length > 0, table.name).toBe(isBound);
  }
});

/** Rows of small slots with one cell changed. */
function* someMutations(table: HuntTable, small: readonly HuntSlot[], count: number) {
  const random = numbers(17);
  const kinds = rowKinds(table, small);
  for (let i = 0; i < count; i++) {
    const { rows } = kinds[random(kinds.length)]!;
    const { slot, row } = rows[random(rows.length)]!;
    const judge = new RowJudge({ slot, table, row });
    const local = judge.local.slice();
    const column = random(local.length);
    const values = valuesFor(local[column]!, random(65_536), random);
    local[column] = values[random(values.length)]!;
    const { stride, width } = slot.traces[table.index]!;
    const traces = slot.traces.map((matrix) => ({ ...matrix, values: matrix.values.slice() }));
    traces[table.index]!.values.set(local.subarray(0, width), row * stride);
    yield { slot, row, column, traces, judgement: judge.judge(local) };
  }
}

const small = slots.filter(
  ({ traces }) => Math.max(...traces.slice(0, -1).map((m) => m.height)) < 70,
);

test("the judge names the constraints that a check of the whole table names", () => {
  for (const table of tables.slice(0, -1)) {
    for (const { slot, row, column, traces, judgement } of someMutations(table, small, 40)) {
      const main = traces[table.index]!;
      const publicValues = slot.about.publicValues[table.index]!;
      const { program } = table;
      const faults = checkTraces([{ program, main, fixed: null, publicValues }], [], 10_000);
      const found = faults.flatMap((fault) => ("constraint" in fault ? [fault.constraint] : []));
      const named = judgement.obstacles.filter((obstacle) => obstacle < interactionBase);
      const what = `${table.name} ${slot.name} row ${row}: ${table.columnNames[column]}`;
      expect(new Set(found), what).toEqual(new Set(named));
    }
  }
});

test("what the judge calls the same is what all tables and buses take for the same", () => {
  const { name } = slots.find((slot) => slot.name === "beyond")!;
  let [same, other] = [0, 0];
  for (const table of tables) {
    const only = slots.filter((slot) => slot.name === name);
    for (const { slot, row, column, traces, judgement } of someMutations(table, only, 12)) {
      const { inbox } = slot.input;
      const pages = slot.witness.run.pagesBefore;
      const isWhole = slotFaults(slot.witness, traces, { inbox, pages }).length === 0;
      const isSame = judgement.obstacles.length === 0 && judgement.effect === "same";
      expect(isWhole, `${table.name} row ${row}: ${table.columnNames[column]}`).toBe(isSame);
      if (isSame) same++;
      else other++;
    }
  }
  expect(Math.min(same, other)).toBeGreaterThan(10);
});
