/**
 * A log as a monitor has read it (spec/16-evidence.md §4): every leaf, and the tree over them, from which
 * any root, tile and receipt of it is made again. A leaf takes about half a kilobyte of memory.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { GrowingTree } from "../log/growing-tree.ts";
import { parseHead } from "../log/head.ts";
import { type TilePlace, tileWidth } from "../log/tiles.ts";
import { TiledTree } from "../log/tree-proofs.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";

export class LogMirror {
  readonly #leaves: Uint8Array[] = [];
  readonly #full = new Map<string, Uint8Array>();
  readonly #tree = GrowingTree.empty();

  get size(): number {
    return this.#leaves.length;
  }

  leaf(index: number): Uint8Array {
    return this.#leaves[index] ?? new Uint8Array();
  }

  /** The leaves from a place on, of which the last tile has some. */
  leavesFrom(index: number): readonly Uint8Array[] {
    return this.#leaves.slice(index);
  }

  append(leaf: Uint8Array): void {
    this.#leaves.push(leaf);
    for (const { level, index, bytes } of this.#tree.append(leaf)) {
      this.#full.set(`${level}/${index}`, bytes);
    }
  }

  root(): Uint8Array {
    return this.#tree.root();
  }

  /** The root that it would have with these leaves more. */
  rootWith(leaves: readonly Uint8Array[]): Uint8Array {
    const trial = GrowingTree.from(this.size, this.#tree.edge());
    for (const leaf of leaves) trial.append(leaf);
    return trial.root();
  }

  /** The root when it had so many leaves. */
  rootOf(size: number): Promise<Uint8Array> {
    return new TiledTree(size, this.tile).root();
  }

  readonly tile = async ({ level, index, width }: TilePlace): Promise<Uint8Array> => {
    const full = this.#full.get(`${level}/${index}`);
    const bytes = full ?? this.#tree.partialTile(level) ?? new Uint8Array();
    return bytes.subarray(0, 32 * width);
  };

  /** The receipt of a leaf under a head of a tree that this one begins with. */
  async receipt(
    treeIndex: number,
    under: { readonly head: Uint8Array; readonly headKey: Uint8Array },
  ): Promise<Uint8Array> {
    const { size } = parseHead(under.head).head;
    const path = await new TiledTree(size, this.tile).inclusion(treeIndex);
    return logReceiptRecord.encode({ treeIndex, path, ...under });
  }

  /** The first place at which other leaves differ from these; null where none does. */
  differsFrom(leaves: readonly Uint8Array[], from: number): number | null {
    const at = leaves.findIndex((leaf, i) => {
      const own = this.#leaves[from + i];
      return own !== undefined && !equalBytes(own, leaf);
    });
    return at < 0 ? null : from + at;
  }

  /** Where the tile begins that the next leaf is in. */
  get tileStart(): number {
    return this.size - (this.size % tileWidth);
  }
}
