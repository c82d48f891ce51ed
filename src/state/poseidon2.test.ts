import { expect, test } from "vitest";
import { P } from "../field/koala-bear.ts";
import { compress, compressPair, permute } from "./poseidon2.ts";
import {
  finalConstants,
  initialConstants,
  internalConstants,
  internalDiagonal,
  width,
} from "./poseidon2-constants.ts";

/** Bits of `value`, most significant first. */
const bitsOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (count - 1 - i)) % 2);

/**
 * The Grain generator of the Poseidon paper (eprint 2019/458, appendix E) in self-shrinking mode,
 * seeded with the field kind, S-box kind, bits, width and round counts.
 */
function grainElements(): () => number {
  const register = [
    ...bitsOf(1, 2),
    ...bitsOf(0, 4),
    ...bitsOf(31, 12),
    ...bitsOf(width, 12),
    ...bitsOf(8, 10),
    ...bitsOf(20, 10),
    ...bitsOf(2 ** 30 - 1, 30),
  ];
  const step = (): number => {
    const bit = [0, 13, 23, 38, 51, 62].reduce((sum, tap) => sum ^ register[tap]!, 0);
    register.shift();
    register.push(bit);
    return bit;
  };
  for (let i = 0; i < 160; i++) step();
  const nextBit = (): number => {
    for (;;) {
      const keep = step();
      const bit = step();
      if (keep === 1) return bit;
    }
  };
  return () => {
    for (;;) {
      let value = 0;
      for (let i = 0; i < 31; i++) value = 2 * value + nextBit();
      if (value < P) return value;
    }
  };
}

test("every round constant comes from the Grain generator, in the order of the rounds", () => {
  const next = grainElements();
  const rounds = (count: number): number[][] =>
    Array.from({ length: count }, () => Array.from({ length: width }, next));
  expect(initialConstants).toEqual(rounds(4));
  expect(internalConstants).toEqual(Array.from({ length: 20 }, next));
  expect(finalConstants).toEqual(rounds(4));
});

const input = [
  894848333, 1437655012, 1200606629, 1690012884, 71131202, 1749206695, 1717947831, 120589055,
  19776022, 42382981, 1831865506, 724844064, 171220207, 1299207443, 227047920, 1783754913,
];
const output = [
  1934285469, 604889435, 133449501, 1026180808, 1830659359, 176667110, 1391183747, 351743874,
  1238264085, 1292768839, 2023573270, 1201586780, 1360691759, 1230682461, 748270449, 651545025,
];

test("permutes as the known answer of Plonky3's default instance says", () => {
  const state = Uint32Array.from(input);
  permute(state);
  expect(Array.from(state)).toEqual(output);
});

test("compression adds the input to the permuted state and keeps eight elements", () => {
  const digest = compress(Uint32Array.from(input));
  expect(Array.from(digest)).toEqual(
    output.slice(0, 8).map((element, i) => (element + input[i]!) % P),
  );
  expect(
    compressPair(Uint32Array.from(input.slice(0, 8)), Uint32Array.from(input.slice(8))),
  ).toEqual(digest);
});

/** The permutation in BigInt, from full matrices: nothing is shared with the code under test. */
function permuteByMatrices(input: readonly number[]): number[] {
  const modulus = BigInt(P);
  const block = [
    [2n, 3n, 1n, 1n],
    [1n, 2n, 3n, 1n],
    [1n, 1n, 2n, 3n],
    [3n, 1n, 1n, 2n],
  ];
  const external = Array.from({ length: 16 }, (_, i) =>
    Array.from(
      { length: 16 },
      (_, j) => block[i % 4]![j % 4]! * (Math.floor(i / 4) === Math.floor(j / 4) ? 2n : 1n),
    ),
  );
  const internal = Array.from({ length: 16 }, (_, i) =>
    Array.from({ length: 16 }, (_, j) => 1n + (i === j ? BigInt(internalDiagonal[i]!) : 0n)),
  );
  const multiply = (matrix: bigint[][], vector: bigint[]): bigint[] =>
    matrix.map((row) => row.reduce((sum, cell, j) => sum + cell * vector[j]!, 0n) % modulus);
  const full = (state: bigint[], constants: readonly number[]): bigint[] =>
    multiply(
      external,
      state.map((a, i) => (a + BigInt(constants[i]!)) ** 3n % modulus),
    );
  let state = multiply(external, input.map(BigInt));
  for (const constants of initialConstants) state = full(state, constants);
  for (const constant of internalConstants) {
    state[0] = (state[0]! + BigInt(constant)) ** 3n;
    state = multiply(internal, state);
  }
  for (const constants of finalConstants) state = full(state, constants);
  return state.map(Number);
}

test("agrees with the definition by matrices at the edges of the field", () => {
  const edges = [
    Array.from({ length: width }, () => 0),
    Array.from({ length: width }, () => P - 1),
    Array.from({ length: width }, (_, i) => (i % 2 === 0 ? P - 1 : 0)),
    Array.from({ length: width }, (_, i) => (i * 0x1234_5678) % P),
  ];
  for (const edge of edges) {
    const state = Uint32Array.from(edge);
    permute(state);
    expect(Array.from(state)).toEqual(permuteByMatrices(edge));
  }
});

test("the diagonal is the published one", () => {
  // Each entry times its power of two is a small number: 2^24 clears all denominators.
  const cleared = internalDiagonal.map((entry) => Number((BigInt(entry) * 2n ** 24n) % BigInt(P)));
  const published = [
    -2,
    1,
    2,
    1 / 2,
    3,
    4,
    -1 / 2,
    -3,
    -4,
    2 ** -8,
    2 ** -3,
    2 ** -24,
    -(2 ** -8),
    -(2 ** -3),
    -(2 ** -4),
    -(2 ** -24),
  ];
  expect(cleared).toEqual(published.map((entry) => (((entry * 2 ** 24) % P) + P) % P));
});
