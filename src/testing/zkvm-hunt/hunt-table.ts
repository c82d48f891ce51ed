/**
 * A table of the zkVM as the hunts read it: what stands in the way of a change, by kind. Everything
 * is read from the compiled AIR, so that a change of the constraints changes the hunt.
 *
 * @module
 */

import { P } from "../../field/koala-bear.ts";
import type { AirProgram, Interaction } from "../../stark/air/air.ts";
import type { System, Table } from "../../stark/system.ts";
import { bitwise } from "../../zkvm/chips/bitwise/constraints.ts";
import { buses } from "../../zkvm/chips/buses.ts";
import { comparison } from "../../zkvm/chips/comparison/constraints.ts";
import { counting } from "../../zkvm/chips/counting/constraints.ts";
import { cpu } from "../../zkvm/chips/cpu/columns.ts";
import { fixedUses } from "../../zkvm/chips/fixed/constraints.ts";
import { frames } from "../../zkvm/chips/frames/constraints.ts";
import { memory } from "../../zkvm/chips/memory/columns.ts";
import { multiplication } from "../../zkvm/chips/multiplication/constraints.ts";
import { refresh } from "../../zkvm/chips/refresh/constraints.ts";
import type { TableName } from "../../zkvm/system.ts";
import { type ColumnsRead, columnsRead, RowEvaluator } from "./row-evaluator.ts";

/**
 * What an interaction means to a cheating prover, who chooses how often the fixed table, a chip and a
 * row of the program are used, and what the public evidence says:
 *
 * - `lookup`, `ask`, `program`: the tuple must be a row of the fixed table, a true operation, a row of
 *   the program; how often is free;
 * - `offer`: a chip's answer; whatever it offers must be true;
 * - `take`: a cell as it was left; the row is given it;
 * - `request`: an access that the CPU asks for, of which it is given a loaded value;
 * - `answer`: an access as the memory chip was asked for, of which it gives a loaded value;
 * - `output`: anything else, which must be what it was;
 * - `provide`: what the fixed table gives.
 */
export type Role =
  | "lookup"
  | "ask"
  | "program"
  | "offer"
  | "take"
  | "request"
  | "answer"
  | "output"
  | "provide";

/** Names of columns by table, in the order of their places. */
const columnsByTable: Readonly<Record<TableName, Readonly<Record<string, number>>>> = {
  cpu,
  memory,
  bitwise,
  comparison,
  counting,
  multiplication,
  refresh,
  frames,
  fixed: fixedUses,
};

export interface HuntTable {
  readonly name: string;
  readonly index: number;
  readonly program: AirProgram;
  readonly columnNames: readonly string[];
  /** By interaction. */
  readonly roles: readonly Role[];
  /** Columns with the constraint x (x - 1). */
  readonly bits: readonly number[];
  /** Columns that a constraint reads in the next row: what a row hands on. */
  readonly handedOn: readonly number[];
  /** How many constraints read each of them. */
  readonly handedOnUses: ReadonlyMap<number, number>;
  /** Constraints of every row that read nothing but what the row before hands on. */
  readonly alone: readonly number[];
  readonly aloneNodes: RowEvaluator;
  /** The columns that each node reads. */
  readonly reads: readonly ColumnsRead[];
  /** Evaluates everything. */
  readonly all: RowEvaluator;
  /** Evaluates what reads the next row. */
  readonly transitions: RowEvaluator;
}

/** Whether the multiplicity is 0 - x, or negative. */
function isTaken(program: AirProgram, { multiplicity }: Interaction): boolean {
  const { operation, left } = program.nodes[multiplicity]!;
  if (operation === "constant") return left > P / 2;
  const first = program.nodes[left]!;
  return operation === "sub" && first.operation === "constant" && first.left === 0;
}

function roleOf(program: AirProgram, interaction: Interaction): Role {
  const { bus, weight } = interaction;
  if (program.fixedWidth > 0) return "provide";
  if (bus === buses.range || bus === buses.bytes || bus === buses.count) return "lookup";
  if (bus === buses.program) return "program";
  if (bus === buses.operation) return weight === 0 ? "offer" : "ask";
  const taken = isTaken(program, interaction);
  if (bus === buses.access) return taken ? "answer" : "request";
  return bus === buses.memory && taken ? "take" : "output";
}

