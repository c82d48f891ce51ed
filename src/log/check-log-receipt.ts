/**
 * Checks the receipt of an entry (spec/15-heads.md §6): the head is the scheduler's, and covers the
 * entry. Needs nothing but the bytes.
 *
 * @module
 */

import type { SignatureClaim } from "../crypto/signature.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { headKeyClaim, headKeyRecord } from "../protocol/head-key.ts";
import type { Digest } from "../protocol/ids.ts";
import type { LogReceipt } from "../protocol/log-receipt.ts";
import { checkInclusion } from "./follow-head.ts";
import { cosignatureClaims, cosignedAt, parseHead, type SignedHead } from "./head.ts";
import { referenceSignatures, type Signatures } from "./signatures.ts";

/** Whose log an entry must be in. */
export interface LogOwner {
  readonly network: Digest;
  readonly scheduler: Digest;
}

/** A head that its scheduler has signed. */
export interface CheckedHead {
  readonly signed: SignedHead;
  /** When the scheduler says that it signed, in seconds since the Unix epoch. */
  readonly seconds: number;
}

/** The head of a log, signed with the key that its scheduler states. Throws a code. */
export function checkHead(
  parts: { readonly head: Uint8Array; readonly headKey: Uint8Array },
  owner: LogOwner,
  signatures: Signatures = referenceSignatures,
): CheckedHead {
  const statement = headKeyRecord.decode(parts.headKey);
  if (!signatures.claim(headKeyClaim(statement, owner))) {
    throw new ProtocolError("HEAD_KEY_INVALID", { expected: "the scheduler's signature" });
  }
  const signed = parseHead(parts.head);
  const { origin } = statement;
  if (signed.head.origin !== origin) {
    throw new ProtocolError("HEAD_INVALID", { expected: origin, got: signed.head.origin });
  }
  const seconds = cosignedAt(
    signed,
    { name: origin, publicKey: statement.headKey },
    signatures.head,
  );
  if (seconds === null) {
    throw new ProtocolError("HEAD_INVALID", { expected: "a signature of the head key" });
  }
  return { signed, seconds };
}

/** The head that covers an entry. Throws a code. */
export function checkLogReceipt(
  entry: Uint8Array,
  receipt: LogReceipt,
  owner: LogOwner,
  signatures: Signatures = referenceSignatures,
): CheckedHead {
  const checked = checkHead(receipt, owner, signatures);
  checkInclusion(entry, receipt, checked.signed.head);
  return checked;
}

/** Signatures that must hold for a receipt, each group with the code where one does not. */
export interface ReceiptClaims {
  readonly headKey: readonly SignatureClaim[];
  readonly head: readonly SignatureClaim[];
}

/**
 * As `checkLogReceipt`, but for the signatures, which the caller has verified elsewhere: `HEAD_KEY_INVALID` and
 * `HEAD_INVALID` where they do not hold. Throws a code.
 */
export function logReceiptClaims(
  entry: Uint8Array,
  receipt: LogReceipt,
  owner: LogOwner,
): ReceiptClaims {
  const statement = headKeyRecord.decode(receipt.headKey);
  const stated = headKeyClaim(statement, owner);
  const signed = parseHead(receipt.head);
  const { origin: name, headKey: publicKey } = statement;
  const claims =
    signed.head.origin === name ? cosignatureClaims(signed, { name, publicKey }) : null;
  if (claims === null) {
    throw new ProtocolError("HEAD_INVALID", { expected: name, got: signed.head.origin });
  }
  checkInclusion(entry, receipt, signed.head);
  return { headKey: [stated], head: claims };
}
