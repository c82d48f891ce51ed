/**
 * The messenger's pushes over an engine; see the port for the contract.
 *
 * @module
 */

import { u64be } from "../../../base/bytes.ts";
import type { StoreEngine, TableReader, TableWriter } from "../engine.ts";
import type {
  FailedPush,
  PendingPush,
  PushDepth,
  PushItem,
  PushRecord,
  PushStore,
} from "../ports/push-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { itemKey, keyAfter, prefixRange, readU32, readU64, slotKey } from "../schema.ts";
import { addToCounter, readCounter } from "./counters.ts";
import { takeRows } from "./paging.ts";
import {
  changeLane,
  headItem,
  itemsDueAfter,
  itemsOf,
  type LaterItems,
  laneKey,
  makeDue,
  readItem,
  removeItem,
  writeItem,
} from "./push-lanes.ts";

type FailedRow = readonly [target: Uint8Array, messageId: Uint8Array, code: string, tries: number];

/** See `PushStore`. */
export class KeyedPushStore implements PushStore {
  readonly #engine: StoreEngine;
  readonly #pendingMax: number;

  constructor(options: {
    readonly engine: StoreEngine;
    /** Bound of undelivered items, all sources together. */
    readonly pendingMax: number;
  }) {
    this.#engine = options.engine;
    this.#pendingMax = options.pendingMax;
  }

  record(record: PushRecord): Promise<"recorded" | "known" | "full"> {
    return this.#engine.update((tables) => {
      const { process, slot, cursor } = record;
      const isKnown = tables.get("push-slot", slotKey(process, slot)) !== null;
      const items = isKnown && record.again !== true ? [] : newItems(tables, record);
      if (readCounter(tables, "push-pending") + items.length > this.#pendingMax) return "full";
      for (const item of items) addItem(tables, record, item);
      countPending(tables, process, items.length);
      if (cursor !== null && cursor > (readCursor(tables, process) ?? -1)) {
        tables.put("push-cursor", process, u64be(cursor));
      }
      if (isKnown && record.again !== true) return "known";
      tables.put("push-slot", slotKey(process, slot), packRow([record.items.length, record.now]));
      return "recorded";
    });
  }

  claim(limit: number, now: number, visibilityMs: number): Promise<PendingPush[]> {
    return this.#engine.update((tables) => {
      const due = tables.range("push-due", { from: new Uint8Array(0), to: u64be(now + 1) });
      return takeRows(due, limit, (row) => row.key.slice(8)).map((lane) => {
        const item = headItem(tables, lane);
        const claimed = { ...item, tries: item.tries + 1, dueAt: now + visibilityMs };
        changeLane(tables, lane, () => writeItem(tables, claimed));
        return claimed;
      });
    });
  }

  done(claims: readonly PendingPush[]): Promise<void> {
    return this.#engine.update((tables) => {
      for (const claim of claims) endItem(tables, claim);
    });
  }

  retry(claim: PendingPush, dueAt: number, reason: string): Promise<void> {
    return this.#engine.update((tables) => {
      const item = readItem(tables, claim.process, claim.slot, claim.index);
      if (item === null || item.tries !== claim.tries) return;
      changeLane(tables, laneKey(item.process, item.target), () =>
        writeItem(tables, { ...item, dueAt, reason }),
      );
    });
  }

  async hurry(now: number, waitMaxMs: (item: PendingPush) => number): Promise<number> {
    let count = 0;
    for (let from: Uint8Array | null = new Uint8Array(0); from !== null; ) {
      const page: LaterItems = await this.#engine.read((tables) =>
        itemsDueAfter(tables, now, from ?? new Uint8Array(0)),
      );
      const late = page.items.filter((item) => item.dueAt - now > waitMaxMs(item));
      if (late.length > 0) {
        await this.#engine.update((tables) => {
          for (const item of late) makeDue(tables, item, now);
        });
      }
      count += late.length;
      from = page.next;
    }
    return count;
  }

  fail(claim: PendingPush, code: string): Promise<void> {
    return this.#engine.update((tables) => {
      if (!endItem(tables, claim)) return;
      const row: FailedRow = [claim.target, claim.messageId, code, claim.tries];
      tables.put("push-failed", itemKey(claim.process, claim.slot, claim.index), packRow(row));
      addToCounter(tables, "push-failed", 1);
    });
  }

  cursor(process: Uint8Array): Promise<number | null> {
    return this.#engine.read((tables) => readCursor(tables, process));
  }

  cursors(
    after: Uint8Array | null,
    limit: number,
  ): Promise<{ readonly process: Uint8Array; readonly nextSlot: number }[]> {
    const from = after === null ? new Uint8Array(0) : keyAfter(after);
    return this.#engine.read((tables) =>
      takeRows(tables.range("push-cursor", { from }), limit, ({ key, value }) => ({
        process: key,
        nextSlot: readU64(value),
      })),
    );
  }

  isRecorded(process: Uint8Array, slot: number): Promise<boolean> {
    return this.#engine.read((tables) => tables.get("push-slot", slotKey(process, slot)) !== null);
  }

  pendingOf(process: Uint8Array, slot: number): Promise<PendingPush[]> {
    return this.#engine.read((tables) => itemsOf(tables, process, slot));
  }

  failedOf(process: Uint8Array, slot: number): Promise<FailedPush[]> {
    return this.#engine.read((tables) => {
      const failed: FailedPush[] = [];
      for (const row of tables.range("push-failed", prefixRange(slotKey(process, slot)))) {
        const [target, messageId, code, tries] = unpackRow<FailedRow>(row.value, 4);
        failed.push({ index: readU32(row.key, 40), target, messageId, code, tries });
      }
      return failed;
    });
  }

  depth(): Promise<PushDepth> {
    return this.#engine.read((tables) => ({
      pending: readCounter(tables, "push-pending"),
      failed: readCounter(tables, "push-failed"),
    }));
  }

  depthOf(process: Uint8Array): Promise<number> {
    return this.#engine.read((tables) => readDepth(tables, process));
  }

  nextDue(): Promise<number | null> {
    return this.#engine.read((tables) => {
      for (const { key } of tables.range("push-due", { from: new Uint8Array(0) })) {
        return readU64(key);
      }
      return null;
    });
  }
}

