/**
 * Inclusion and consistency proofs (spec/15-heads.md §5; RFC 6962 §2.1.1, §2.1.2) made from tiles,
 * wherever those come from: a scheduler's store, or its HTTP interface.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { merkleRoot, nodeHash, splitOf } from "../crypto/merkle.ts";
import { type TilePlace, tileAt, tileHashes, tileHeight, tileWidth } from "./tiles.ts";

/** Gives at least the first `width` hashes of a tile. */
export type TileSource = (place: TilePlace) => Promise<Uint8Array>;

/** Tiles that are kept read; a proof needs one or two a level. */
const tilesKeptMax = 64;

/** The nodes above a tile's hashes, hashed as far as they were asked for. */
class TileNodes {
  readonly #levels: Uint8Array[][];

  constructor(bytes: Uint8Array) {
    this.#levels = [tileHashes(bytes)];
  }

  /** The root over the `index`-th 2^height of its hashes. */
  node(height: number, index: number): Uint8Array {
    for (let level = this.#levels.length; level <= height; level++) {
      const below = this.#levels[level - 1] as Uint8Array[];
      const pairs = Math.floor(below.length / 2);
      this.#levels.push(
        Array.from({ length: pairs }, (_, i) =>
          nodeHash(below[2 * i] as Uint8Array, below[2 * i + 1] as Uint8Array),
        ),
      );
    }
    const node = this.#levels[height]?.[index];
    assert(node !== undefined, "the tile has the node");
    return node;
  }
}

/** The tree of a size. */
export class TiledTree {
  readonly #size: number;
  readonly #source: TileSource;
  readonly #read = new Map<string, Promise<TileNodes>>();

  constructor(size: number, source: TileSource) {
    this.#size = size;
    this.#source = source;
  }

  root(): Promise<Uint8Array> {
    return this.#hashOf(0, this.#size);
  }

  /** The siblings from a leaf to the root, lowest first. */
  async inclusion(index: number): Promise<Uint8Array[]> {
    assert(index >= 0 && index < this.#size, "the leaf is in the tree");
    const siblings: Uint8Array[] = [];
    let [start, end] = [0, this.#size];
    while (end - start > 1) {
      const middle = start + splitOf(end - start);
      const isLeft = index < middle;
      siblings.unshift(await (isLeft ? this.#hashOf(middle, end) : this.#hashOf(start, middle)));
      [start, end] = isLeft ? [start, middle] : [middle, end];
    }
    return siblings;
  }

  /** What shows that the tree of `earlier` leaves is this one's beginning. */
  async consistency(earlier: number): Promise<Uint8Array[]> {
    assert(earlier > 0 && earlier <= this.#size, "the earlier tree is not empty and not larger");
    const hashes: Uint8Array[] = [];
    let [start, end] = [0, this.#size];
    // The root of the earlier tree is known to whoever asks, so that where it is a node it is left out.
    while (end !== earlier) {
      const middle = start + splitOf(end - start);
      const isLeft = earlier <= middle;
      hashes.unshift(await (isLeft ? this.#hashOf(middle, end) : this.#hashOf(start, middle)));
      [start, end] = isLeft ? [start, middle] : [middle, end];
    }
    return start === 0 ? hashes : [await this.#hashOf(start, end), ...hashes];
  }

  /** The root over the leaves `start` to `end`, of which `start` begins a perfect tree that large. */
  async #hashOf(start: number, end: number): Promise<Uint8Array> {
    const count = end - start;
    if (count === 0) return merkleRoot([]);
    if (isPowerOfTwo(count)) return this.#perfect(start, count);
    const middle = start + splitOf(count);
    return nodeHash(await this.#hashOf(start, middle), await this.#hashOf(middle, end));
  }

  /** `count` is a power of two and divides `start`. */
  async #perfect(start: number, count: number): Promise<Uint8Array> {
    const height = Math.log2(count);
    const level = Math.floor(height / tileHeight);
    const index = Math.floor(start / tileWidth ** (level + 1));
    const above = height - level * tileHeight;
    const nodes = await this.#tile(level, index);
    return nodes.node(above, start / count - index * 2 ** (tileHeight - above));
  }

  #tile(level: number, index: number): Promise<TileNodes> {
    const key = `${level}/${index}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const place = tileAt({ level, index }, this.#size);
    assert(place !== null, "the tree has the tile");
    const read = this.#source(place).then((bytes) => new TileNodes(bytes));
    const [oldest] = this.#read.keys();
    if (this.#read.size >= tilesKeptMax && oldest !== undefined) this.#read.delete(oldest);
    this.#read.set(key, read);
    // What could not be read may be there the next time.
    read.catch(() => this.#read.delete(key));
    return read;
  }
}

function isPowerOfTwo(count: number): boolean {
  return splitOf(count + 1) === count;
}
