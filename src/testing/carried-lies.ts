/**
 * Lies about what is carried from one segment of a slot into the next (spec/14-zkvm.md §6.1), for
 * tests of what refuses them.
 *
 * @module
 */

import { P } from "../field/koala-bear.ts";
import type { CarriedCells } from "../zkvm/registers.ts";

/** The lists of carried cells, to be changed. */
export type CarriedList = { readonly [Name in keyof CarriedCells]: number[] };

/** Carried cells that are the same but for a change of the lists. */
export function carriedWith(own: CarriedCells, change: (lists: CarriedList) => void): CarriedCells {
  const { cells, times, lows, highs } = own;
  const lists = { cells: [...cells], times: [...times], lows: [...lows], highs: [...highs] };
  change(lists);
  return {
    cells: Uint32Array.from(lists.cells),
    times: Uint32Array.from(lists.times),
    lows: Uint32Array.from(lists.lows),
    highs: Uint32Array.from(lists.highs),
  };
}

/** The cell that most of the lies are about. */
export const liedAbout = 7;

/** What a lie does to the lists. */
export type CarriedLie = (lists: CarriedList) => void;

function inEach(change: (list: number[]) => void): CarriedLie {
  return (lists) => {
    for (const list of Object.values(lists)) change(list);
  };
}

export const dropCell: CarriedLie = inEach((list) => list.splice(liedAbout, 1));
export const dropAll: CarriedLie = inEach((list) => list.splice(0));
export const repeatCell: CarriedLie = inEach((list) =>
  list.splice(liedAbout, 0, ...list.slice(liedAbout, liedAbout + 1)),
);
/** The first cell behind the last one. */
export const reorderCells: CarriedLie = inEach((list) => list.push(...list.splice(0, 1)));

/** One more of a number. */
export function raiseCell(name: keyof CarriedCells): CarriedLie {
  return (lists) => {
    lists[name][liedAbout] = ((lists[name][liedAbout] ?? 0) + 1) % P;
  };
}
/** A cell that is not there, at its place. */
export function insertCell(cell: number, low: number): CarriedLie {
  return (lists) => {
    const next = lists.cells.findIndex((other) => other > cell);
    const at = next < 0 ? lists.cells.length : next;
    lists.cells.splice(at, 0, cell);
    lists.times.splice(at, 0, 0);
    lists.lows.splice(at, 0, low);
    lists.highs.splice(at, 0, 0);
  };
}
