/**
 * The message body (spec/04-messages.md §1): what is hashed into the id and authorised.
 *
 * @module
 */

import { utf8Bytes } from "../base/bytes.ts";
import type { Digest } from "./ids.ts";
import { kinds } from "./kinds.ts";
import {
  anchorBytesMax,
  bodyBytesMax,
  budgetMax,
  dataBytesMax,
  depthMax,
  tagCountMax,
  tagNameBytesMax,
  tagValueBytesMax,
} from "./limits.ts";
import {
  bytes,
  digest,
  type FieldType,
  list,
  nullable,
  type RecordType,
  record,
  struct,
  text,
  uint,
} from "./record.ts";

/** Who a message is from: the address of a key, or a process id. */
export interface Owner {
  readonly kind: number;
  readonly id: Digest;
}

/** `Owner.kind`. */
export const ownerKinds = { key: 0, process: 1 } as const;

/** A name and a value; order and repetition are kept. */
export interface Tag {
  readonly name: string;
  readonly value: string;
}

/** `Body.dataForm`: how the data is to be read. Sealed data comes later. */
export const dataForms = { plain: 0 } as const;

/** What is hashed into a message's id. A spawn is a body whose target is nil. */
export interface Body {
  readonly network: Digest;
  readonly owner: Owner;
  readonly target: Digest | null;
  /** At most 32 bytes that the sender chooses; for a process `slot u64be ‖ index u32be`. */
  readonly anchor: Uint8Array;
  /** Milliseconds since the epoch after which no scheduler takes the message; 0 = never. */
  readonly notAfter: number;
  /** How many messages lie between this one and the signed one that caused it. */
  readonly depth: number;
  /** Gas that this message and all it causes may cost. */
  readonly budget: number;
  readonly tags: readonly Tag[];
  readonly dataForm: number;
  /** H(data tag, data), or nil where there is no data. */
  readonly dataHash: Digest | null;
  readonly dataSize: number;
}

export const ownerField: FieldType<Owner> = struct<Owner>({ kind: uint(1), id: digest });

export const tagsField: FieldType<readonly Tag[]> = list(
  struct<Tag>({ name: text(tagNameBytesMax), value: text(tagValueBytesMax) }),
  tagCountMax,
);

/** Kind 1. */
export const bodyRecord: RecordType<Body> = record<Body>(
  { name: "body", kind: kinds.body, bytesMax: bodyBytesMax },
  {
    network: digest,
    owner: ownerField,
    target: nullable(digest),
    anchor: bytes(anchorBytesMax),
    notAfter: uint(),
    depth: uint(depthMax + 1),
    budget: uint(budgetMax),
    tags: tagsField,
    dataForm: uint(0),
    dataHash: nullable(digest),
    dataSize: uint(dataBytesMax),
  },
);

/** The first value of a tag, or null. Names are compared exactly. */
export function tagValue(tags: readonly Tag[], name: string): string | null {
  return tags.find((tag) => tag.name === name)?.value ?? null;
}

/** Every value of a tag, in order. */
export function tagValues(tags: readonly Tag[], name: string): readonly string[] {
  return tags.filter((tag) => tag.name === name).map((tag) => tag.value);
}

/** The data that a text stands for. */
export function textData(value: string): Uint8Array {
  return utf8Bytes(value);
}
