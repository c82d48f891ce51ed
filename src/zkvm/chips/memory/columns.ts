/**
 * Columns of the memory chip: one load or store inside one word a row (spec/14-zkvm.md §7.2).
 *
 * @module
 */

import { type Columns, columnsOf } from "../columns.ts";

const names = [
  "real",
  "isLoad",
  /** How many bytes: one of the three. */
  "one",
  "two",
  "four",
  "clock",
  "pages",
  "addressLow",
  "addressHigh",
  /** The address is four times `wordLow` and the byte in the word that is one of these. */
  "wordLow",
  "byte0",
  "byte1",
  "byte2",
  "byte3",
  "time",
  "oldLow",
  "oldHigh",
  "newLow",
  "newHigh",
  "valueLow",
  "valueHigh",
  /** Bytes of the limb that a narrow access is in, and of a moved value's low limb. */
  "limbLow",
  "limbHigh",
  "limbAnd",
  "storedLow",
  "storedHigh",
  "storedAnd",
] as const;

export const memory: Columns<(typeof names)[number]> = columnsOf(names);
export const memoryWidth: number = names.length;
