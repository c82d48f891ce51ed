/**
 * Mutations of rows (design of the hunt, level 1): which rows, which values.
 *
 * @module
 */

import { P } from "../../field/koala-bear.ts";
import type { HuntSlot } from "./hunt-slots.ts";
import type { HuntTable } from "./hunt-table.ts";

export type Random = (below: number) => number;

/** Rows of one kind: the same bits are set in them. */
export interface RowKind {
  readonly table: HuntTable;
  readonly name: string;
  readonly rows: readonly { readonly slot: HuntSlot; readonly row: number }[];
}

/** How many rows of one kind are kept of each slot. */
const rowsPerKind = 6;

function kindOf(table: HuntTable, slot: HuntSlot, row: number): string {
  const { values, stride, height } = slot.traces[table.index]!;
  const edge = row === 0 ? " first" : row === height - 1 ? " last" : "";
  const bits = table.bits.filter((column) => values[row * stride + column] === 1);
  return `${bits.map((column) => table.columnNames[column]).join(" ")}${edge}`;
}

/** All kinds of rows that the slots have in a table, a few rows of each from every slot. */
export function rowKinds(table: HuntTable, slots: readonly HuntSlot[]): RowKind[] {
  const kinds = new Map<string, { readonly slot: HuntSlot; readonly row: number }[]>();
  for (const slot of slots) {
    const own = new Map<string, number[]>();
    const { height } = slot.traces[table.index]!;
    for (let row = 0; row < height; row++) {
      const kind = kindOf(table, slot, row);
      const rows = own.get(kind);
      if (rows === undefined) own.set(kind, [row]);
      else rows.push(row);
    }
    for (const [kind, rows] of own) {
      const step = Math.max(1, (rows.length - 1) / (rowsPerKind - 1));
      const kept = kinds.get(kind) ?? [];
      for (let i = 0; Math.round(i) < rows.length; i += step) {
        kept.push({ slot, row: rows[Math.round(i)]! });
      }
      kinds.set(kind, kept);
    }
  }
  return [...kinds].map(([name, rows]) => ({ table, name, rows }));
}

/** The values that a cell is tried with beside its own `x`; `other` is the column's in another row. */
export function valuesFor(x: number, other: number, random: Random): number[] {
  return [
    0,
    1,
    P - 1,
    (x + 1) % P,
    (x + P - 1) % P,
    (x + 65_536) % P,
    (x + P - 65_536) % P,
    (x ^ (1 << random(16))) % P,
    other,
    random(65_536),
    random(P),
  ];
}
