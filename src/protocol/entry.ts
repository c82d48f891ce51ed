/**
 * Log entries (spec/05-log.md §1, §2): a hash chain per process. An entry hash commits to the whole
 * prefix; timestamps and epochs never fall; slots rise by one from zero.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { taggedHash } from "../crypto/hash.ts";
import { ProtocolError } from "./errors.ts";
import { type Digest, idText } from "./ids.ts";
import { hashTags, kinds } from "./kinds.ts";
import { digest, nullable, type RecordType, record, uint } from "./record.ts";

/** What a scheduler promises about one slot of a process. */
export interface Entry {
  readonly process: Digest;
  readonly slot: number;
  readonly messageId: Digest;
  readonly authorisationHash: Digest;
  /** Milliseconds since the epoch by the scheduler's clock: its claim. */
  readonly timestamp: number;
  /** Which instance of the scheduler made it; separates instances, means nothing else. */
  readonly epoch: number;
  /** Nil at slot 0. */
  readonly previous: Digest | null;
}

/** Kind 5. */
export const entryRecord: RecordType<Entry> = record<Entry>(
  { name: "entry", kind: kinds.entry, bytesMax: 512 },
  {
    process: digest,
    slot: uint(),
    messageId: digest,
    authorisationHash: digest,
    timestamp: uint(),
    epoch: uint(),
    previous: nullable(digest),
  },
);

/** The hash of an entry's bytes. */
export function entryHashOf(entry: Uint8Array): Digest {
  return taggedHash(hashTags.entry, entry);
}

/** What a chain's newest entry fixes for the next. */
export interface ChainTip {
  readonly slot: number;
  readonly timestamp: number;
  readonly epoch: number;
  readonly entryHash: Digest;
}

/** The tip that an entry makes. */
export function tipOf(entry: Entry, bytes: Uint8Array): ChainTip {
  const { slot, timestamp, epoch } = entry;
  return { slot, timestamp, epoch, entryHash: entryHashOf(bytes) };
}

/**
 * Checks that an entry continues its process's chain (`tip` null: it is the first). Throws
 * `ENTRY_SLOT`, `ENTRY_CHAIN`, `ENTRY_TIMESTAMP`, `ENTRY_EPOCH`.
 */
export function checkChain(entry: Entry, process: Digest, tip: ChainTip | null): void {
  if (!equalBytes(entry.process, process)) {
    throw new ProtocolError("ENTRY_CHAIN", {
      expected: idText(process),
      got: idText(entry.process),
    });
  }
  const slot = tip === null ? 0 : tip.slot + 1;
  if (entry.slot !== slot) {
    throw new ProtocolError("ENTRY_SLOT", { expected: slot, got: entry.slot });
  }
  const previous = tip?.entryHash ?? null;
  const linked =
    previous === null
      ? entry.previous === null
      : entry.previous !== null && equalBytes(entry.previous, previous);
  if (!linked) {
    throw new ProtocolError("ENTRY_CHAIN", {
      slot,
      expected: previous === null ? "nil" : idText(previous),
      got: entry.previous === null ? "nil" : idText(entry.previous),
    });
  }
  if (tip !== null && entry.timestamp < tip.timestamp) {
    throw new ProtocolError("ENTRY_TIMESTAMP", {
      slot,
      expected: tip.timestamp,
      got: entry.timestamp,
    });
  }
  if (tip !== null && entry.epoch < tip.epoch) {
    throw new ProtocolError("ENTRY_EPOCH", { slot, expected: tip.epoch, got: entry.epoch });
  }
}
