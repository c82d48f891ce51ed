/**
 * What a test asks of the kit's network that cannot be.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";

export type NetworkErrorCode =
  /** A snapshot of another network. */
  | "SNAPSHOT_FOREIGN"
  /** A message that was released before, or never held. */
  | "MESSAGE_NOT_HELD"
  /** A variable that the process does not have, or whose names nobody knows here. */
  | "VARIABLE_UNKNOWN";

/** A mistake of the test. */
export class NetworkError extends CodedError<NetworkErrorCode> {
  override readonly name = "NetworkError";
}
