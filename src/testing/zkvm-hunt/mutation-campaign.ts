/**
 * Row mutations of every column of every table (design of the hunt, level 1): each kind of row, each
 * column, each of a dozen values, alone and in pairs; counted by table and column.
 *
 * @module
 */

import { P } from "../../field/koala-bear.ts";
import { numbers } from "../../stark/toys/mutations.ts";
import { freedomOf } from "./allow-list.ts";
import type { HuntSlot } from "./hunt-slots.ts";
import { type HuntTable, interactionBase } from "./hunt-table.ts";
import { RowJudge } from "./judge.ts";
import { type Random, type RowKind, rowKinds, valuesFor } from "./mutations.ts";

/** What became of the mutations of one column. */
export interface ColumnCounts {
  readonly table: string;
  readonly column: string;
  tried: number;
  /** Refused by a constraint. */
  constraint: number;
  /** Refused since a lookup, a chip, the program or a cell has no such row. */
  bus: number;
  /** True in itself, but the buses no longer balance. */
  balance: number;
  /** Accepted, and a freedom allows it. */
  allowed: number;
}

export interface MutationReport {
  readonly counts: readonly ColumnCounts[];
  /** Accepted, and nothing allows it: bugs. */
  readonly accepted: readonly string[];
  /** How often each freedom was used, by its reason. */
  readonly freedoms: ReadonlyMap<string, number>;
}

class Mutator {
  readonly table: HuntTable;
  readonly counts: ColumnCounts[];
  readonly accepted: string[] = [];
  readonly freedoms: Map<string, number> = new Map();
  readonly #random: Random;
  readonly #kinds: readonly RowKind[];

  constructor(table: HuntTable, kinds: readonly RowKind[], random: Random) {
    this.table = table;
    this.#kinds = kinds;
    this.#random = random;
    this.counts = table.columnNames.map((column) => ({
      ...{ table: table.name, column },
      ...{ tried: 0, constraint: 0, bus: 0, balance: 0, allowed: 0 },
    }));
  }

  #judge(judge: RowJudge, local: Uint32Array, columns: readonly number[]): void {
    const counts = this.counts[columns[0]!]!;
    counts.tried++;
    const { obstacles, effect } = judge.judge(local);
    if (obstacles.length > 0) {
      if (obstacles.some((obstacle) => obstacle < interactionBase)) counts.constraint++;
      else counts.bus++;
      return;
    }
    const freedoms = freedomOf(judge.place, { local, columns }, effect);
    if (freedoms !== null) {
      counts.allowed++;
      for (const { why } of freedoms) this.freedoms.set(why, (this.freedoms.get(why) ?? 0) + 1);
    } else if (effect === "elsewhere") counts.balance++;
    else {
      const { slot, row } = judge.place;
      const cells = columns.map((column) => `${this.table.columnNames[column]} ${local[column]}`);
      this.accepted.push(`${this.table.name} ${slot.name} row ${row}: ${cells.join(", ")}`);
    }
  }

  /** One row of each kind, every column by itself with all values and with another column. */
  round(): void {
    const random = this.#random;
    const { table } = this;
    for (const { rows } of this.#kinds) {
      const { slot, row } = rows[random(rows.length)]!;
      const judge = new RowJudge({ slot, table, row });
      const local = judge.local.slice();
      for (let column = 0; column < local.length; column++) {
        const [own, second] = [judge.local[column]!, random(local.length)];
        for (const value of valuesFor(own, this.#otherCell(column), random)) {
          if (value === own) continue;
          local[column] = value;
          this.#judge(judge, local, [column]);
        }
        // A pair, by one difference or each by its own.
        const difference = local[column]! - own;
        const secondValues = valuesFor(judge.local[second]!, this.#otherCell(second), random);
        const moved = (((judge.local[second]! + difference) % P) + P) % P;
        local[second] = random(2) === 0 ? moved : secondValues[random(secondValues.length)]!;
        const columns = [column, second].filter((each) => local[each] !== judge.local[each]);
        if (second !== column && columns.length === 2) this.#judge(judge, local, columns);
        local[second] = judge.local[second]!;
        local[column] = own;
      }
    }
  }

  /** The column's cell in another row. */
  #otherCell(column: number): number {
    const { rows } = this.#kinds[this.#random(this.#kinds.length)]!;
    const { slot, row } = rows[this.#random(rows.length)]!;
    const { values, stride } = slot.traces[this.table.index]!;
    return values[row * stride + column]!;
  }
}

/** Mutates until each table has had at least so many mutations for each of its columns. */
export function mutateRows(
  tables: readonly HuntTable[],
  options: {
    readonly slots: readonly HuntSlot[];
    readonly seed: number;
    readonly perColumn: number;
  },
): MutationReport {
  const { slots, seed, perColumn } = options;
  const random = numbers(seed);
  const counts: ColumnCounts[] = [];
  const accepted: string[] = [];
  const freedoms = new Map<string, number>();
  for (const table of tables) {
    const mutator = new Mutator(table, rowKinds(table, slots), random);
    while (mutator.counts.some(({ tried }) => tried < perColumn)) mutator.round();
    counts.push(...mutator.counts);
    accepted.push(...mutator.accepted);
    for (const [why, count] of mutator.freedoms)
      freedoms.set(why, (freedoms.get(why) ?? 0) + count);
  }
  return { counts, accepted, freedoms };
}
