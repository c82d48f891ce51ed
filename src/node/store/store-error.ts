/**
 * Errors of the stores (spec/10-errors.md). A failed write may or may not have happened: such an
 * error is indeterminate, and the caller repeats the same request (every write is idempotent).
 *
 * @module
 */

import { CodedError, type ErrorFields } from "../../base/error.ts";

export type StoreErrorCode =
  /** Another opener holds the folder. */
  | "STORE_LOCKED"
  /** The store was closed, or is closing. */
  | "STORE_CLOSED"
  /** The folder belongs to another role or another format version. */
  | "STORE_FORMAT"
  /** No space left on the device, or over the quota. */
  | "STORE_FULL"
  /** Any other failure of the device. */
  | "STORE_IO"
  /** Stored bytes do not have the shape or the checksum that they were written with. */
  | "STORE_CORRUPT"
  /** Too many updates are waiting; nothing happened. */
  | "STORE_BUSY"
  /** The request contradicts what is already stored under the same key; nothing happened. */
  | "STORE_CONFLICT"
  /** The SHA-256 of the bytes is not the id; nothing happened. */
  | "CONTENT_MISMATCH"
  /** Nobody announced content of this id and size; nothing happened. */
  | "CONTENT_UNANNOUNCED";

/** An error of a store: closed list of codes, fields with expected and got. */
export class StoreError extends CodedError<StoreErrorCode> {
  override readonly name = "StoreError";
  /** True if the write may have happened all the same. */
  readonly indeterminate: boolean;

  constructor(
    code: StoreErrorCode,
    fields: ErrorFields = {},
    options: ErrorOptions & { readonly indeterminate?: boolean } = {},
  ) {
    super(code, fields, options);
    this.indeterminate = options.indeterminate ?? false;
  }
}

/** True for a rejected write that may or may not have happened: repeat the same request. */
export function isIndeterminate(error: unknown): boolean {
  return error instanceof StoreError && error.indeterminate;
}
