/**
 * The heads that a scheduler has signed lately, with the cosignatures that came of them (spec/15-heads.md §3, §8). A
 * witness may be slower than heads come: what it cosigns counts for all entries under that head, however many were
 * signed since. What is forgotten can be cosigned no more; the newest with each number of cosignatures never is.
 *
 * @module
 */

import { utf8Bytes } from "../src/base/bytes.ts";
import { parseHead, type SignedHead } from "../src/log/head.ts";
import { formatNote, type NoteSignature } from "../src/log/signed-note.ts";
import type { TilePlace } from "../src/log/tiles.ts";
import { TiledTree } from "../src/log/tree-proofs.ts";

/** A head that was signed, and the tree that it is the head of. */
export interface Published {
  readonly note: Uint8Array;
  readonly signed: SignedHead;
  readonly tree: TiledTree;
}

/**
 * Heads that wait for cosignatures, four a second where messages come without end: 16 s, longer than a
 * witness is waited for.
 */
const keptMax = 64;

export class SignedHeads {
  readonly #tile: (place: TilePlace) => Promise<Uint8Array>;
  /** By size, rising. */
  readonly #kept = new Map<number, Published>();
  /** By a number of cosignatures: the newest head that has as many. */
  readonly #cosigned: Published[] = [];
  #newest: Published | null = null;

  constructor(tile: (place: TilePlace) => Promise<Uint8Array>) {
    this.#tile = tile;
  }

  get newest(): Published | null {
    return this.#newest;
  }

  /** Takes the newest head, or the same with other signatures. Throws where it is no head. */
  publish(note: Uint8Array): Published {
    const signed = parseHead(note);
    const { size } = signed.head;
    const tree = this.#kept.get(size)?.tree ?? new TiledTree(size, this.#tile);
    const published = { note, signed, tree };
    this.#newest = published;
    this.#keep(published);
    return published;
  }

  /** Adds a cosignature, which holds, to a head; null where that is forgotten, or never was. */
  cosign(size: number, line: NoteSignature): Published | null {
    const known = this.#kept.get(size);
    if (known === undefined) return null;
    const { text, signatures } = known.signed;
    const others = signatures.filter(({ name }) => name !== line.name);
    const note = utf8Bytes(formatNote({ text, signatures: [...others, line] }));
    const cosigned = { note, signed: parseHead(note), tree: known.tree };
    if (this.#newest === known) this.#newest = cosigned;
    this.#keep(cosigned);
    return cosigned;
  }

  /** The newest head that covers a leaf and has so many cosignatures. */
  covering(treeIndex: number, cosignatures: number): Published | null {
    const head = cosignatures === 0 ? this.#newest : this.#cosigned[cosignatures];
    return head && treeIndex < head.signed.head.size ? head : null;
  }

  /** All that are kept: the newest, those before it, and those that have more cosignatures. */
  newestFirst(): readonly Published[] {
    return [...[...this.#kept.values()].reverse(), ...this.#cosigned.slice(1).reverse()];
  }

  #keep(published: Published): void {
    const { size } = published.signed.head;
    this.#kept.set(size, published);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > keptMax && oldest !== undefined) this.#kept.delete(oldest);
    const cosigners = new Set(published.signed.signatures.map(({ name }) => name)).size - 1;
    for (let count = 1; count <= cosigners; count++) {
      const other = this.#cosigned[count]?.signed.head.size ?? 0;
      if (other <= size) this.#cosigned[count] = published;
    }
  }
}
