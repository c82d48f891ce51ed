/**
 * Rows of the tables that are never hashed: MessagePack arrays by msgpackr, the only place that
 * uses it. Bytes inside a row are views of the row, which is the reader's own.
 *
 * @module
 */

import { type Options, Packr } from "msgpackr";
import { StoreError } from "./store-error.ts";

// Records would make the bytes depend on the instance's history; `auto` reads a u64 as a number.
// Its types do not know `auto`.
const options: Omit<Options, "int64AsType"> & { readonly int64AsType: "auto" } = {
  useRecords: false,
  int64AsType: "auto",
};
const packr = new Packr(options as unknown as Options);

/** Values that a row may hold; numbers are below 2^53. */
export type RowValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly RowValue[]
  | { readonly [name: string]: RowValue };

/** The bytes of a row. */
export function packRow(row: readonly RowValue[]): Uint8Array {
  // A view: msgpackr writes each row behind the one before, and never over it.
  const { buffer, byteOffset, length } = packr.pack(row);
  return new Uint8Array(buffer, byteOffset, length);
}

/**
 * The fields of a row that this program wrote.
 *
 * @throws StoreError STORE_CORRUPT if it has another number of fields, or is no row at all.
 */
export function unpackRow<Row extends readonly unknown[]>(
  bytes: Uint8Array,
  fieldCount: Row["length"],
): Row {
  let row: unknown;
  try {
    row = packr.unpack(bytes);
  } catch (cause) {
    throw new StoreError("STORE_CORRUPT", { expected: "a row", got: bytes.length }, { cause });
  }
  if (!Array.isArray(row) || row.length !== fieldCount) {
    throw new StoreError("STORE_CORRUPT", { expected: fieldCount, got: typeof row });
  }
  return row as readonly unknown[] as Row;
}
