/**
 * Forgeries by hand: changes of several cells that fit each other, so that exactly one constraint or
 * lookup stands in the way, where a search at random would hardly find them. Each names what that is.
 *
 * @module
 */

import { inverse, mul, P } from "../../field/koala-bear.ts";
import type { TableName } from "../../zkvm/system.ts";
import { Forger } from "./forger.ts";
import type { HuntSlot } from "./hunt-slots.ts";
import { columnOf, type HuntTable, nameOfObstacle } from "./hunt-table.ts";
import { RowJudge } from "./judge.ts";
import type { Random, RowKind } from "./mutations.ts";
import { type Findings, obstaclesOf, Search } from "./search.ts";

/** The cells of a row by their names, to be read and set. */
export interface Editor {
  readonly get: (name: string) => number;
  readonly set: (name: string, value: number) => void;
  /** Sets what is handed on. */
  readonly setNext: (name: string, value: number) => void;
  readonly slot: HuntSlot;
}

export interface DirectedForgery {
  readonly name: string;
  readonly table: TableName;
  /** The obstacle as `nameOfObstacle` says it. */
  readonly obstacle: string;
  /** Makes the change; false where this row is no row for it. */
  readonly change: (row: Editor, random: Random) => boolean;
}

const limb = 65_536;

/** Places of bytes in columns of products: the sum of the limbs `place` and what is carried in. */
function columnOfProducts({ get }: Editor, place: number): number {
  let sum = 0;
  for (const [at, weight] of [
    [2 * place, 1],
    [2 * place + 1, 256],
  ] as const) {
    for (let i = Math.max(0, at - 3); i <= Math.min(3, at); i++) {
      sum += weight * get(`x${i}`) * get(`y${at - i}`);
    }
  }
  const added = ["zLow", "zHigh"][place];
  return sum + (added === undefined ? 0 : get(added));
}

const outputs = ["lLow", "lHigh", "hLow", "hHigh"] as const;

/** Carries what is left on from a place, with a carry that is wrong there. */
function carryOn(row: Editor, place: number, wrong: number): void {
  let carry = wrong;
  row.set(`carry${place}`, carry);
  for (let next = place + 1; next < 4; next++) {
    const sum = columnOfProducts(row, next) + carry;
    carry = next === 3 ? 0 : Math.floor(sum / limb);
    row.set(outputs[next]!, sum - limb * carry);
    if (next < 3) row.set(`carry${next}`, carry);
  }
}

function leftAt(row: Editor, place: number): number {
  return columnOfProducts(row, place) + (place === 0 ? 0 : row.get(`carry${place - 1}`));
}

const isProduct = (row: Editor): boolean => row.get("multiply") + row.get("multiplyHigh") === 1;

/** A carry of x/32 in the field, which 32 times is a 16-bit number; the next column makes up for it. */
function fractionalCarry(row: Editor, place: 0 | 1 | 2): boolean {
  const left = leftAt(row, place);
  // x/32 is (x + p) / 32 then, which is small enough for the next column.
  const x = [0, 1, 2, 3, 4]
    .map((k) => Math.floor(left / 2048) - k)
    .find((each) => each % 32 === 31);
  if (!isProduct(row) || x === undefined || left - 2048 * x >= limb) return false;
  row.set(outputs[place], left - 2048 * x);
  carryOn(row, place, mul(x, inverse(32)));
  return true;
}

/** A carry of a 16-bit number too much, which 2^16 times is p - 1: one less than nothing. */
function wrappingCarry(row: Editor, place: 0 | 1 | 2): boolean {
  const left = leftAt(row, place);
  if (!isProduct(row) || left % limb === limb - 1) return false;
  row.set(outputs[place], (left % limb) + 1);
  carryOn(row, place, Math.floor(left / limb) + (P - 1) / limb);
  return true;
}

/** Takes a cell as a later access left it. */
function readLater(
  row: Editor,
  columns: { cell: number; time: string; values: readonly string[] },
) {
  const { cell, time, values } = columns;
  const later = (row.slot.left.get(cell) ?? []).findLast(
    (tuple) => tuple[1]! > row.get("clock") + 3 && tuple[1]! > row.get(time),
  );
  if (later === undefined) return false;
  row.set(time, later[1]!);
  values.forEach((name, i) => {
    row.set(name, later[2 + i]!);
  });
  return true;
}

const cpuForgeries: readonly DirectedForgery[] = [
  {
    name: "an operand is read before it is written",
    table: "cpu",
    obstacle: "cpu range ((((clock + 0) - aTime) - 1))",
    change: (row) => {
      const isRead = row.get("aOn") === 1 && row.get("return") === 0;
      const values = ["aLow", "aHigh"];
      return isRead && readLater(row, { cell: row.get("aCell"), time: "aTime", values });
    },
  },
  {
    name: "a second operand is read before it is written",
    table: "cpu",
    obstacle: "cpu range ((((clock + 1) - bTime) - 1))",
    change: (row) => {
      const values = ["bLow", "bHigh"];
      return (
        row.get("bOn") === 1 && readLater(row, { cell: row.get("bCell"), time: "bTime", values })
      );
    },
  },
  {
    name: "a row after the stop stops again, and goes on as minus one row",
    table: "cpu",
    obstacle: "cpu every (real * (real - 1))",
    change: (row) => {
      if (row.get("real") + row.get("pause") > 0) return false;
      row.set("halt", 1);
      row.setNext("real", P - 1);
      return true;
    },
  },
  {
    name: "a row after the stop asks a chip for what is false",
    table: "cpu",
    obstacle: "cpu every (operate * (1 - real))",
    change: (row) => {
      if (row.get("real") + row.get("pause") > 0) return false;
      row.set("operate", 1);
      row.set("operation", 1);
      row.set("wLow", 1);
      return true;
    },
  },
];

