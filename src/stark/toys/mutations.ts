/**
 * Hostile proofs and statements, by number: the same number gives the same mutation, so that a
 * campaign can be repeated and a find be reproduced.
 *
 * @module
 */

import { P } from "../../field/koala-bear.ts";
import type { Statement } from "../statement.ts";

/** A fixed sequence of numbers below 2^32 (splitmix32 of the seed and the step). */
export function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e37_79b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a_2d97);
    return ((z ^ (z >>> 15)) >>> 0) % below;
  };
}

/** The proof with one byte changed. */
export function flipByte(proof: Uint8Array, seed: number): Uint8Array {
  const next = numbers(seed);
  const flipped = proof.slice();
  const at = next(proof.length);
  flipped[at] = flipped[at]! ^ (1 + next(255));
  return flipped;
}

/** Words that are special to somebody: bounds of the field, of integers, of heights. */
const specialWords = [0, 1, 2, 24, 31, 32, 64, P - 1, P, P + 1, 2 ** 31, 2 ** 32 - 1];

type Edit = (words: Uint32Array, other: Uint32Array, next: (below: number) => number) => number[];

/** A range of words, most often short, sometimes most of the proof. */
function someRange(length: number, next: (below: number) => number): [number, number] {
  const start = next(length);
  const longest = next(4) === 0 ? length : 64;
  return [start, Math.min(length, start + 1 + next(longest))];
}

const edits: readonly Edit[] = [
  (words, _other, next) => [...words.subarray(0, next(words.length))],
  (words, _other, next) => [...words, ...Array.from({ length: 1 + next(64) }, () => next(P))],
  (words, _other, next) => {
    const [start, end] = someRange(words.length, next);
    return [...words.subarray(0, start), ...words.subarray(end)];
  },
  (words, _other, next) => {
    const [start, end] = someRange(words.length, next);
    return [...words.subarray(0, end), ...words.subarray(start)];
  },
  (words, _other, next) => {
    const [start, end] = someRange(words.length, next);
    return [
      ...words.subarray(0, start),
      ...words.subarray(start, end).slice().reverse(),
      ...words.subarray(end),
    ];
  },
  (words, _other, next) => {
    const [start, end] = someRange(words.length, next);
    const special = specialWords[next(specialWords.length)]!;
    return [...words.slice().fill(special, start, end)];
  },
  // Two ranges of one length in each other's place: rows, siblings, digests reordered.
  (words, _other, next) => {
    const length = [1, 2, 4, 8, 16, 32][next(6)]!;
    const [a, b] = [next(words.length - length), next(words.length - length)];
    const swapped = words.slice();
    swapped.set(words.subarray(b, b + length), a);
    swapped.set(words.subarray(a, a + length), b);
    return [...swapped];
  },
  // The head of the proof, where heights are.
  (words, _other, next) => {
    const changed = words.slice();
    changed[next(16)] = next(2) === 0 ? next(64) : specialWords[next(specialWords.length)]!;
    return [...changed];
  },
  // Parts of an honest proof of another statement.
  (words, other, next) => {
    const [start, end] = someRange(Math.min(words.length, other.length), next);
    return [
      ...words.subarray(0, start),
      ...other.subarray(start, end),
      ...words.subarray(Math.min(end, words.length)),
    ];
  },
  // The same element in another encoding.
  (words, _other, next) => {
    const changed = words.slice();
    const at = next(words.length);
    changed[at] = (changed[at]! + P) >>> 0;
    return [...changed];
  },
];

function toWords(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}

/** The proof with its structure changed; never the proof itself. */
export function restructure(proof: Uint8Array, other: Uint8Array, seed: number): Uint8Array {
  const next = numbers(seed);
  if (next(12) === 0) return proof.subarray(0, next(proof.length));
  const words = toWords(proof);
  const edited = edits[next(edits.length)]!(words, toWords(other), next);
  const isSame = edited.length === words.length && edited.every((word, i) => word === words[i]);
  return isSame ? flipByte(proof, seed) : new Uint8Array(Uint32Array.from(edited).buffer);
}

/** Values that no field of a statement may have. */
const wrongValues: readonly unknown[] = [
  null,
  undefined,
  Number.NaN,
  -1,
  2 ** 53,
  "1",
  [],
  {},
  [Number.NaN],
  [-1],
  [null],
  new Uint8Array(3),
  new Float64Array([Number.NaN]),
  new Uint32Array([P]),
  new Uint32Array([2 ** 32 - 1]),
  new Uint32Array(2 ** 17),
  new Array(1000).fill(new Uint32Array()),
];

/** Statements that are not this one, most of them not statements at all. */
export function otherStatements(statement: Statement): unknown[] {
  const others: unknown[] = [...wrongValues];
  for (const wrong of wrongValues) {
    for (const name of ["context", "publicValues", "publicTerms"]) {
      // An empty list is what some statements have.
      others.push({ ...statement, [name]: wrong });
    }
    const [firstValues, ...values] = statement.publicValues;
    others.push({ ...statement, publicValues: [wrong, ...values] });
    others.push({ ...statement, publicValues: [...statement.publicValues, wrong] });
    others.push({ ...statement, publicValues: values }, { ...statement, publicTerms: [wrong] });
    const terms = statement.publicTerms[0] ?? {
      bus: 0,
      multiplicities: Uint32Array.of(1),
      tuples: Uint32Array.of(1),
    };
    for (const name of ["bus", "multiplicities", "tuples"]) {
      others.push({ ...statement, publicTerms: [{ ...terms, [name]: wrong }] });
    }
    if (firstValues !== undefined) {
      for (let i = 0; i < firstValues.length; i++) {
        const changed = firstValues.slice();
        changed[i] = (changed[i]! + 1) % P;
        others.push({ ...statement, publicValues: [changed, ...values] });
      }
    }
  }
  others.push({ ...statement, context: Uint8Array.of(...statement.context, 0) });
  others.push({ ...statement, context: new Uint8Array(2 ** 20) });
  others.push({
    ...statement,
    publicTerms: [...statement.publicTerms, ...statement.publicTerms, 0],
  });
  return others.filter((other) => !isSameStatement(other, statement));
}

function isSameStatement(other: unknown, statement: Statement): boolean {
  return JSON.stringify(other) === JSON.stringify(statement);
}
