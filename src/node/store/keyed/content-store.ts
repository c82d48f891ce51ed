/**
 * Uploaded content over an engine; see the port for the contract.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { concatBytes, equalBytes, u64be } from "../../../base/bytes.ts";
import type { Clock } from "../../../base/clock.ts";
import type { StoreEngine, TableReader, TableWriter } from "../engine.ts";
import type { ContentStore, SweepReport } from "../ports/content-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { readU64 } from "../schema.ts";
import { StoreError } from "../store-error.ts";
import { contentUnreferredMs, sweepRowsMax } from "../store-limits.ts";
import { addToCounter, readCounter } from "./counters.ts";
import { takeRows } from "./paging.ts";

type ContentRow = readonly [size: number, dueAt: number, referred: boolean];
type ReservationRow = readonly [expiresAt: number];

/** See `ContentStore`. */
export class KeyedContentStore implements ContentStore {
  readonly #engine: StoreEngine;
  readonly #clock: Clock;
  readonly #bytesMax: number;

  constructor(options: {
    readonly engine: StoreEngine;
    readonly clock: Clock;
    /** Bound of stored and announced bytes together. */
    readonly bytesMax: number;
  }) {
    this.#engine = options.engine;
    this.#clock = options.clock;
    this.#bytesMax = options.bytesMax;
  }

  reserve(
    id: Uint8Array,
    size: number,
    expiresAt: number,
  ): Promise<"reserved" | "present" | "full"> {
    return this.#engine.update((tables) => {
      if (readContentRow(tables, id) !== null) return "present";
      const earlier = readReservation(tables, id, size);
      if (earlier !== null) {
        if (expiresAt > earlier)
          moveReservation(tables, { id, size, from: earlier, to: expiresAt });
        return "reserved";
      }
      if (readCounter(tables, "content-bytes") + size > this.#bytesMax) return "full";
      moveReservation(tables, { id, size, from: null, to: expiresAt });
      addToCounter(tables, "content-bytes", size);
      return "reserved";
    });
  }

  reserved(id: Uint8Array, size: number): Promise<boolean> {
    return this.#engine.read((tables) => {
      if (readContentRow(tables, id)?.[0] === size) return true;
      return (readReservation(tables, id, size) ?? 0) > this.#clock.now();
    });
  }

  async put(id: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    checkDigest(id, bytes, "CONTENT_MISMATCH");
    const dueAt = this.#clock.now() + contentUnreferredMs;
    return await this.#engine.update((tables) => {
      if (readContentRow(tables, id) !== null) return false;
      const size = bytes.length;
      const expiresAt = readReservation(tables, id, size);
      if (expiresAt === null || expiresAt <= this.#clock.now())
        throw new StoreError("CONTENT_UNANNOUNCED", { size });
      moveReservation(tables, { id, size, from: expiresAt, to: null });
      tables.put("content", id, packRow([bytes]));
      tables.put("content-row", id, packRow([size, dueAt, false]));
      tables.put("content-due", dueKey(dueAt, id, null), packRow([]));
      return true;
    });
  }

  async get(id: Uint8Array): Promise<Uint8Array | null> {
    const value = await this.#engine.read((tables) => tables.get("content", id));
    if (value === null) return null;
    const [bytes] = unpackRow<readonly [Uint8Array]>(value, 1);
    // 1 MiB takes about 1 ms; content is read seldom, for modules are cached by who runs them.
    checkDigest(id, bytes, "STORE_CORRUPT");
    return bytes;
  }

  has(id: Uint8Array): Promise<boolean> {
    return this.#engine.read((tables) => readContentRow(tables, id) !== null);
  }

  refer(id: Uint8Array): Promise<boolean> {
    return this.#engine.update((tables) => {
      const row = readContentRow(tables, id);
      if (row === null) return false;
      const [size, dueAt, referred] = row;
      if (!referred) {
        tables.remove("content-due", dueKey(dueAt, id, null));
        tables.put("content-row", id, packRow([size, dueAt, true]));
      }
      return true;
    });
  }

  sweep(now: number): Promise<SweepReport> {
    return this.#engine.update((tables) => {
      const due = tables.range("content-due", { from: new Uint8Array(0), to: u64be(now + 1) });
      let contents = 0;
      let reservations = 0;
      let bytes = 0;
      for (const key of takeRows(due, sweepRowsMax, (row) => row.key)) {
        const id = key.slice(8, 40);
        const kind = readU64(key, 40);
        if (kind === 0) {
          bytes += readContentRow(tables, id)?.[0] ?? 0;
          contents++;
          tables.remove("content", id);
          tables.remove("content-row", id);
        } else {
          bytes += kind - 1;
          reservations++;
          tables.remove("content-reserved", reservationKey(id, kind - 1));
        }
        tables.remove("content-due", key);
      }
      addToCounter(tables, "content-bytes", -bytes);
      return { contents, reservations, bytes };
    });
  }

  totalBytes(): Promise<number> {
    return this.#engine.read((tables) => readCounter(tables, "content-bytes"));
  }
}

function checkDigest(
  id: Uint8Array,
  bytes: Uint8Array,
  code: "CONTENT_MISMATCH" | "STORE_CORRUPT",
): void {
  const digest = createHash("sha256").update(bytes).digest();
  if (!equalBytes(digest, id)) {
    throw new StoreError(code, {
      expected: Buffer.from(id).toString("base64url"),
      got: digest.toString("base64url"),
    });
  }
}

function reservationKey(id: Uint8Array, size: number): Uint8Array {
  return concatBytes(id, u64be(size));
}

/** What falls due for an id: its stored bytes (null), or a reservation of a size. */
function dueKey(dueAt: number, id: Uint8Array, reservedSize: number | null): Uint8Array {
  return concatBytes(u64be(dueAt), id, u64be(reservedSize === null ? 0 : reservedSize + 1));
}

function readContentRow(tables: TableReader, id: Uint8Array): ContentRow | null {
  const value = tables.get("content-row", id);
  return value === null ? null : unpackRow<ContentRow>(value, 3);
}

function readReservation(tables: TableReader, id: Uint8Array, size: number): number | null {
  const value = tables.get("content-reserved", reservationKey(id, size));
  return value === null ? null : unpackRow<ReservationRow>(value, 1)[0];
}

/** Writes, moves or (without `to`) removes a reservation. The bytes stay counted. */
function moveReservation(
  tables: TableWriter,
  change: {
    readonly id: Uint8Array;
    readonly size: number;
    readonly from: number | null;
    readonly to: number | null;
  },
): void {
  const { id, size, from, to } = change;
  if (from !== null) tables.remove("content-due", dueKey(from, id, size));
  if (to === null) {
    tables.remove("content-reserved", reservationKey(id, size));
  } else {
    tables.put("content-reserved", reservationKey(id, size), packRow([to]));
    tables.put("content-due", dueKey(to, id, size), packRow([]));
  }
}
