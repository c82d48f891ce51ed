/**
 * What a failed call of another unit means for a message (spec/10-errors.md): a code of the
 * protocol, final where a scheduler refused the message itself, else an invitation to try again.
 *
 * @module
 */

import { UnitCallError } from "../src/client/unit-call.ts";
import type { Refusal } from "../src/protocol/acceptance.ts";
import { errorStatuses, isProtocolErrorCode, ProtocolError } from "../src/protocol/errors.ts";

/** The failure of a whole call: it says nothing about any message in it, so it is never final. */
export function callFailure(error: unknown, url: string): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (!(error instanceof UnitCallError)) throw error;
  const code = error.status === 429 ? "OVERLOADED" : "UNAVAILABLE";
  return new ProtocolError(code, { unit: url, cause: error.code }, { cause: error });
}

/** A scheduler's refusal of one message of a batch. */
export function refusalError(refusal: Refusal, url: string): ProtocolError {
  const { code, detail } = refusal;
  // A fenced instance cannot assign; the scheduler can, by another one.
  if (!isProtocolErrorCode(code) || code === "FENCED") {
    return new ProtocolError("UNAVAILABLE", { unit: url, cause: code.slice(0, 64) });
  }
  return new ProtocolError(code, { unit: url, detail });
}

/** True where the same message may be taken later. */
export function isTransient(error: ProtocolError): boolean {
  const status = errorStatuses[error.code];
  return status === 429 || status >= 500;
}

/** Milliseconds after which the unit said to try again, or null. */
export function retryAfterMs(error: ProtocolError): number | null {
  return error.cause instanceof UnitCallError ? error.cause.retryAfterMs : null;
}
