/**
 * The tree of a log that grows (spec/15-heads.md §4; RFC 6962 §2.1): keeps the right edge, at most 255
 * hashes a level, and gives each tile away as it is full. A leaf costs two or three hashes.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { concatBytes } from "../base/bytes.ts";
import { leafHash, merkleRoot } from "../crypto/merkle.ts";
import { tileHashes, tileWidth } from "./tiles.ts";

/** A tile that will never change. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  /** 256 hashes. */
  readonly bytes: Uint8Array;
}

export class GrowingTree {
  /** By level: the hashes of its last tile, fewer than 256. */
  readonly #edge: Uint8Array[][];
  #size: number;

  private constructor(edge: Uint8Array[][], size: number) {
    this.#edge = edge;
    this.#size = size;
  }

  static empty(): GrowingTree {
    return new GrowingTree([], 0);
  }

  /** The tree of that size, from its partial tiles by level. */
  static from(size: number, edge: readonly Uint8Array[]): GrowingTree {
    const hashes = edge.map(tileHashes);
    for (let level = 0; tileWidth ** level <= size; level++) {
      const width = Math.floor(size / tileWidth ** level) % tileWidth;
      assert(
        (hashes[level] ?? []).length === width,
        `the edge has ${width} hashes at level ${level}`,
      );
    }
    return new GrowingTree(hashes, size);
  }

  /** Leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf. Answers the tiles that it filled, lowest first. */
  append(leaf: Uint8Array): FullTile[] {
    const full: FullTile[] = [];
    let hash = leafHash(leaf);
    this.#size += 1;
    for (let level = 0; ; level++) {
      const hashes = this.#edge[level] ?? [];
      hashes.push(hash);
      this.#edge[level] = hashes;
      if (hashes.length < tileWidth) return full;
      const index = this.#size / tileWidth ** (level + 1) - 1;
      full.push({ level, index, bytes: concatBytes(...hashes) });
      hash = merkleRoot(hashes);
      this.#edge[level] = [];
    }
  }

  /** The root over all leaves. */
  root(): Uint8Array {
    let rest: Uint8Array | null = null;
    for (const hashes of this.#edge) {
      const parts: Uint8Array[] = rest === null ? hashes : [...hashes, rest];
      if (parts.length > 0) rest = merkleRoot(parts);
    }
    return rest ?? merkleRoot([]);
  }

  /** The partial tiles, by level; empty where a level has none. */
  edge(): Uint8Array[] {
    return this.#edge.map((hashes) => concatBytes(...hashes));
  }

  /** The partial tile of a level as it is now; null where there is none. */
  partialTile(level: number): Uint8Array | null {
    const hashes = this.#edge[level] ?? [];
    return hashes.length === 0 ? null : concatBytes(...hashes);
  }
}