const memoryForgeries: readonly DirectedForgery[] = [
  {
    name: "a word is loaded before it is stored",
    table: "memory",
    obstacle: "memory range (((clock - time) - 1))",
    change: (row) => {
      if (row.get("real") * row.get("isLoad") * row.get("four") !== 1) return false;
      const cell = row.get("wordLow") + 2 ** 14 * row.get("addressHigh");
      return readLater(row, { cell, time: "time", values: ["oldLow", "oldHigh"] });
    },
  },
  {
    name: "a frame's cell is loaded from beyond memory",
    table: "memory",
    obstacle: "memory range (((pages - addressHigh) - 1))",
    change: (row) => {
      if (row.get("real") * row.get("isLoad") * row.get("four") !== 1) return false;
      const untouched = [...row.slot.finalByCell.values()].find(
        ([cell = 0, time]) => cell >= 2 ** 27 && time === 0,
      );
      if (untouched === undefined || row.get("clock") > limb) return false;
      const place = untouched[0]! - 2 ** 27;
      row.set("addressHigh", 2 ** 13 + Math.floor(place / 2 ** 14));
      row.set("wordLow", place % 2 ** 14);
      row.set("addressLow", 4 * (place % 2 ** 14));
      for (const name of ["time", "oldLow", "oldHigh", "newLow", "newHigh"]) row.set(name, 0);
      row.set("valueLow", 0);
      row.set("valueHigh", 0);
      return true;
    },
  },
  {
    name: "beyond 2 GiB a quarter of an odd address is the number of a low word",
    table: "memory",
    obstacle: "memory range (wordLow)",
    change: (row) => {
      // Rows of `highMemorySlot`: the byte at 2^31 - 2^24 + 4w + 1 is read as the first of word w.
      const isHigh = row.get("addressHigh") >= (P - 1) / 2 ** 16;
      if (!isHigh || row.get("real") * row.get("isLoad") * row.get("byte1") !== 1) return false;
      row.set("byte1", 0);
      row.set("byte0", 1);
      row.set("wordLow", mul(row.get("addressLow"), inverse(4)));
      const word = (row.get("wordLow") + 2 ** 14 * row.get("addressHigh")) % P;
      const [, time = 0, low = 0, high = 0] = row.slot.finalByCell.get(word) ?? [];
      row.set("time", time);
      for (const name of ["oldLow", "newLow"]) row.set(name, low);
      for (const name of ["oldHigh", "newHigh"]) row.set(name, high);
      row.set("limbLow", low % 256);
      row.set("limbHigh", low >> 8);
      row.set("limbAnd", (low % 256) & (low >> 8));
      row.set("storedLow", low % 256);
      row.set("valueLow", low % 256);
      return row.slot.finalByCell.has(word);
    },
  },
];

const productForgeries = ([0, 1, 2] as const).flatMap((place): DirectedForgery[] => [
  {
    name: `carry ${place} of a product is a fraction`,
    table: "multiplication",
    obstacle: `multiplication range (carry${place})`,
    change: (row) => fractionalCarry(row, place),
  },
  {
    name: `carry ${place} of a product leads around the field`,
    table: "multiplication",
    obstacle: `multiplication range ((carry${place} * 32))`,
    change: (row) => wrappingCarry(row, place),
  },
]);

export const directedForgeries: readonly DirectedForgery[] = [
  ...cpuForgeries,
  ...memoryForgeries,
  ...productForgeries,
];

function editorOf(forger: Forger, table: HuntTable): Editor {
  return {
    get: (name) => forger.local[columnOf(table, name)]!,
    set: (name, value) => {
      forger.assign({ cells: "local", column: columnOf(table, name) }, value % P);
    },
    setNext: (name, value) => {
      forger.assign({ cells: "next", column: columnOf(table, name) }, value % P);
    },
    slot: forger.judge.place.slot,
  };
}

/** Tries a forgery on all rows of its table; what it finds goes to the findings. */
export function tryForgery(
  forgery: DirectedForgery,
  input: {
    readonly kinds: readonly RowKind[];
    readonly random: Random;
    readonly findings: Findings;
  },
): void {
  const { kinds, random, findings } = input;
  const { table } = kinds[0]!;
  const target = obstaclesOf(table).find(
    (each) => nameOfObstacle(table, each) === forgery.obstacle,
  );
  if (target === undefined) throw new Error(`no obstacle ${forgery.obstacle}`);
  const search = new Search(kinds, random, findings);
  for (const { name, rows } of kinds) {
    for (const { slot, row } of rows) {
      const judge = new RowJudge({ slot, table, row });
      for (let trial = 0; trial < trialsPerRow; trial++) {
        const forger = new Forger(judge, random);
        if (!forgery.change(editorOf(forger, table), random)) break;
        search.pursue(forger, name, target);
      }
    }
  }
}

/** Repairs are at random: how often each row is tried. */
const trialsPerRow = 4;
