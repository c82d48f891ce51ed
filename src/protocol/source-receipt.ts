/**
 * The receipt in a provenance (spec/04-messages.md §3.1): the source's entry is in the log of the
 * scheduler that its spawn names, under a signed head. It holds what a C2SP checkpoint holds, as fields:
 * the root follows from entry and path, and the origin from the scheduler, so neither is said twice.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { cosignedBytes, headSignatureBytes } from "../crypto/head-key.ts";
import { leafHash, rootOfPath } from "../crypto/merkle.ts";
import { algorithmMlDsa44, type SignatureClaim } from "../crypto/signature.ts";
import { entryHashOf, entryRecord } from "./entry.ts";
import { ProtocolError } from "./errors.ts";
import { headKeyClaim, headKeyRecord } from "./head-key.ts";
import { type Digest, idText } from "./ids.ts";
import { headKeyBytesMax, treePathMax } from "./limits.ts";
import { bytes, digest, type FieldType, list, struct, uint } from "./record.ts";
import type { Result } from "./result.ts";

/** Where the source's entry stands, and the head that covers it. */
export interface SourceReceipt {
  /** The canonical entry of the slot that sent the message. */
  readonly entry: Uint8Array;
  /** The entry's leaf. */
  readonly treeIndex: number;
  /** From the leaf to the root, lowest first. */
  readonly path: readonly Digest[];
  /** Leaves under the head. */
  readonly size: number;
  /** When the scheduler says that it signed, since the Unix epoch. */
  readonly seconds: number;
  /** Of the head, by the head key: 2,420 bytes. */
  readonly signature: Uint8Array;
  /** The head-key record, which is leaf 0. */
  readonly headKey: Uint8Array;
}

export const sourceReceiptField: FieldType<SourceReceipt> = struct<SourceReceipt>({
  entry: bytes(512),
  treeIndex: uint(),
  path: list(digest, treePathMax),
  size: uint(),
  seconds: uint(),
  signature: bytes(headSignatureBytes, headSignatureBytes),
  headKey: bytes(headKeyBytesMax),
});

/**
 * The signatures that must hold for the receipt to cover the entry that `result` came of: the
 * scheduler's under its head key, the head key's under the head. Throws `PROVENANCE_RECEIPT` where entry
 * or path are others, `HEAD_KEY_INVALID`, `ALGORITHM_UNKNOWN` or a decoder's code.
 */
export function sourceReceiptClaims(
  receipt: SourceReceipt,
  result: Result,
  owner: { readonly network: Digest; readonly scheduler: Digest },
): readonly SignatureClaim[] {
  checkEntryOf(receipt.entry, result);
  const { treeIndex: index, size, path, seconds, signature } = receipt;
  const root = rootOfPath(leafHash(receipt.entry), { index, count: size, siblings: path });
  if (root === null) {
    throw new ProtocolError("PROVENANCE_RECEIPT", {
      expected: `a path for ${index} of ${size}`,
      got: `${path.length} nodes`,
    });
  }
  const statement = headKeyRecord.decode(receipt.headKey);
  const stated = headKeyClaim(statement, owner);
  const { origin, headKey: publicKey } = statement;
  const payload = cosignedBytes({ name: origin, seconds, origin, size, root });
  const head = { algorithm: algorithmMlDsa44, publicKey, signature, tag: null, payload };
  return [stated, head];
}

/** The entry is the result's: its hash commits to the history in which the result came about. */
function checkEntryOf(bytesOfEntry: Uint8Array, result: Result): void {
  const entry = entryRecord.decode(bytesOfEntry);
  const wrong =
    (!equalBytes(entryHashOf(bytesOfEntry), result.entryHash) && "hash") ||
    (!equalBytes(entry.process, result.process) && "process") ||
    (entry.slot !== result.slot && "slot") ||
    (!equalBytes(entry.messageId, result.messageId) && "message");
  if (wrong) {
    throw new ProtocolError("PROVENANCE_RECEIPT", {
      field: wrong,
      expected: `the entry of slot ${result.slot} of ${idText(result.process)}`,
      got: `slot ${entry.slot} of ${idText(entry.process)}`,
    });
  }
}
