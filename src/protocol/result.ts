/**
 * Results (spec/05-log.md §3): what one evaluation commits to. Failed commits to gas = limit, the old
 * state, no output and no outbox, whatever the reason; reasons are diagnostics and not in here.
 *
 * @module
 */

import { taggedHash } from "../crypto/hash.ts";
import type { Digest } from "./ids.ts";
import { hashTags, kinds } from "./kinds.ts";
import { gasLimitMax, outboxItemsMax } from "./limits.ts";
import { digest, nullable, type RecordType, record, uint } from "./record.ts";

/** `Result.exit`. */
export const exits = { ok: 0, failed: 1 } as const;

/** The committed outcome of one slot. */
export interface Result {
  readonly rules: number;
  readonly process: Digest;
  readonly slot: number;
  readonly entryHash: Digest;
  readonly messageId: Digest;
  readonly module: Digest;
  readonly preRoot: Digest;
  readonly postRoot: Digest;
  readonly inboxHash: Digest;
  /** H(output tag, all returned bytes); nil where failed. */
  readonly outputHash: Digest | null;
  /** RFC 6962 root over the bodies of what it sends, messages then spawns; nil where failed. */
  readonly outboxRoot: Digest | null;
  readonly outboxCount: number;
  readonly gasUsed: number;
  readonly exit: number;
}

/** Kind 8. */
export const resultRecord: RecordType<Result> = record<Result>(
  { name: "result", kind: kinds.result, bytesMax: 1024 },
  {
    rules: uint(0xffff_ffff),
    process: digest,
    slot: uint(),
    entryHash: digest,
    messageId: digest,
    module: digest,
    preRoot: digest,
    postRoot: digest,
    inboxHash: digest,
    outputHash: nullable(digest),
    outboxRoot: nullable(digest),
    outboxCount: uint(outboxItemsMax),
    gasUsed: uint(gasLimitMax),
    exit: uint(1),
  },
);

/** The digest of a result's bytes: what a unit remembers before it signs. */
export function resultDigestOf(result: Uint8Array): Digest {
  return taggedHash(hashTags.result, result);
}
