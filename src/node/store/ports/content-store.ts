/**
 * Port: uploaded content, modules and evidence, by SHA-256 (spec/09-http.md). Bytes are taken only
 * for an id and size that were announced, and dropped an hour later if nothing refers to them. The
 * stored and the announced bytes together never exceed the store's bound.
 *
 * @module
 */

/** What a sweep dropped. */
export interface SweepReport {
  readonly contents: number;
  readonly reservations: number;
  /** Bytes given back: stored and announced. */
  readonly bytes: number;
}

export interface ContentStore {
  /**
   * Announces content of `size` bytes until `expiresAt` (ms). Repeating it moves the end later.
   * `full` if the bound would be exceeded: nothing is announced.
   */
  reserve(
    id: Uint8Array,
    size: number,
    expiresAt: number,
  ): Promise<"reserved" | "present" | "full">;
  /** True if bytes of this size would be taken, or are there: ask before reading a body. */
  reserved(id: Uint8Array, size: number): Promise<boolean>;
  /**
   * Stores announced bytes; true if they were new, false if they were there.
   *
   * @throws StoreError CONTENT_MISMATCH or CONTENT_UNANNOUNCED: nothing happened.
   */
  put(id: Uint8Array, bytes: Uint8Array): Promise<boolean>;
  /**
   * The bytes, or null if absent; their hash is checked on every read.
   *
   * @throws StoreError STORE_CORRUPT if the bytes are no longer those of the id.
   */
  get(id: Uint8Array): Promise<Uint8Array | null>;
  has(id: Uint8Array): Promise<boolean>;
  /** Keeps present content for good; false if it is absent. Idempotent. */
  refer(id: Uint8Array): Promise<boolean>;
  /** Drops what is due at `now`, at most 1,000 things a call. */
  sweep(now: number): Promise<SweepReport>;
  /** Stored and announced bytes. */
  totalBytes(): Promise<number>;
}
