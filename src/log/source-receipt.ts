/**
 * From an entry's receipt (spec/15-heads.md §6) to the one in a provenance (spec/04-messages.md §3.1), which
 * says the same in fewer bytes.
 *
 * @module
 */

import { ProtocolError } from "../protocol/errors.ts";
import { headKeyRecord } from "../protocol/head-key.ts";
import type { LogReceipt } from "../protocol/log-receipt.ts";
import type { SourceReceipt } from "../protocol/source-receipt.ts";
import { lineOf, parseHead } from "./head.ts";

/**
 * The receipt of `entry` as a provenance carries it, without cosignatures. Whether it holds is for
 * `sourceReceiptClaims` to say. Throws `HEAD_INVALID` where the head key signed no line of the head.
 */
export function sourceReceiptOf(entry: Uint8Array, receipt: LogReceipt): SourceReceipt {
  const { treeIndex, path, headKey } = receipt;
  const { origin: name, headKey: publicKey } = headKeyRecord.decode(headKey);
  const signed = parseHead(receipt.head);
  const line = lineOf(signed, { name, publicKey });
  if (line === null)
    throw new ProtocolError("HEAD_INVALID", { expected: "a line of the head key" });
  const { size } = signed.head;
  return { entry, treeIndex, path, size, ...line, headKey };
}
