/**
 * The tables of a unit's store and their keys.
 *
 * p = process id (32 bytes), m = message id (32), h = a hash (32), s = slot (u64 big-endian),
 * n = another u64 big-endian. "row" is a MessagePack array that is never hashed; "bytes" are the
 * bytes as they were received.
 *
 * | table | key → value | written by |
 * |---|---|---|
 * | meta | name → row | format and role; counters of the other tables |
 * | head | p → row: next slot, epoch, entry hash, timestamp | append: the compare-and-set point |
 * | entry | p‖s → row: tree index, timestamp, epoch, hashes, entry bytes | append; replica |
 * | seen | p‖m → s | append: one id has one slot, for ever |
 * | leaf | n tree index → p‖s | append: order of the scheduler's log |
 * | tree | name → row | head: epoch, size and root that may be signed; the newest signed head; one not reached |
 * | tile | u8 level‖n index → 256 hashes | head: full tiles of the tree |
 * | entry-bytes | p‖s → row: body; authorisation, or what follows shared bytes, and their h | append; replica |
 * | authorisation-shared | h → bytes | append: what the authorisations of a bundle begin with |
 * | data | h → bytes | append; replica |
 * | content | h → bytes | content: uploads, never evidence for the three tables above |
 * | content-row | h → row: size, stored at, referred | content |
 * | content-reserved | h‖n size → row: expires at | content |
 * | content-due | n time‖h‖n kind → row | content: 0 = stored bytes, size + 1 = a reservation |
 * | lease | name → row: holder, epoch, count of renewals, place | lease |
 * | push-item | p‖s‖u32 index → row | push: one message of an outbox, until it is done |
 * | push-queue | p‖target‖s‖u32 index → n due at | push: first in, first out per lane p‖target |
 * | push-due | n due at‖p‖target → row | push: one row per lane, for its first item |
 * | push-slot | p‖s → row: items, recorded at | push: recorded once |
 * | push-failed | p‖s‖u32 index → row | push: final refusals |
 * | push-depth | p → row: pending items | push |
 * | push-cursor | p → n | push: next slot to take from the source |
 * | message-number | m → n | message: its place in the order of acceptance |
 * | message | n → row: m, envelope, parent, addressee, accepted at, h shared | message |
 * | message-shared | h → bytes | message: what several messages have in common |
 * | message-event | m‖n → row | message: append-only |
 * | message-assignment | n → p‖s‖n noted at‖entry bytes | message |
 * | message-slot | p‖s → m | message |
 * | message-unassigned | n → m | message: signed messages that have no slot yet |
 * | message-unevaluated | p‖s → m | message: what has a slot and is not settled |
 * | message-child | m‖n → m | message: what one message caused, in order of acceptance |
 * | message-address | address‖n → m | message: an address's inbox, in order of acceptance |
 * | result | p‖s → row: message id, entry hash, result bytes, diagnostics | result |
 * | result-output | p‖s → bytes | result: what the process returned |
 * | result-attestation | p‖s → bytes | result |
 * | result-memory | p‖s → n bytes | result: where the size of the process's memory changed |
 * | result-slot | p‖m → s | result |
 * | signed | p‖h entry hash → h | result: the one digest this unit may sign |
 * | followed | p → row: next slot, scheduler's URL | result |
 * | proof | p‖s → bytes | proof: what was proven |
 * | proof-outcome | p‖s → row: proven, or why not | proof: written once |
 * | proof-job | p‖s → row: queued at, attempts | proof: until the slot has an outcome |
 * | proven | p → row: spawn, slot, time, epoch, entry hash, root, stillborn | proven: the compare-and-set point |
 * | proven-slot | p‖s → row: h result, h entry, root | proven: verified once, for ever |
 * | proven-message | p‖m → row: slot | proven |
 * | proven-evidence | p‖s → row: provenSlot, slotProof | proven: a scheduler's, to be served |
 * | witnessed | origin → row: size, root, head | witness: cosigned, the compare-and-set point; compute: seen |
 * | witnessed-key | origin → bytes: head-key record | witness, compute: the first for ever |
 * | evidence | h → bytes | witness, compute |
 * | checkpoint | p‖s → row: root, pages, globals, base, chunk slots | checkpoint |
 * | checkpoint-delta | p‖s → (u32 page ‖ 4 KiB)* ‖ checksum | checkpoint |
 * | checkpoint-chunk | p‖u32 chunk‖s → 64 KiB ‖ checksum | checkpoint |
 *
 * @module
 */

