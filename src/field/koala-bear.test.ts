import fc from "fast-check";
import { expect, test } from "vitest";
import {
  add,
  batchInverse,
  generator,
  inverse,
  isCanonical,
  mul,
  negate,
  P,
  pow,
  sub,
  twoAdicGenerator,
  twoAdicity,
} from "./koala-bear.ts";

const modulus = BigInt(P);
const element = fc.oneof(
  fc.integer({ min: 0, max: P - 1 }),
  fc.constantFrom(0, 1, 2, P - 1, P - 2, (P - 1) / 2, (P + 1) / 2, 2 ** 24, 2 ** 30),
);

test("the modulus is 2^31 - 2^24 + 1, and it is prime", () => {
  expect(modulus).toBe(2n ** 31n - 2n ** 24n + 1n);
  // 46,160 is above the square root of P: trial division is a whole proof.
  let divisor = 2;
  while (divisor * divisor <= P && P % divisor !== 0) divisor++;
  expect(divisor * divisor).toBeGreaterThan(P);
});

test("the generator's order is P - 1, and nothing smaller generates", () => {
  const primeFactors = [2, 127];
  expect(2 ** twoAdicity * 127).toBe(P - 1);
  expect(primeFactors.map((factor) => pow(generator, (P - 1) / factor) === 1)).toEqual([
    false,
    false,
  ]);
  expect(pow(2, (P - 1) / 2)).toBe(1);
});

test("property: sums, differences and products agree with BigInt", () => {
  const reduce = (value: bigint): number => Number(((value % modulus) + modulus) % modulus);
  fc.assert(
    fc.property(element, element, (a, b) => {
      expect(add(a, b)).toBe(reduce(BigInt(a) + BigInt(b)));
      expect(sub(a, b)).toBe(reduce(BigInt(a) - BigInt(b)));
      expect(negate(a)).toBe(reduce(-BigInt(a)));
      expect(mul(a, b)).toBe(reduce(BigInt(a) * BigInt(b)));
    }),
    { numRuns: 2000 },
  );
});

test("products beside a multiple of the modulus, where the quotient estimate may slip", () => {
  // For each a, b = round(k * P / a) makes a * b fall as near to k * P as it can.
  let seed = 1;
  for (let run = 0; run < 20_000; run++) {
    seed = mul(seed, generator);
    const a = seed;
    const quotient = BigInt(mul(seed, 12_345));
    for (const nudge of [-1n, 0n, 1n]) {
      const b = (quotient * modulus) / BigInt(a) + nudge;
      if (b < 0n || b >= modulus) continue;
      expect(mul(a, Number(b))).toBe(Number((BigInt(a) * b) % modulus));
    }
  }
});

test("property: powers agree with BigInt square and multiply", () => {
  fc.assert(
    fc.property(element, fc.integer({ min: 0, max: 300 }), (a, exponent) => {
      let expected = 1n;
      for (let i = 0; i < exponent; i++) expected = (expected * BigInt(a)) % modulus;
      expect(pow(a, exponent)).toBe(Number(expected));
    }),
  );
});

test("property: an inverse times its element is one, alone and in a batch", () => {
  const nonZero = element.filter((a) => a !== 0);
  fc.assert(
    fc.property(fc.array(nonZero, { maxLength: 40 }), (elements) => {
      const inverses = batchInverse(Uint32Array.from(elements));
      expect(inverses.length).toBe(elements.length);
      elements.forEach((a, i) => {
        expect(mul(a, inverses[i]!)).toBe(1);
        expect(inverses[i]).toBe(inverse(a));
      });
    }),
  );
});

test("refuses to invert zero, alone and in a batch", () => {
  expect(() => inverse(0)).toThrow("zero has no inverse");
  expect(() => batchInverse(Uint32Array.of(5, 0, 7))).toThrow("zero has no inverse");
});

test("cubing is undone by the power (2P - 1) / 3", () => {
  for (const a of [0, 1, 2, 12_345, P - 1]) expect(pow(pow(a, 3), (2 * P - 1) / 3)).toBe(a);
});

test("a root of unity of order 2^k has exactly that order, and its square is the one before", () => {
  for (let logOrder = 0; logOrder <= twoAdicity; logOrder++) {
    const root = twoAdicGenerator(logOrder);
    expect(pow(root, 2 ** logOrder)).toBe(1);
    if (logOrder === 0) continue;
    expect(pow(root, 2 ** (logOrder - 1))).toBe(P - 1);
    expect(mul(root, root)).toBe(twoAdicGenerator(logOrder - 1));
  }
  // The published generator of order 2^24 (Plonky3, koala-bear).
  expect(twoAdicGenerator(twoAdicity)).toBe(0x6ac4_9f88);
});

test("refuses roots of unity that do not exist", () => {
  expect(() => twoAdicGenerator(25)).toThrow("no root of unity");
  expect(() => twoAdicGenerator(-1)).toThrow("no root of unity");
});

test("tells canonical elements from other numbers", () => {
  expect([0, 1, P - 1].every(isCanonical)).toBe(true);
  expect([-1, P, 0.5, Number.NaN, 2 ** 31].some(isCanonical)).toBe(false);
});
