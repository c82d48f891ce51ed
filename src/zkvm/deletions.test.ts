import { expect, test } from "vitest";
import { numbers } from "../stark/toys/mutations.ts";
import { freedoms } from "../testing/zkvm-hunt/allow-list.ts";
import { forgeryText, huntDeletions, isNoticed } from "../testing/zkvm-hunt/deletions.ts";
import { directedForgeries, tryForgery } from "../testing/zkvm-hunt/directed.ts";
import { Forger } from "../testing/zkvm-hunt/forger.ts";
import { sampleSlots } from "../testing/zkvm-hunt/hunt-slots.ts";
import {
  columnOf,
  type HuntTable,
  huntTable,
  huntTables,
  interactionBase,
  nameOfObstacle,
} from "../testing/zkvm-hunt/hunt-table.ts";
import { RowJudge } from "../testing/zkvm-hunt/judge.ts";
import { rowKinds } from "../testing/zkvm-hunt/mutations.ts";
import { newFindings, obstaclesOf, Search } from "../testing/zkvm-hunt/search.ts";
import { system } from "./system.ts";

const tables = huntTables(system);
const slots = sampleSlots({ random: 12, seed: 5 });

const reports = tables.map((table) =>
  huntDeletions(table, { slots, seed: 9, free: 3000, aimed: 12_000, enough: "row" }),
);

test("of 99 % of all constraints and interactions each is all that refuses some forgery", () => {
  expect(reports.flatMap(({ accepted }) => accepted.map(forgeryText))).toEqual([]);
  const deletions = reports.flatMap((report) => report.deletions);
  const missed = deletions.filter((deletion) => !isNoticed(deletion));
  const judged = reports.reduce((sum, report) => sum + report.judged, 0);
  process.stdout.write(
    `deletions: ${deletions.length - missed.length} of ${deletions.length} noticed, ${judged} rows judged\n`,
  );
  expect(missed.length, missed.map(({ name }) => name).join("\n")).toBeLessThanOrEqual(
    Math.floor(deletions.length / 100),
  );
});

/** The table without one of its constraints or interactions. */
function without(table: HuntTable, obstacle: number): HuntTable {
  const { program, index } = table;
  const isOther = (i: number): boolean => i !== obstacle;
  const constraints = program.constraints.filter((_, i) => isOther(i));
  const interactions = program.interactions.filter((_, i) => isOther(interactionBase + i));
  return huntTable({ program: { ...program, constraints, interactions } }, index);
}

test("a table without the one thing that refuses a forgery accepts it", () => {
  let tried = 0;
  for (const [i, table] of tables.entries()) {
    for (const target of obstaclesOf(table)) {
      const name = nameOfObstacle(table, target);
      const found = reports[i]!.deletions.find((deletion) => deletion.name === name);
      if (found?.forgery == null || !isNoticed(found)) continue;
      const { slot, row, local, next } = found.forgery;
      const reduced = new RowJudge({ slot, row, table: without(table, target) });
      const { obstacles } = reduced.judge(local, next);
      // Where a bus refuses as well it is no constraint, at least.
      const left = obstacles.filter((o) => found.grade !== "row" || o < interactionBase);
      expect(left, name).toEqual([]);
      expect(new RowJudge({ slot, row, table }).judge(local, next).obstacles).toContain(target);
      tried++;
    }
  }
  expect(tried).toBeGreaterThan(200);
});

test.each(freedoms.map((freedom) => [freedom.why, freedom] as const))(
  "a freedom that some changed row makes use of: %s",
  (why, freedom) => {
    const table = tables.find(({ name }) => name === freedom.table)!;
    const findings = newFindings();
    const all = rowKinds(table, slots);
    // Rows that have it as they are, or any where none has.
    const own = all.flatMap(({ rows, ...kind }) => {
      const having = rows.filter(({ slot, row }) => {
        const { values, stride } = slot.traces[table.index]!;
        const cell = (name: string): number => values[row * stride + columnOf(table, name)]!;
        return freedom.when(cell, { slot, table, row });
      });
      return having.length === 0 ? [] : [{ ...kind, rows: having }];
    });
    const kinds = own.length === 0 ? all : own;
    const search = new Search(kinds, numbers(3), findings);
    for (let i = 0; i < 3000 && !findings.freedoms.has(why); i++) search.attempt(null);
    // To go on after a stop takes a whole next row, which a search at random hardly finds.
    for (let i = 0; i < 300 && !findings.freedoms.has(why); i++) {
      const { name, rows } = kinds[i % kinds.length]!;
      const { slot, row } = rows[0]!;
      const forger = new Forger(new RowJudge({ slot, table, row }), numbers(i));
      forger.assign({ cells: "local", column: columnOf(table, freedom.columns[0]!) }, 0);
      forger.assign({ cells: "next", column: columnOf(table, "real") }, 1);
      search.pursue(forger, name, null);
    }
    expect(findings.freedoms.has(why)).toBe(true);
  },
);

test("the tables have as many constraints and interactions as these forgeries were made for", () => {
  const counts = system.tables.map(({ program }) => [
    program.name,
    program.constraints.length,
    program.interactions.length,
  ]);
  expect(counts).toMatchInlineSnapshot(`
    [
      [
        "cpu",
        99,
        16,
      ],
      [
        "memory",
        24,
        8,
      ],
      [
        "bitwise",
        4,
        5,
      ],
      [
        "comparison",
        7,
        5,
      ],
      [
        "counting",
        10,
        3,
      ],
      [
        "multiplication",
        16,
        18,
      ],
      [
        "refresh",
        2,
        6,
      ],
      [
        "frames",
        4,
        2,
      ],
      [
        "fixed",
        0,
        3,
      ],
    ]
  `);
});

test.each(directedForgeries.map((forgery) => [forgery.name, forgery] as const))(
  "%s: one thing refuses it, and nothing else",
  (_name, forgery) => {
    const table = tables.find(({ name }) => name === forgery.table)!;
    const findings = newFindings();
    tryForgery(forgery, { kinds: rowKinds(table, slots), random: numbers(1), findings });
    expect(findings.accepted.map(forgeryText)).toEqual([]);
    const target = obstaclesOf(table).find((o) => nameOfObstacle(table, o) === forgery.obstacle)!;
    expect(["row", "unlisted", "harmful"]).toContain(findings.byObstacle.get(target)?.grade);
  },
);