/** The column of each constraint that says nothing but that the column is a bit. */
function bitColumns(program: AirProgram): number[] {
  return program.constraints.flatMap(({ kind, node }) => {
    const { operation, left, right } = program.nodes[node]!;
    const [x, y] = [program.nodes[left], program.nodes[right]];
    if (kind !== "every" || operation !== "mul" || x?.operation !== "local") return [];
    const one = y?.operation === "sub" ? program.nodes[y.right] : undefined;
    const isBit = y?.left === left && one?.operation === "constant" && one.left === 1;
    return isBit ? [x.left] : [];
  });
}

/** A table's place in the system, and its program, which may lack something. */
export function huntTable({ program }: Pick<Table, "program">, index: number): HuntTable {
  const { nodes, constraints, interactions } = program;
  const columns = Object.entries(columnsByTable[program.name as TableName]);
  const transitions = constraints.filter(({ node }) => nodes[node]!.usesNext);
  const nextColumns = nodes.flatMap(({ operation, left }) => (operation === "next" ? [left] : []));
  const handedOn = [...new Set(nextColumns)];
  const handedOnUses = new Map<number, number>();
  for (const { node } of constraints) {
    for (const column of columnsRead(program, node).next) {
      handedOnUses.set(column, (handedOnUses.get(column) ?? 0) + 1);
    }
  }
  const alone = constraints.flatMap(({ kind, node }, i) => {
    const read = columnsRead(program, node);
    const isAlone = kind === "every" && read.local.every((column) => handedOn.includes(column));
    return isAlone ? [i] : [];
  });
  return {
    name: program.name,
    index,
    program,
    columnNames: columns.toSorted(([, a], [, b]) => a - b).map(([name]) => name),
    roles: interactions.map((interaction) => roleOf(program, interaction)),
    bits: bitColumns(program),
    handedOn,
    handedOnUses,
    reads: program.nodes.map((_, node) => columnsRead(program, node)),
    alone,
    aloneNodes: new RowEvaluator(
      program,
      alone.map((i) => constraints[i]!.node),
    ),
    all: new RowEvaluator(program, [
      ...constraints.map(({ node }) => node),
      ...interactions.flatMap(({ tuple, multiplicity }) => [...tuple, multiplicity]),
    ]),
    transitions: new RowEvaluator(
      program,
      transitions.map(({ node }) => node),
    ),
  };
}

export function huntTables(system: System): readonly HuntTable[] {
  return system.tables.map(huntTable);
}

/** The column of a name. */
export function columnOf(table: HuntTable, name: string): number {
  const column = table.columnNames.indexOf(name);
  if (column < 0) throw new Error(`${table.name} has no column ${name}`);
  return column;
}

/** Names below which constraints and interactions are reported. */
export function nameOfObstacle(table: HuntTable, obstacle: number): string {
  if (obstacle < interactionBase) {
    const { kind, node } = table.program.constraints[obstacle]!;
    return `${table.name} ${kind} ${expressionText(table, node)}`;
  }
  const { bus, tuple } = table.program.interactions[obstacle - interactionBase]!;
  const busName = Object.entries(buses).find(([, number]) => number === bus)?.[0];
  const texts = tuple.map((node) => expressionText(table, node));
  return `${table.name} ${busName} (${texts.join(", ")})`;
}

/** Obstacles from here on are interactions, below constraints. */
export const interactionBase = 10_000;

/** An expression in the names of the columns; a prime marks the next row. */
export function expressionText(table: HuntTable, index: number): string {
  const { operation, left, right } = table.program.nodes[index]!;
  const signs = { add: "+", sub: "-", mul: "*" } as const;
  switch (operation) {
    case "constant":
      return `${left > P / 2 ? left - P : left}`;
    case "local":
      return table.columnNames[left]!;
    case "next":
      return `${table.columnNames[left]}'`;
    case "fixed":
    case "public":
      return `${operation}[${left}]`;
    default:
      return `(${expressionText(table, left)} ${signs[operation]} ${expressionText(table, right)})`;
  }
}
