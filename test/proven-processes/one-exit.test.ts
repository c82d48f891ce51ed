/**
 * No execution has both a proof of success and one of failure: for executions that end in every way,
 * the exit that is true passes the verifier, the constraints and the buses, and the other one does
 * not, whatever a prover believed while it ran and however it repairs what it shows.
 *
 * @module
 */

import { expect, test, vi } from "vitest";
import { P } from "../../src/field/koala-bear.ts";
import { hostKinds } from "../../src/zkvm/chips/buses.ts";
import { cpu } from "../../src/zkvm/chips/cpu/columns.ts";
import { memory } from "../../src/zkvm/chips/memory/columns.ts";
import { stepField, stepWidth } from "../../src/zkvm/machine/record.ts";
import type { RunRecord } from "../../src/zkvm/machine/run-record.ts";
import { Flag, Halt, type Row } from "../../src/zkvm/program/program.ts";
import { stepExits } from "../../src/zkvm/statement.ts";
import { tableIndex } from "../../src/zkvm/system.ts";
import {
  LiarsSlot,
  limits,
  type Premises,
  type Presented,
  withCells,
  withEnd,
  withPageCount,
} from "./lying-prover.ts";
import { waywardInboxes, waywardProcess } from "./wayward-process.ts";

vi.setConfig({ testTimeout: 180_000 });

const bytes = await waywardProcess();
const names = Object.keys(waywardInboxes);
const slots = new Map(names.map((name) => [name, new LiarsSlot(bytes, waywardInboxes[name]!)]));
const succeeding = names.slice(0, 4);

const { ok, failed } = stepExits;

test.each(names)("%s: the true exit has a witness, and the other one is refused", (name) => {
  const slot = slots.get(name)!;
  const exit = slot.trueExit();
  expect(exit).toBe(succeeding.includes(name) ? ok : failed);
  expect(slot.judge(slot.present(exit))).toBe("nobody");
  expect(slot.judge(slot.present(1 - exit))).toBe("EXIT_MISMATCH");
});

/** Another value in the cells of real rows of the CPU. */
const cpuCells =
  (column: keyof typeof cpu, change: (value: number, row: number) => number) =>
  (presented: Presented): Presented =>
    withCells(presented, tableIndex.cpu, (cells, row) => {
      if (cells[cpu.real] === 1) cells[cpu[column]] = change(cells[cpu[column]]!, row);
    });

const end =
  (change: Parameters<typeof withEnd>[1]) =>
  (presented: Presented): Presented =>
    withEnd(presented, change);

/** Two pages all the time, where the liar's machine had one. */
const twoPages = (presented: Presented): Presented => {
  const paged = cpuCells("pageCount", () => 2)(withPageCount(presented, 2));
  return withCells(paged, tableIndex.memory, (cells) => {
    if (cells[memory.real] === 1) cells[memory.pages] = 2;
  });
};

const trapRow: Partial<Row> = { flags: Flag.halt, operation: Halt.trap };

/** The row behind the one that receives the inbox is a trap. */
const trapInTheMiddle: Premises = {
  rows: (rows) => {
    const receive = rows.findLastIndex(({ flags }) => (flags & Flag.receive) !== 0);
    return rows.map((row, place) => (place === receive + 1 ? { ...row, ...trapRow } : row));
  },
};

/** And it is said to be the trap that the program has. */
const movedToTheTrap = (run: RunRecord, trap: number): void => {
  const last = (run.steps.length - 1) * stepWidth + stepField.place;
  run.counts[run.steps.values[last]!]!--;
  run.steps.values[last] = trap;
  run.counts[trap]!++;
};

/** Branches of the entry stub that would reject `alloc`'s answer go nowhere. */
const noChecks: Premises = {
  rows: (rows, trap) =>
    rows.map((row) => {
      const isCheck = (row.flags & Flag.branch) !== 0 && row.target === trap;
      return isCheck ? { ...row, flags: row.flags - Flag.branch } : row;
    }),
};

interface Forgery {
  readonly of: string;
  readonly premises?: Premises;
  readonly repairs?: readonly ((presented: Presented) => Presented)[];
  /** Who refuses it. */
  readonly by: string;
}

const stackTaken = 300;
const stackLimit = slots.get("ok")!.present(ok).witness.program.stackLimit;

