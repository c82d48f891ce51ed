/**
 * The inbox (spec/06-execution.md §4): the canonical bytes that a process reads. Time and randomness
 * reach a process in no other way.
 *
 * @module
 */

import { taggedHash } from "../crypto/hash.ts";
import type { Entry } from "./entry.ts";
import type { Digest } from "./ids.ts";
import { hashTags, kinds } from "./kinds.ts";
import {
  anchorBytesMax,
  computeUnitsMax,
  dataBytesMax,
  depthMax,
  envelopeBytesMax,
} from "./limits.ts";
import { type Body, type Owner, ownerField, type Tag, tagsField } from "./message.ts";
import { bytes, digest, list, nullable, type RecordType, record, struct, uint } from "./record.ts";
import type { SpawnTerms } from "./spawn.ts";

/** What the hash-checked spawn body of a sending process says. */
export interface InboxSource {
  readonly module: Digest;
  readonly scheduler: Digest;
  readonly compute: readonly Digest[];
}

/** One message as its process sees it. */
export interface Inbox {
  readonly rules: number;
  readonly network: Digest;
  readonly process: Digest;
  readonly slot: number;
  readonly timestamp: number;
  readonly messageId: Digest;
  readonly sender: Owner;
  /** Nil where the sender is a key. */
  readonly source: InboxSource | null;
  readonly anchor: Uint8Array;
  readonly depth: number;
  readonly tags: readonly Tag[];
  readonly data: Uint8Array | null;
}

/** Kind 6. */
export const inboxRecord: RecordType<Inbox> = record<Inbox>(
  { name: "inbox", kind: kinds.inbox, bytesMax: envelopeBytesMax },
  {
    rules: uint(0xffff_ffff),
    network: digest,
    process: digest,
    slot: uint(),
    timestamp: uint(),
    messageId: digest,
    sender: ownerField,
    source: nullable(
      struct<InboxSource>({
        module: digest,
        scheduler: digest,
        compute: list(digest, computeUnitsMax),
      }),
    ),
    anchor: bytes(anchorBytesMax),
    depth: uint(depthMax),
    tags: tagsField,
    data: nullable(bytes(dataBytesMax)),
  },
);

/** The inbox of an entry whose message was checked; `source` is the terms of a sending process. */
export function inboxOf(parts: {
  readonly entry: Entry;
  readonly body: Body;
  readonly data: Uint8Array | null;
  readonly rules: number;
  readonly source: SpawnTerms | null;
}): Inbox {
  const { entry, body, data, rules, source } = parts;
  return {
    rules,
    network: body.network,
    process: entry.process,
    slot: entry.slot,
    timestamp: entry.timestamp,
    messageId: entry.messageId,
    sender: body.owner,
    source:
      source === null
        ? null
        : { module: source.module, scheduler: source.scheduler, compute: source.compute.units },
    anchor: body.anchor,
    depth: body.depth,
    tags: body.tags,
    data,
  };
}

/** The hash of an inbox's bytes. */
export function inboxHashOf(inbox: Uint8Array): Digest {
  return taggedHash(hashTags.inbox, inbox);
}
