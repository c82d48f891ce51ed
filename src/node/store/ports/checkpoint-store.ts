/**
 * Port: memory images of processes (spec/06-execution.md §1): a delta log of 4 KiB pages, compacted
 * to 64 KiB chunks. What is loaded is checked against its checksums here (faults of the device),
 * and against the state root by the caller (everything else).
 *
 * @module
 */

/** Bytes of a dirty page: the unit of a delta. */
export const deltaPageBytes = 4_096;

/** Bytes of a WebAssembly page: the unit of `pageCount` and of a stored chunk. */
export const memoryPageBytes = 65_536;

/** The state after a slot, as what changed. */
export interface CheckpointSave {
  readonly process: Uint8Array;
  readonly slot: number;
  /** State root, 32 bytes. */
  readonly root: Uint8Array;
  /** Memory size in pages of 64 KiB. */
  readonly pageCount: number;
  /** Mutable globals, as the caller encodes them. */
  readonly globals: Uint8Array;
  /**
   * Pages of 4 KiB, each index once: the whole memory if `full` (absent pages are zero), else what
   * changed since the newest checkpoint of the process.
   */
  readonly pages: readonly { readonly index: number; readonly bytes: Uint8Array }[];
  readonly full: boolean;
}

export interface Checkpoint {
  readonly slot: number;
  readonly root: Uint8Array;
  readonly pageCount: number;
  readonly globals: Uint8Array;
  /** `pageCount` × 64 KiB. */
  readonly memory: Uint8Array;
}

export interface CheckpointStore {
  /**
   * Saves checkpoints of several processes in one transaction. A delta must be newer than the
   * newest checkpoint; a full one may have any slot. A slot saved before with the same root is
   * passed over.
   *
   * @throws StoreError STORE_CONFLICT: a delta without a checkpoint before it or not newer than it,
   *   or a slot saved before with another root; nothing of the batch happened.
   */
  save(batch: readonly CheckpointSave[]): Promise<void>;
  /**
   * The checkpoint at a slot or the nearest before it; the newest if no slot is named.
   *
   * @throws StoreError STORE_CORRUPT if a stored page fails its checksum: try an earlier slot.
   */
  load(process: Uint8Array, atOrBefore?: number): Promise<Checkpoint | null>;
  /** Slots that can be loaded, ascending. */
  slots(process: Uint8Array): Promise<number[]>;
  /** Drops every checkpoint of the process but these and the newest, on which deltas build. */
  retain(process: Uint8Array, keepSlots: readonly number[]): Promise<void>;
}
