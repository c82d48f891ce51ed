/**
 * The tree over a scheduler's log (spec/15-heads.md §4): grows with the log, and gives its tiles from
 * the store or from its own right edge. Derived from the log alone, so that two instances on one store
 * have the same.
 *
 * @module
 */

import { concatBytes } from "../src/base/bytes.ts";
import { leafHash, merkleRoot } from "../src/crypto/merkle.ts";
import { GrowingTree } from "../src/log/growing-tree.ts";
import { type TilePlace, tileAt, tileHashes, tileWidth } from "../src/log/tiles.ts";
import type { HeadStore, StoredTile } from "../src/node/store/ports/head-store.ts";
import { type LogLeaf, type LogStore, treeIndexFirst } from "../src/node/store/ports/log-store.ts";
import { ProtocolError } from "../src/protocol/errors.ts";

/** Leaves read at a time. */
const readMax = 1000;

interface Sources {
  readonly log: LogStore;
  readonly heads: HeadStore;
  /** Leaf 0. */
  readonly headKey: Uint8Array;
}

export class LogTree {
  readonly #sources: Sources;
  readonly #tree: GrowingTree;
  /** Full tiles that no `advance` has made durable yet. */
  #unsaved: StoredTile[] = [];

  private constructor(sources: Sources, tree: GrowingTree) {
    this.#sources = sources;
    this.#tree = tree;
  }

  /** The tree as the store knows it. */
  static async open(sources: Sources): Promise<LogTree> {
    const state = await sources.heads.state();
    const edge = await edgeOf(sources, state?.size ?? 0);
    return new LogTree(sources, GrowingTree.from(state?.size ?? 0, edge));
  }

  get size(): number {
    return this.#tree.size;
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  /**
   * Takes in what the log has more. Answers the tiles that must be saved with the next head; `onLeaf` is
   * told of every entry.
   */
  async grow(onLeaf?: (leaf: LogLeaf) => void): Promise<readonly StoredTile[]> {
    const { log, headKey } = this.#sources;
    if (this.#tree.size === 0) this.#unsaved.push(...this.#tree.append(headKey));
    for (;;) {
      const leaves = await log.leaves(this.#tree.size, readMax);
      for (const leaf of leaves) {
        this.#unsaved.push(...this.#tree.append(leaf.entry));
        onLeaf?.(leaf);
      }
      if (leaves.length === 0) return this.#unsaved;
    }
  }

  /** Told that these tiles are durable. */
  saved(tiles: readonly StoredTile[]): void {
    this.#unsaved = this.#unsaved.slice(tiles.length);
  }

  /** Told that another instance has made every tile durable that is full in a tree of this size. */
  savedUpTo(size: number): void {
    this.#unsaved = this.#unsaved.filter(
      ({ level, index }) => (index + 1) * tileWidth ** (level + 1) > size,
    );
  }

  /** A tile as it was at some size of the tree, full or not. Throws `TILE_UNKNOWN`. */
  readonly tile = async ({ level, index, width }: TilePlace): Promise<Uint8Array> => {
    const there = tileAt({ level, index }, this.#tree.size);
    const bytes = there === null ? null : await this.#bytesAt(there);
    if (bytes === null || bytes.length < 32 * width) {
      throw new ProtocolError("TILE_UNKNOWN", { level, index, expected: width });
    }
    return bytes.subarray(0, 32 * width);
  };

  /** The last tile of a level is in the tree's edge; a full one in the store, or on its way there. */
  #bytesAt({ level, index, width }: TilePlace): Promise<Uint8Array | null> | Uint8Array | null {
    if (width < tileWidth) return this.#tree.partialTile(level);
    const unsaved = this.#unsaved.find((one) => one.level === level && one.index === index);
    return unsaved?.bytes ?? this.#sources.heads.tile(level, index);
  }
}

/** The partial tiles of a tree of that size, from its full tiles and its last leaves. */
async function edgeOf(sources: Sources, size: number): Promise<Uint8Array[]> {
  const edge: Uint8Array[] = [];
  for (let level = 0; tileWidth ** level <= size; level++) {
    const count = Math.floor(size / tileWidth ** level);
    const from = count - (count % tileWidth);
    const hashes =
      level === 0
        ? await lastLeaves(sources, from, count)
        : await tileRoots(sources.heads, level - 1, { from, to: count });
    edge.push(concatBytes(...hashes));
  }
  return edge;
}

async function lastLeaves(
  { log, headKey }: Sources,
  from: number,
  to: number,
): Promise<Uint8Array[]> {
  const first = from === 0 && to > 0 ? [leafHash(headKey)] : [];
  const start = Math.max(from, treeIndexFirst);
  const leaves = await log.leaves(start, Math.max(0, to - start));
  return [...first, ...leaves.map(({ entry }) => leafHash(entry))];
}

async function tileRoots(
  heads: HeadStore,
  level: number,
  range: { readonly from: number; readonly to: number },
): Promise<Uint8Array[]> {
  const roots: Uint8Array[] = [];
  for (let index = range.from; index < range.to; index++) {
    const tile = await heads.tile(level, index);
    if (tile === null) throw new ProtocolError("HOST_FAULT", { level, index, expected: "a tile" });
    roots.push(merkleRoot(tileHashes(tile)));
  }
  return roots;
}
