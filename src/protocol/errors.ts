/**
 * The closed list of the protocol's error codes (spec/10-errors.md) with the HTTP status that
 * each answers with, and the error that carries one.
 *
 * @module
 */

import { CodedError, type ErrorFields } from "../base/error.ts";

/** Code → HTTP status. 4xx is final: the same request never succeeds later. 429 and 503 invite a retry. */
export const errorStatuses = {
  CODEC_MALFORMED: 400,
  CODEC_NOT_CANONICAL: 400,
  CODEC_TOO_LARGE: 400,
  RECORD_KIND: 400,
  RECORD_FIELD: 400,
  ID_MALFORMED: 400,
  NETWORK_MISMATCH: 422,
  OWNER_MISMATCH: 422,
  SIGNATURE_INVALID: 422,
  ALGORITHM_UNKNOWN: 422,
  BUNDLE_PATH_INVALID: 422,
  AUTHORISATION_KIND: 422,
  DATA_MISMATCH: 422,
  TAG_RESERVED: 422,
  SPAWN_TAG_MISSING: 422,
  SPAWN_TAG_INVALID: 422,
  RULES_UNKNOWN: 422,
  EXPIRED: 422,
  DEPTH_EXCEEDED: 422,
  BUDGET_EXHAUSTED: 422,
  PROVENANCE_SOURCE: 422,
  PROVENANCE_RESULT: 422,
  PROVENANCE_PATH: 422,
  PROVENANCE_ANCHOR: 422,
  PROVENANCE_RECEIPT: 422,
  EVIDENCE_EMPTY: 422,
  WITNESS_EMPTY: 422,
  EVIDENCE_QUORUM: 422,
  EVIDENCE_UNTRUSTED: 422,
  EVIDENCE_LEVEL: 422,
  EVIDENCE_UNPROVABLE: 422,
  ATTESTATION_INVALID: 422,
  PROOF_INVALID: 422,
  SCHEDULER_MISMATCH: 422,
  MODULE_MISSING: 422,
  NOTE_MALFORMED: 400,
  HEAD_MALFORMED: 400,
  HEAD_INVALID: 422,
  HEAD_KEY_INVALID: 422,
  INCLUSION_INVALID: 422,
  HEAD_UNTRUSTED: 403,
  CONSISTENCY_INVALID: 422,
  EVIDENCE_INVALID: 422,
  LOG_UNKNOWN: 404,
  HEAD_PENDING: 404,
  WITNESS_UNKNOWN: 404,
  TILE_UNKNOWN: 404,
  ENTRY_CHAIN: 422,
  ENTRY_SLOT: 422,
  ENTRY_TIMESTAMP: 422,
  ENTRY_EPOCH: 422,
  ENTRY_MESSAGE: 422,
  ENTRY_REPEATED: 422,
  CONTENT_MISMATCH: 422,
  CONTENT_UNANNOUNCED: 403,
  PROCESS_UNKNOWN: 404,
  MESSAGE_UNKNOWN: 404,
  SLOT_UNKNOWN: 404,
  CONTENT_UNKNOWN: 404,
  CONSOLE_MISSING: 404,
  RESULT_PENDING: 404,
  PROOF_PENDING: 404,
  MEMORY_NOT_RETAINED: 404,
  ADDRESS_EMPTY: 404,
  REQUEST_INVALID: 400,
  LOG_FAULTY: 409,
  EVIDENCE_GAP: 409,
  EVIDENCE_FORK: 409,
  ROLLED_BACK: 409,
  HEAD_WANTED: 409,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  FENCED: 503,
  UNAVAILABLE: 503,
  HOST_FAULT: 503,
} as const;

/** A stable code; people search for it, programs switch on it. */
export type ProtocolErrorCode = keyof typeof errorStatuses;

/** Input that breaks a rule of the protocol, or a wish that a unit cannot fulfil now. */
export class ProtocolError extends CodedError<ProtocolErrorCode> {
  override readonly name = "ProtocolError";

  constructor(code: ProtocolErrorCode, fields: ErrorFields = {}, options?: ErrorOptions) {
    super(code, fields, options);
  }

  /** The HTTP status that this code answers with. */
  get status(): number {
    return errorStatuses[this.code];
  }
}

/** True if the text is a code of the list; used when an answer from another unit names one. */
export function isProtocolErrorCode(text: string): text is ProtocolErrorCode {
  return Object.hasOwn(errorStatuses, text);
}

/** A verdict that carries the error instead of throwing it. */
export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: ProtocolError };

/** Runs a strict decoder or check and turns its `ProtocolError` into a verdict. */
export function checked<Value>(check: () => Value): Checked<Value> {
  try {
    return { ok: true, value: check() };
  } catch (error) {
    if (error instanceof ProtocolError) return { ok: false, error };
    throw error;
  }
}