const forgeries: Readonly<Record<string, Forgery>> = {
  "out of gas a little early": { of: "ok", premises: { gasLimit: 90 }, by: "EXIT_MISMATCH" },
  "out of gas one unit early": { of: "ok", premises: { gasLimit: 98 }, by: "EXIT_MISMATCH" },
  "out of gas early, and the host sees more gas": {
    ...{ of: "ok", premises: { gasLimit: 90 } },
    repairs: [end({ gas: limits.gasLimit + 1 })],
    by: "buses",
  },
  "out of gas early, with gas on every row": {
    ...{ of: "ok", premises: { gasLimit: 90 } },
    repairs: [end({ gas: 91 + limits.gasLimit }), cpuCells("gas", (gas) => gas + limits.gasLimit)],
    by: "constraints",
  },
  "out of stack early": {
    ...{ of: "recurses sixty deep", premises: { stackLimit: stackTaken }, by: "constraints" },
  },
  "out of stack early, with the whole stack on every row": {
    ...{ of: "recurses sixty deep", premises: { stackLimit: stackTaken } },
    repairs: [cpuCells("slots", (slots) => slots + stackLimit - stackTaken)],
    by: "constraints",
  },
  "out of bounds in an access in bounds": {
    ...{ of: "reads the last words of memory", premises: { pages: 1 }, by: "BOUNDARY" },
  },
  "out of bounds in an access in bounds of all pages": {
    ...{ of: "reads the last words of memory", premises: { pages: 1 } },
    repairs: [twoPages],
    by: "constraints",
  },
  "memory that may not grow": {
    ...{ of: "grows memory", premises: { memoryPagesMax: 2 }, by: "constraints" },
  },
  "memory that may not grow, with the true limit on the rows": {
    ...{ of: "grows memory", premises: { memoryPagesMax: 2 } },
    repairs: [
      cpuCells("bLow", (value) => (value === 2 ? 4 : value)),
      cpuCells("immediateLow", (value) => (value === 2 ? 4 : value)),
    ],
    by: "constraints",
  },
  "a trap in a row that is none": { of: "ok", premises: trapInTheMiddle, by: "EXIT_MISMATCH" },
  "a trap in a row that is none, and the host sees one": {
    ...{ of: "ok", premises: trapInTheMiddle },
    repairs: [end({ operation: Halt.trap })],
    by: "constraints",
  },
  "a jump to the program's trap that no row makes": {
    ...{ of: "ok", premises: { ...trapInTheMiddle, record: movedToTheTrap } },
    by: "constraints",
  },
  "a returned range that is outside": { of: "ok", repairs: [end({ bHigh: 65_535 })], by: "buses" },
  "a stop that the host alone sees": {
    ...{ of: "ok", repairs: [end({ kind: hostKinds.outOfBounds })], by: "buses" },
  },
  "more gas than there is": {
    ...{ of: "spends all gas", premises: { gasLimit: 10 ** 7 }, by: "EXIT_MISMATCH" },
  },
  "more gas than there is, and the host sees less": {
    ...{ of: "spends all gas", premises: { gasLimit: 10 ** 7 } },
    repairs: [end({ gas: limits.gasLimit })],
    by: "buses",
  },
  "more gas than there is, of which rows say nothing": {
    ...{ of: "spends all gas", premises: { gasLimit: 10 ** 7 } },
    repairs: [
      end({ gas: limits.gasLimit }),
      cpuCells("gas", (gas) => Math.min(gas, limits.gasLimit)),
    ],
    by: "constraints",
  },
  "more stack than there is": {
    of: "recurses deeper than its stack",
    premises: { stackLimit: 250_000 },
    by: "constraints",
  },
  "more stack than there is, with the true stack on every row": {
    of: "recurses deeper than its stack",
    premises: { stackLimit: 250_000 },
    repairs: [cpuCells("slots", (slots) => (slots + P - 250_000 + stackLimit) % P)],
    by: "constraints",
  },
  "another page behind memory": {
    ...{ of: "reads across memory's end", premises: { pages: 3 }, by: "constraints" },
  },
  "another page behind memory, from the second row on": {
    ...{ of: "reads across memory's end", premises: { pages: 3 } },
    repairs: [cpuCells("pageCount", (pages, row) => (row === 0 ? 2 : pages))],
    by: "constraints",
  },
  "a returned range outside of memory": {
    ...{ of: "returns a range outside of memory", by: "EXIT_MISMATCH" },
  },
  "a returned range outside of memory, and the host sees another": {
    ...{ of: "returns a range outside of memory", repairs: [end({ bLow: 0, bHigh: 0 })] },
    by: "RETURNED_MISMATCH",
  },
  "an inbox at an odd place": {
    ...{ of: "takes its inbox at an odd place", premises: noChecks, by: "RECEPTION" },
  },
  "an inbox behind memory": {
    ...{ of: "takes its inbox behind memory", premises: noChecks, by: "BOUNDARY" },
  },
};

test.each(Object.keys(forgeries))("%s is no proof of the other exit", (name) => {
  const { of, premises, repairs = [], by } = forgeries[name]!;
  const slot = slots.get(of)!;
  const other = 1 - slot.trueExit();
  const presented = repairs.reduce((made, repair) => repair(made), slot.present(other, premises));
  expect(slot.judge(presented)).toBe(by);
});
