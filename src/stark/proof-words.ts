/**
 * A proof as bytes (spec/08-proofs.md §9): 32-bit little-endian words in the order in which the
 * verifier needs them. There are no lengths in it: each follows from the verifying key, the heights
 * and the query positions, so that none can be wrong; what is left over or missing is refused.
 *
 * @module
 */

import type { Extension, ExtensionField } from "../field/extension.ts";
import { P } from "../field/koala-bear.ts";
import { digestWords } from "./hash/blake3.ts";
import { require } from "./proof-error.ts";

/** Largest proof that is looked at, in bytes. */
export const proofBytesMax: number = 2 ** 24;

/** The encoding's version: the first word of every proof. */
export const proofVersion = 1;

/** Collects the words of a proof. */
export class ProofWriter {
  readonly #parts: Uint32Array[] = [];

  words(words: Uint32Array): void {
    this.#parts.push(Uint32Array.from(words));
  }

  word(word: number): void {
    this.#parts.push(Uint32Array.of(word));
  }

  extensions(elements: readonly Extension[]): void {
    this.#parts.push(Uint32Array.from(elements.flat()));
  }

  /** The proof's bytes. */
  finish(): Uint8Array {
    const count = this.#parts.reduce((sum, part) => sum + part.length, 0);
    const bytes = new Uint8Array(4 * count);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const part of this.#parts) {
      for (const word of part) {
        view.setUint32(at, word, true);
        at += 4;
      }
    }
    return bytes;
  }
}

/** Takes a proof's words one after the other; every method refuses where too few are left. */
export class ProofReader {
  readonly #words: Uint32Array;
  #at = 0;

  constructor(proof: Uint8Array) {
    require(proof instanceof Uint8Array, "PROOF_NOT_BYTES");
    require(proof.length <= proofBytesMax, "PROOF_TOO_LONG", {
      expected: proofBytesMax,
      got: proof.length,
    });
    require(proof.length % 4 === 0, "PROOF_TRUNCATED", { got: proof.length });
    const view = new DataView(proof.buffer, proof.byteOffset, proof.length);
    this.#words = new Uint32Array(proof.length / 4);
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = view.getUint32(4 * i, true);
  }

  words(count: number): Uint32Array {
    require(count <= this.#words.length - this.#at, "PROOF_TRUNCATED", {
      expected: this.#at + count,
      got: this.#words.length,
    });
    this.#at += count;
    return this.#words.subarray(this.#at - count, this.#at);
  }

  word(): number {
    return this.words(1)[0]!;
  }

  digest(): Uint32Array {
    return this.words(digestWords);
  }

  /** Field elements in their only encoding. */
  elements(count: number): Uint32Array {
    const words = this.words(count);
    const isCanonical = words.every((word) => word < P);
    require(isCanonical, "ELEMENT_NOT_CANONICAL", { at: this.#at - count });
    return words;
  }

  extensions(field: ExtensionField, count: number): Extension[] {
    const words = this.elements(count * field.degree);
    return Array.from({ length: count }, (_, i) =>
      Array.from(words.subarray(i * field.degree, (i + 1) * field.degree)),
    );
  }

  /** Refuses if anything is left. */
  finish(): void {
    require(this.#at === this.#words.length, "PROOF_TRAILING_BYTES", {
      expected: 4 * this.#at,
      got: 4 * this.#words.length,
    });
  }
}
