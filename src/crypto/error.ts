/**
 * The closed list of what can go wrong with keys and sealed bytes that come from outside
 * (spec/03-identity.md §5, §6). Signatures have no errors: their verification is a verdict.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";

export type CryptoErrorCode =
  | "KEY_TEXT_INVALID"
  | "KEY_PARAMETERS_REFUSED"
  | "KEY_PASSPHRASE_EMPTY"
  | "KEY_PASSPHRASE_MISSING"
  | "KEY_PASSPHRASE_WRONG"
  | "KEY_ADDRESS_MISMATCH"
  | "SEALING_KEY_INVALID"
  | "SEALED_INVALID";

/** An error of this folder. Its fields never hold secrets. */
export class CryptoError extends CodedError<CryptoErrorCode> {
  override readonly name = "CryptoError";
}
