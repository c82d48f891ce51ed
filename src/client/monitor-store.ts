/**
 * Port: what a monitor keeps of a log between two runs (spec/16-evidence.md §4).
 *
 * @module
 */

/** Where a monitor keeps what it has read. */
export interface MonitorStore {
  headKey(): Promise<Uint8Array | null>;
  keepHeadKey(record: Uint8Array): Promise<void>;
  /** The newest head up to which leaves are kept. */
  head(): Promise<Uint8Array | null>;
  /** The head of witnesses that was larger than anything read. */
  ahead(): Promise<Uint8Array | null>;
  /** Leaves of a tile of level 0; empty where none are kept. */
  leaves(tile: number): Promise<readonly Uint8Array[]>;
  /** Keeps leaves; a tile that has grown is replaced. */
  keepLeaves(tile: number, leaves: readonly Uint8Array[]): Promise<void>;
  /** After the leaves under it. */
  keepHead(note: Uint8Array): Promise<void>;
  keepAhead(note: Uint8Array): Promise<void>;
}