/** The record's items that are not pending already: all of them, unless it is recorded again. */
function newItems(tables: TableReader, record: PushRecord): PushItem[] {
  return record.items.filter(
    (item) => readItem(tables, record.process, record.slot, item.index) === null,
  );
}

function addItem(tables: TableWriter, record: PushRecord, item: PushItem): void {
  const { process, slot, now } = record;
  const failedKey = itemKey(process, slot, item.index);
  if (tables.get("push-failed", failedKey) !== null) {
    tables.remove("push-failed", failedKey);
    addToCounter(tables, "push-failed", -1);
  }
  changeLane(tables, laneKey(process, item.target), () =>
    writeItem(tables, {
      index: item.index,
      target: item.target,
      messageId: item.messageId,
      payload: item.payload,
      process,
      slot,
      tries: 0,
      dueAt: now,
      recordedAt: now,
      reason: null,
    }),
  );
}

/** Takes an item out of its lane; false if it was out already. */
function endItem(tables: TableWriter, claim: PendingPush): boolean {
  const item = readItem(tables, claim.process, claim.slot, claim.index);
  if (item === null) return false;
  changeLane(tables, laneKey(item.process, item.target), () => removeItem(tables, item));
  countPending(tables, item.process, -1);
  return true;
}

function countPending(tables: TableWriter, process: Uint8Array, difference: number): void {
  if (difference === 0) return;
  addToCounter(tables, "push-pending", difference);
  tables.put("push-depth", process, packRow([readDepth(tables, process) + difference]));
}

function readDepth(tables: TableReader, process: Uint8Array): number {
  const value = tables.get("push-depth", process);
  return value === null ? 0 : unpackRow<readonly [number]>(value, 1)[0];
}

function readCursor(tables: TableReader, process: Uint8Array): number | null {
  const value = tables.get("push-cursor", process);
  return value === null ? null : readU64(value);
}
