/**
 * Append requests made from names, for the compliance suite, the kill test and the bench.
 *
 * @module
 */

import type { AppendRequest } from "../../node/store/ports/log-store.ts";
import { bytesOf, idOf } from "./harness.ts";

/** A request for the message of a name at a slot; bytes and hashes follow from both. */
export function appendRequest(
  process: Uint8Array,
  message: string,
  options: {
    readonly slot: number;
    readonly epoch?: number;
    readonly dataBytes?: number;
    readonly bodyBytes?: number;
  },
): AppendRequest {
  const { slot, epoch = 0, dataBytes = 0, bodyBytes = 200 } = options;
  const data = dataBytes === 0 ? null : bytesOf(dataBytes, dataBytes);
  return {
    process,
    expectedSlot: slot,
    epoch,
    timestamp: 1_700_000_000_000 + slot,
    messageId: idOf(message),
    entry: new TextEncoder().encode(`entry ${message} at ${slot}`),
    entryHash: idOf(`entry ${message} at ${slot}`),
    body: bytesOf(message.length + slot, bodyBytes),
    authorisation: new TextEncoder().encode(`authorisation of ${message}`),
    authorisationHash: idOf(`authorisation of ${message}`),
    data,
    dataHash: data === null ? null : idOf(`data ${dataBytes}`),
  };
}
