/**
 * The HTTP status of every coded error that a route may throw (spec/10-errors.md). What is in no list
 * is a failure of our own: 500.
 *
 * @module
 */

import { errorStatuses, isProtocolErrorCode } from "../../protocol/errors.ts";

/** Codes of this machine's stores, pools and callees. All but the first few invite a retry. */
const hostStatuses: Readonly<Record<string, number>> = {
  CONTENT_UNANNOUNCED: 403,
  CONTENT_MISMATCH: 422,
  STORE_FULL: 503,
  STORE_IO: 503,
  STORE_CLOSED: 503,
  STORE_BUSY: 503,
  VERIFIER_BUSY: 503,
  VERIFIER_CLOSED: 503,
  VERIFIER_FAILED: 503,
  WORKER_POOL_BUSY: 503,
  WORKER_POOL_CLOSED: 503,
  WORKER_DIED: 503,
  WORKER_TIMEOUT: 503,
  UNREACHABLE: 503,
  TIMED_OUT: 503,
};

/** The status of a code, or null where it is none that a client may see. */
export function statusOfCode(code: string): number | null {
  if (isProtocolErrorCode(code)) return errorStatuses[code];
  return hostStatuses[code] ?? null;
}
