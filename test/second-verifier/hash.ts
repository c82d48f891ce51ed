/**
 * The second verifier's hash and transcript (spec/08-proofs.md §3, §7): BLAKE3 written from its
 * paper, the message permuted after each round.
 *
 * @module
 */

import { type Extension, P } from "./arithmetic.ts";

export type Words = readonly number[];

const initial = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const columnsAndDiagonals = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

function rotate(x: number, by: number): number {
  return ((x >>> by) | (x << (32 - by))) >>> 0;
}

function compress(chain: Words, block: Words, tail: Words): number[] {
  const v = [...chain, ...initial.slice(0, 4), ...tail];
  let message = [...block];
  for (let round = 0; round < 7; round++) {
    columnsAndDiagonals.forEach(([a, b, c, d], i) => {
      for (const [x, right, left] of [
        [message[2 * i]!, 16, 12],
        [message[2 * i + 1]!, 8, 7],
      ] as const) {
        v[a] = (v[a]! + v[b]! + x) >>> 0;
        v[d] = rotate(v[d]! ^ v[a]!, right);
        v[c] = (v[c]! + v[d]!) >>> 0;
        v[b] = rotate(v[b]! ^ v[c]!, left);
      }
    });
    message = permutation.map((place) => message[place]!);
  }
  return initial.map((_, i) => (v[i]! ^ v[i + 8]!) >>> 0);
}

/** One chunk, at most 256 words. */
function chunk(words: Words, counter: number, rootFlag: number): number[] {
  let chain: number[] = [...initial];
  const blocks = Math.max(1, Math.ceil(words.length / 16));
  for (let i = 0; i < blocks; i++) {
    const block = words.slice(16 * i, 16 * i + 16);
    const last = i === blocks - 1;
    const flags = (i === 0 ? 1 : 0) | (last ? 2 | rootFlag : 0);
    const padded = [...block, ...new Array<number>(16 - block.length).fill(0)];
    chain = compress(chain, padded, [counter, 0, 4 * block.length, flags]);
  }
  return chain;
}

function tree(words: Words, counter: number, rootFlag: number): number[] {
  if (words.length <= 256) return chunk(words, counter, rootFlag);
  let left = 256;
  while (2 * left < words.length) left *= 2;
  const children = [
    ...tree(words.slice(0, left), counter, 0),
    ...tree(words.slice(left), counter + left / 256, 0),
  ];
  return compress(initial, children, [0, 0, 64, 4 | rootFlag]);
}

/** H of the specification. */
export function hash(words: Words): number[] {
  return tree(words, 0, 8);
}

/** N of the specification. */
export function node(left: Words, right: Words): number[] {
  return compress(initial, [...left, ...right], [0, 0, 64, 4]);
}

/** H of the name of the protocol: 19 bytes, which are no whole number of words. */
function initialState(): number[] {
  const bytes = [...new TextEncoder().encode("NymCompute STARK v1")];
  const block = Array.from({ length: 16 }, (_, i) =>
    [0, 1, 2, 3].reduce((word, k) => word + (bytes[4 * i + k] ?? 0) * 2 ** (8 * k), 0),
  );
  return compress(initial, block, [0, 0, bytes.length, 1 | 2 | 8]);
}

export class Transcript {
  #state: number[] = initialState();

  absorb(tag: number, words: Words): void {
    this.#state = hash([...this.#state, tag, words.length, ...words]);
  }

  /** Takes a nonce; true if it is the work asked for. */
  work(tag: number, bits: number, nonce: number): boolean {
    this.#state = hash([...this.#state, tag, nonce]);
    return this.#state[0]! % 2 ** bits === 0;
  }

  *#stream(tag: number): Generator<number> {
    this.#state = hash([...this.#state, tag, 0]);
    for (let i = 0; ; i++) yield* hash([...this.#state, 0xffff_ffff, i]);
  }

  extensions(tag: number, count: number): Extension[] {
    const values: bigint[] = [];
    for (const word of this.#stream(tag)) {
      const value = BigInt(word % 2 ** 31);
      if (value < P) values.push(value);
      if (values.length === 4 * count) break;
    }
    return Array.from(
      { length: count },
      (_, i) => values.slice(4 * i, 4 * i + 4) as unknown as Extension,
    );
  }

  positions(tag: number, count: number, bits: number): number[] {
    const drawn = new Set<number>();
    let taken = 0;
    for (const word of this.#stream(tag)) {
      drawn.add(word % 2 ** bits);
      if (++taken === count) break;
    }
    return [...drawn].sort((a, b) => a - b);
  }
}