import { concatBytes, u32be, u64be } from "../../base/bytes.ts";

const logTables = ["head", "seen", "leaf"] as const;
const treeTables = ["tree", "tile"] as const;
const entryTables = ["entry", "entry-bytes", "authorisation-shared", "data"] as const;
const contentTables = ["content", "content-row", "content-reserved", "content-due"] as const;
const pushTables = [
  "push-item",
  "push-queue",
  "push-due",
  "push-slot",
  "push-failed",
  "push-depth",
  "push-cursor",
] as const;
const messageTables = [
  "message-number",
  "message",
  "message-shared",
  "message-event",
  "message-assignment",
  "message-slot",
  "message-unassigned",
  "message-unevaluated",
  "message-child",
  "message-address",
] as const;
const resultTables = [
  "result",
  "result-output",
  "result-attestation",
  "result-memory",
  "result-slot",
  "signed",
  "followed",
] as const;
const proofTables = ["proof", "proof-outcome", "proof-job"] as const;
const provenTables = ["proven", "proven-slot", "proven-message", "proven-evidence"] as const;
const checkpointTables = ["checkpoint", "checkpoint-delta", "checkpoint-chunk"] as const;
const witnessTables = ["witnessed", "witnessed-key", "evidence"] as const;
const commonTables = ["meta", "lease"] as const;

/** The kinds of unit; each opens only its own tables. */
export type StoreRole = "scheduler" | "messenger" | "compute" | "witness";

/** Every table. */
export type TableName =
  | (typeof commonTables)[number]
  | (typeof contentTables)[number]
  | (typeof logTables)[number]
  | (typeof treeTables)[number]
  | (typeof entryTables)[number]
  | (typeof messageTables)[number]
  | (typeof pushTables)[number]
  | (typeof resultTables)[number]
  | (typeof proofTables)[number]
  | (typeof checkpointTables)[number]
  | (typeof provenTables)[number]
  | (typeof witnessTables)[number];

const tablesByRole: Readonly<Record<StoreRole, readonly TableName[]>> = {
  scheduler: [...logTables, ...treeTables, ...entryTables, ...provenTables],
  messenger: [...messageTables, ...pushTables],
  witness: witnessTables,
  compute: [
    ...[...entryTables, ...resultTables, ...proofTables],
    ...[...checkpointTables, ...provenTables, ...witnessTables],
  ],
};

/** The tables of a unit. */
export function tablesOf(role: StoreRole): readonly TableName[] {
  return [...commonTables, ...contentTables, ...tablesByRole[role]];
}

/** p‖s */
export function slotKey(process: Uint8Array, slot: number): Uint8Array {
  return concatBytes(process, u64be(slot));
}

/** p‖m */
export function messageKey(process: Uint8Array, messageId: Uint8Array): Uint8Array {
  return concatBytes(process, messageId);
}

/** p‖s‖u32 index */
export function itemKey(process: Uint8Array, slot: number, index: number): Uint8Array {
  return concatBytes(process, u64be(slot), u32be(index));
}

/** The slot, or another u64, at an offset of a key or value. */
export function readU64(bytes: Uint8Array, offset = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4);
}

/** The u32 at an offset of a key or value. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset);
}

/** The first key after every key that starts with the prefix; none if the prefix is all ones. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = prefix.slice(0, length);
  end[length - 1] = (end[length - 1] ?? 0) + 1;
  return end;
}

/** The keys with a prefix, from `prefix ‖ from` on. */
export function prefixRange(
  prefix: Uint8Array,
  from: Uint8Array = new Uint8Array(0),
): { readonly from: Uint8Array; readonly to?: Uint8Array } {
  const to = prefixEnd(prefix);
  return { from: concatBytes(prefix, from), ...(to === undefined ? {} : { to }) };
}

/** The first key after this one. */
export function keyAfter(key: Uint8Array): Uint8Array {
  return concatBytes(key, Uint8Array.of(0));
}
