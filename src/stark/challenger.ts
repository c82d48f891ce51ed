/**
 * The Fiat-Shamir transcript (spec/08-proofs.md §7): a 32-byte state that everything is hashed
 * into, in one order that prover and verifier share, and that every challenge is drawn from.
 *
 * Each step hashes state ‖ tag ‖ length or index ‖ content. Tags name what is absorbed or drawn,
 * so that no message can stand in for another.
 *
 * @module
 */

import type { Extension, ExtensionField } from "../field/extension.ts";
import { P } from "../field/koala-bear.ts";
import { digestWords, hashBytes, hashWords } from "./hash/blake3.ts";

/** What is absorbed or drawn. The numbers are in the specification and never change. */
export const tags = {
  key: 1,
  statement: 2,
  heights: 3,
  mainRoot: 4,
  lookupWork: 5,
  lookupChallenges: 6,
  auxiliaryRoot: 7,
  terminals: 8,
  constraintWork: 9,
  constraintChallenge: 10,
  quotientRoot: 11,
  deepWork: 12,
  deepPoint: 13,
  openings: 14,
  batchWork: 15,
  batchChallenge: 16,
  foldRoot: 17,
  foldWork: 18,
  foldChallenge: 19,
  finalPolynomial: 20,
  queryWork: 21,
  queryPositions: 22,
} as const;

export type Tag = (typeof tags)[keyof typeof tags];

/** Marks the blocks of a drawn stream; no tag has this number. */
const streamTag = 0xffff_ffff;

/** The transcript's state hashed with a tag and one number: one compression. */
export function hashState(state: Uint32Array, tag: number, value: number): Uint32Array {
  const words = new Uint32Array(digestWords + 2);
  words.set(state);
  words[digestWords] = tag;
  words[digestWords + 1] = value;
  return hashWords(words);
}

/** True if the lowest `bits` bits of the digest are zero. */
export function hasWork(digest: Uint32Array, bits: number): boolean {
  return (digest[0]! & (2 ** bits - 1)) === 0;
}

export class Challenger {
  #state: Uint32Array;

  constructor() {
    this.#state = hashBytes(new TextEncoder().encode("NymCompute STARK v1"));
  }

  /** The state, for a search for a nonce. */
  get state(): Uint32Array {
    return this.#state;
  }

  absorb(tag: Tag, content: Uint32Array): void {
    const words = new Uint32Array(digestWords + 2 + content.length);
    words.set(this.#state);
    words[digestWords] = tag;
    words[digestWords + 1] = content.length;
    words.set(content, digestWords + 2);
    this.#state = hashWords(words);
  }

  /**
   * Takes a nonce into the state and tells whether it is the work asked for. With 0 bits there is
   * no nonce and nothing happens.
   */
  acceptWork(tag: Tag, bits: number, nonce: number): boolean {
    if (bits === 0) return true;
    this.#state = hashState(this.#state, tag, nonce);
    return hasWork(this.#state, bits);
  }

  /** Draws words one by one: blocks of eight, each the hash of the new state and its number. */
  *#draw(tag: Tag): Generator<number, never> {
    this.#state = hashState(this.#state, tag, 0);
    for (let block = 0; ; block++) {
      for (const word of hashState(this.#state, streamTag, block)) yield word;
    }
  }

  /** `count` uniform elements: 31 bits a coefficient, drawn again where they are not canonical. */
  drawExtensions(tag: Tag, field: ExtensionField, count: number): Extension[] {
    const words = this.#draw(tag);
    const elements: Extension[] = [];
    while (elements.length < count) {
      const element: number[] = [];
      while (element.length < field.degree) {
        const value = words.next().value & 0x7fff_ffff;
        if (value < P) element.push(value);
      }
      elements.push(element);
    }
    return elements;
  }

  drawExtension(tag: Tag, field: ExtensionField): Extension {
    return this.drawExtensions(tag, field, 1)[0]!;
  }

  /** `count` positions below 2^bits, bits <= 32: raw bits, so that none is likelier. */
  drawPositions(tag: Tag, count: number, bits: number): number[] {
    const words = this.#draw(tag);
    return Array.from({ length: count }, () => (words.next().value & (2 ** bits - 1)) >>> 0);
  }
}
