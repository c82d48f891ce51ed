/**
 * The second verifier's proof (spec/08-proofs.md §4, §7, §9): its words, taken one after the other and
 * absorbed where the transcript wants them.
 *
 * @module
 */

import { type Extension, P } from "./arithmetic.ts";
import { hash, node, Transcript, type Words } from "./hash.ts";

export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`refused: ${what}`);
}

/** Distinct values of the positions shifted right, ascending. */
export function shifted(positions: readonly number[], by: number): number[] {
  return [...new Set(positions.map((position) => position >>> by))].sort((a, b) => a - b);
}

export interface OpenedTree {
  readonly rows: readonly ReadonlyMap<number, readonly bigint[]>[];
}

export class Proof {
  readonly transcript: Transcript = new Transcript();
  readonly #words: Words;
  #at = 0;

  constructor(words: Words) {
    this.#words = words;
  }

  take(count: number): Words {
    demand(this.#at + count <= this.#words.length, "truncated");
    this.#at += count;
    return this.#words.slice(this.#at - count, this.#at);
  }

  elements(count: number): bigint[] {
    const values = this.take(count).map(BigInt);
    demand(
      values.every((value) => value < P),
      "not canonical",
    );
    return values;
  }

  root(tag: number): Words {
    const digest = this.take(8);
    this.transcript.absorb(tag, digest);
    return digest;
  }

  extensions(tag: number, count: number): Extension[] {
    const values = this.elements(4 * count);
    this.transcript.absorb(tag, values.map(Number));
    return Array.from(
      { length: count },
      (_, i) => values.slice(4 * i, 4 * i + 4) as unknown as Extension,
    );
  }

  work(tag: number, bits: number): void {
    if (bits > 0) demand(this.transcript.work(tag, bits, this.take(1)[0]!), "work");
  }

  opening(
    digest: Words,
    shapes: readonly { readonly log: number; readonly width: number }[],
    at: { readonly positions: readonly number[]; readonly log: number },
  ): OpenedTree {
    const rows = shapes.map(({ log, width }) => {
      const places = shifted(at.positions, at.log - log);
      return new Map(places.map((place) => [place, this.elements(width)]));
    });
    const rowDigest = (log: number, place: number): Words | null => {
      const joined = shapes.flatMap((shape, i) =>
        shape.log === log ? rows[i]!.get(place)!.map(Number) : [],
      );
      return joined.length === 0 ? null : hash(joined);
    };
    const top = Math.max(...shapes.map(({ log }) => log));
    const leaves = shifted(at.positions, at.log - top);
    let level = new Map(leaves.map((place) => [place, rowDigest(top, place)!]));
    for (let log = top - 1; log >= 0; log--) {
      const parents = new Map<number, Words>();
      for (const [place, own] of level) {
        if (parents.has(place >>> 1)) continue;
        const sibling = level.get(place ^ 1) ?? this.take(8);
        const parent = place % 2 === 0 ? node(own, sibling) : node(sibling, own);
        const joining = rowDigest(log, place >>> 1);
        parents.set(place >>> 1, joining === null ? parent : node(parent, joining));
      }
      level = parents;
    }
    demand(
      level.get(0)!.every((word, i) => word === digest[i]),
      "root",
    );
    return { rows };
  }

  finish(): void {
    demand(this.#at === this.#words.length, "trailing words");
  }
}
