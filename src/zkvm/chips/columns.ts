/**
 * Names for the columns of a table: their order is their place.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";

/** The place of each name. */
export type Columns<Name extends string> = Readonly<Record<Name, number>>;

export function columnsOf<const Names extends readonly string[]>(
  names: Names,
): Columns<Names[number]> {
  assert(new Set(names).size === names.length, "a name for each column");
  const entries = names.map((name, place) => [name, place]);
  return Object.fromEntries(entries) as Columns<Names[number]>;
}
