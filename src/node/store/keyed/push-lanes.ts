/**
 * The lanes of the push store: one queue per (source, target), of which only the first item is ever
 * due. Every change of a lane goes through `changeLane`, which keeps the lane's one row in
 * `push-due` true.
 *
 * @module
 */

import { concatBytes, u32be, u64be } from "../../../base/bytes.ts";
import type { TableReader, TableWriter } from "../engine.ts";
import type { PendingPush } from "../ports/push-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { itemKey, prefixRange, readU32, readU64 } from "../schema.ts";
import { StoreError } from "../store-error.ts";

type ItemRow = readonly [
  target: Uint8Array,
  messageId: Uint8Array,
  payload: Uint8Array,
  tries: number,
  dueAt: number,
  recordedAt: number,
  reason: string | null,
];

/** The first item of a lane. */
export interface LaneHead {
  readonly slot: number;
  readonly index: number;
  readonly dueAt: number;
}

/** source ‖ target, 64 bytes. */
export function laneKey(process: Uint8Array, target: Uint8Array): Uint8Array {
  return concatBytes(process, target);
}

/** The lowest undelivered item of a lane. */
export function laneHead(tables: TableReader, lane: Uint8Array): LaneHead | null {
  for (const { key, value } of tables.range("push-queue", prefixRange(lane))) {
    return { slot: readU64(key, 64), index: readU32(key, 72), dueAt: readU64(value) };
  }
  return null;
}

/** Runs a change of the lane's items, and moves the lane's due row if its first item changed. */
export function changeLane(tables: TableWriter, lane: Uint8Array, change: () => void): void {
  const before = laneHead(tables, lane);
  change();
  const after = laneHead(tables, lane);
  if (before?.dueAt === after?.dueAt) return;
  if (before !== null) tables.remove("push-due", concatBytes(u64be(before.dueAt), lane));
  if (after !== null) tables.put("push-due", concatBytes(u64be(after.dueAt), lane), packRow([]));
}

/** The undelivered item; null if it is done, failed or was never recorded. */
export function readItem(
  tables: TableReader,
  process: Uint8Array,
  slot: number,
  index: number,
): PendingPush | null {
  const value = tables.get("push-item", itemKey(process, slot, index));
  return value === null ? null : itemOf(process, slot, index, value);
}

/** Undelivered items of a result, by index. */
export function itemsOf(tables: TableReader, process: Uint8Array, slot: number): PendingPush[] {
  const items: PendingPush[] = [];
  // A result has at most 256 items (spec/11-limits.md), so this needs no bound of its own.
  for (const { key, value } of tables.range(
    "push-item",
    prefixRange(concatBytes(process, u64be(slot))),
  )) {
    items.push(itemOf(process, slot, readU32(key, 40), value));
  }
  return items;
}

/** Places in lanes that one look goes over. */
const placesPerLook = 1_000;

/** Items of some lanes that are due later, and where the next look begins; null at the end. */
export interface LaterItems {
  readonly items: readonly PendingPush[];
  readonly next: Uint8Array | null;
}

/** Looks at places from a key on, also at those behind the first of their lane. */
export function itemsDueAfter(tables: TableReader, now: number, from: Uint8Array): LaterItems {
  const items: PendingPush[] = [];
  let count = 0;
  for (const { key, value } of tables.range("push-queue", { from })) {
    if (count++ === placesPerLook) return { items, next: key };
    if (readU64(value) <= now) continue;
    const item = readItem(tables, key.slice(0, 32), readU64(key, 64), readU32(key, 72));
    if (item !== null) items.push(item);
  }
  return { items, next: null };
}

/** Makes an item due at a time, unless it was taken out or put off again since it was read. */
export function makeDue(tables: TableWriter, item: PendingPush, dueAt: number): void {
  const now = readItem(tables, item.process, item.slot, item.index);
  if (now === null || now.dueAt !== item.dueAt) return;
  changeLane(tables, laneKey(now.process, now.target), () => writeItem(tables, { ...now, dueAt }));
}

/** Writes an item and its place in the lane; call it inside `changeLane`. */
export function writeItem(tables: TableWriter, item: PendingPush): void {
  const { process, slot, index, target } = item;
  const row: ItemRow = [
    target,
    item.messageId,
    item.payload,
    item.tries,
    item.dueAt,
    item.recordedAt,
    item.reason,
  ];
  tables.put("push-item", itemKey(process, slot, index), packRow(row));
  tables.put("push-queue", queueKey(item), u64be(item.dueAt));
}

/** Removes an item and its place in the lane; call it inside `changeLane`. */
export function removeItem(tables: TableWriter, item: PendingPush): void {
  tables.remove("push-item", itemKey(item.process, item.slot, item.index));
  tables.remove("push-queue", queueKey(item));
}

function queueKey(item: PendingPush): Uint8Array {
  return concatBytes(laneKey(item.process, item.target), u64be(item.slot), u32be(item.index));
}

function itemOf(process: Uint8Array, slot: number, index: number, value: Uint8Array): PendingPush {
  const [target, messageId, payload, tries, dueAt, recordedAt, reason] = unpackRow<ItemRow>(
    value,
    7,
  );
  return { process, slot, index, target, messageId, payload, tries, dueAt, recordedAt, reason };
}

/** The item that a lane's first place stands for. */
export function headItem(tables: TableReader, lane: Uint8Array): PendingPush {
  const head = laneHead(tables, lane);
  const item = head === null ? null : readItem(tables, lane.slice(0, 32), head.slot, head.index);
  if (item === null) throw new StoreError("STORE_CORRUPT", { expected: "an item of a due lane" });
  return item;
}
