/**
 * Static bounds of expressions over the integers (design of the hunt, item 3): what a column may hold by
 * its own constraints and lookups, and the least and greatest value of whatever is made of that. A
 * constraint that is meant as an identity of integers is one only if it stays away from the modulus.
 *
 * @module
 */

import { P } from "../../field/koala-bear.ts";
import { buses } from "../../zkvm/chips/buses.ts";
import { columnOf, type HuntTable } from "./hunt-table.ts";

export type Interval = readonly [least: number, greatest: number];

/** Ranges of columns by name. */
export type Ranges = Readonly<Record<string, Interval>>;

const limb: Interval = [0, 65_535];
const byte: Interval = [0, 255];

/** What each lookup on a bus shows about the parts of its tuple. */
const shown: ReadonlyMap<number, readonly Interval[]> = new Map([
  [buses.range, [limb]],
  [buses.bytes, [byte, byte, byte]],
  [buses.count, [limb, [0, 16], [0, 16], [0, 16], limb, limb]],
]);

/** The column of x or of x times a number, and that number. */
function scaled(table: HuntTable, node: number): { readonly column: number; by: number } | null {
  const { nodes } = table.program;
  const { operation, left, right } = nodes[node]!;
  if (operation === "local") return { column: left, by: 1 };
  const [x, y] = [nodes[left], nodes[right]];
  const isScaled = operation === "mul" && x?.operation === "local" && y?.operation === "constant";
  return isScaled ? { column: x.left, by: y.left } : null;
}

/** What the table itself shows of its columns: bits, and what is looked up. */
export function ownRanges(table: HuntTable): Map<number, Interval> {
  const ranges = new Map<number, Interval>();
  const { interactions } = table.program;
  const plain = new Set<number>();
  const lookups = interactions.flatMap(({ bus, tuple }, i) =>
    table.roles[i] === "lookup" ? [{ bus, tuple }] : [],
  );
  for (const { bus, tuple } of lookups) {
    for (const [k, node] of tuple.entries()) {
      const found = scaled(table, node);
      const interval = shown.get(bus)?.[k];
      if (found?.by !== 1 || interval === undefined) continue;
      plain.add(found.column);
      ranges.set(found.column, interval);
    }
  }
  // x and c x both below 2^16: then x is an integer below 2^16 / c.
  for (const { tuple } of lookups) {
    const found = scaled(table, tuple[0]!);
    if (tuple.length > 1 || found === null || found.by === 1 || !plain.has(found.column)) continue;
    ranges.set(found.column, [0, Math.floor(65_535 / found.by)]);
  }
  for (const column of table.bits) ranges.set(column, [0, 1]);
  return ranges;
}

/** Least and greatest value of an expression; null where it reads a column without a range. */
export function intervalOf(
  table: HuntTable,
  node: number,
  ranges: ReadonlyMap<number, Interval>,
): Interval | null {
  const { operation, left, right } = table.program.nodes[node]!;
  switch (operation) {
    case "constant": {
      const value = left > P / 2 ? left - P : left;
      return [value, value];
    }
    case "local":
    case "next":
      return ranges.get(left) ?? null;
    case "public":
      return ranges.get(-1 - left) ?? null;
    case "fixed":
      return null;
    default: {
      const [x, y] = [intervalOf(table, left, ranges), intervalOf(table, right, ranges)];
      if (x === null || y === null) return null;
      if (operation === "add") return [x[0] + y[0], x[1] + y[1]];
      if (operation === "sub") return [x[0] - y[1], x[1] - y[0]];
      const products = x.flatMap((a) => y.map((b) => a * b));
      return [Math.min(...products), Math.max(...products)];
    }
  }
}

/** The table's own ranges and others, by name; public values as `public 0` and so on. */
export function rangesWith(table: HuntTable, declared: Ranges): Map<number, Interval> {
  const ranges = ownRanges(table);
  for (const [name, interval] of Object.entries(declared)) {
    const isPublic = name.startsWith("public ");
    const key = isPublic ? -1 - Number(name.slice("public ".length)) : columnOf(table, name);
    ranges.set(key, interval);
  }
  return ranges;
}
