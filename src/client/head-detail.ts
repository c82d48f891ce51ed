/**
 * A word on a head that covers an entry (spec/15-heads.md §6), once it is found to.
 *
 * @module
 */

import { checkLogReceipt, type LogOwner } from "../log/check-log-receipt.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";

/** How long a client waits for a head, which follows an entry within 250 ms. */
export const headWaitMs = 2000;

/** What the receipt shows. Throws a code where it does not hold for the entry. */
export function headDetail(entry: Uint8Array, receipt: Uint8Array, owner: LogOwner): string {
  const read = logReceiptRecord.decode(receipt);
  const { signed, seconds } = checkLogReceipt(entry, read, owner);
  const time = new Date(1000 * seconds).toISOString();
  return `entry ${read.treeIndex} of ${signed.head.size}, signed ${time}`;
}
