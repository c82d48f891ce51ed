/**
 * Port: the heads of a scheduler's log and the tiles of its tree (spec/15-heads.md §3, §4).
 *
 * Contract, for every implementation:
 * 1. `advance` is one durable transaction. It is refused where a later epoch has the lease or has
 *    advanced, or where the tree would shrink: of two instances only one says how the log goes on.
 * 2. What `advance` wrote is there before anybody signs it: size and root never change once they were
 *    signed.
 * 3. Full tiles never change.
 *
 * @module
 */

/** How far the tree is known. */
export interface TreeState {
  readonly epoch: number;
  /** Leaves, with the head-key record. */
  readonly size: number;
  readonly root: Uint8Array;
}

export interface StoredTile {
  readonly level: number;
  readonly index: number;
  /** 256 hashes. */
  readonly bytes: Uint8Array;
}

export interface HeadStore {
  /** Keeps the head-key record if there is none yet; answers the one that is kept for ever. */
  headKey(record: Uint8Array): Promise<Uint8Array>;
  /** Null before the first head. */
  state(): Promise<TreeState | null>;
  /** Says how the tree goes on; false, and nothing written, where it must not. */
  advance(next: TreeState, tiles: readonly StoredTile[]): Promise<boolean>;
  /** A full tile; null where it is not full yet. */
  tile(level: number, index: number): Promise<Uint8Array | null>;
  /** Keeps the signed head of a size that `advance` has written. */
  publish(size: number, note: Uint8Array): Promise<void>;
  /** The newest signed head; null before the first. */
  published(): Promise<Uint8Array | null>;
  /**
   * Told of the size of a head that was signed under the log's key. Where the log has fewer leaves, that is
   * kept for ever and answered with true: the store is an older copy of what was signed from.
   */
  overtaken(size: number): Promise<boolean>;
  /** The size of a head that this store has not reached; null where none is known. */
  newer(): Promise<number | null>;
}
