/**
 * The machine under us failed: it refused memory, or its own stack ran out. That is never a result
 * of the process (spec/06-execution.md §3): nothing is committed, and the caller tries elsewhere or
 * stops. A `HOST_STACK` says that the stack table no longer holds for this engine: alarm.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";

export type HostFaultCode = "HOST_STACK" | "HOST_MEMORY" | "HOST_INSTANCE";

/** Thrown by an evaluation without an outcome; its instance is of no use any more. */
export class HostFault extends CodedError<HostFaultCode> {
  override readonly name = "HostFault";
}
