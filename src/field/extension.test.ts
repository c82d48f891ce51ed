import fc from "fast-check";
import { expect, test } from "vitest";
import {
  batchInverse,
  type Extension,
  generalArithmetic,
  powersOf,
  quartic,
  quintic,
} from "./extension.ts";
import { P } from "./koala-bear.ts";

const modulus = BigInt(P);
/** Coefficients of the defining polynomials, lowest power first, without the leading one. */
const fields = [
  { field: quartic, name: "quartic", polynomial: [-3n, 0n, 0n, 0n] },
  { field: quintic, name: "quintic", polynomial: [-1n, 0n, 1n, 0n, 0n] },
];

/** The product by BigInt and long division: nothing shared with the code under test. */
function mulByLongDivision(polynomial: readonly bigint[], a: Extension, b: Extension): number[] {
  const degree = polynomial.length;
  const product: bigint[] = new Array<bigint>(2 * degree).fill(0n);
  a.forEach((left, i) => {
    b.forEach((right, j) => {
      product[i + j] = product[i + j]! + BigInt(left) * BigInt(right);
    });
  });
  for (let top = product.length - 1; top >= degree; top--) {
    const quotient = product[top]!;
    polynomial.forEach((coefficient, j) => {
      product[top - degree + j] = product[top - degree + j]! - quotient * coefficient;
    });
  }
  return product.slice(0, degree).map((x) => Number(((x % modulus) + modulus) % modulus));
}

const coefficient = fc.oneof(
  fc.integer({ min: 0, max: P - 1 }),
  fc.constantFrom(0, 1, P - 1, P - 2),
);

for (const { field, name, polynomial } of fields) {
  const element = fc.array(coefficient, { minLength: field.degree, maxLength: field.degree });

  test(`property: ${name} products agree with long division over the integers`, () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        expect(field.mul(a, b)).toEqual(mulByLongDivision(polynomial, a, b));
      }),
      { numRuns: 1000 },
    );
  });

  test(`property: ${name} sums and differences undo each other`, () => {
    fc.assert(
      fc.property(element, element, (a, b) => {
        expect(field.sub(field.add(a, b), b)).toEqual(a);
        expect(field.add(a, field.zero)).toEqual(a);
      }),
    );
  });

  test(`property: ${name} inverses, alone and in a batch`, () => {
    const nonZero = element.filter((a) => a.some((value) => value !== 0));
    fc.assert(
      fc.property(fc.array(nonZero, { maxLength: 6 }), (elements) => {
        const inverses = batchInverse(field, elements);
        elements.forEach((a, i) => {
          expect(field.mul(a, inverses[i]!)).toEqual([...field.one]);
          expect(inverses[i]).toEqual(field.inverse(a));
        });
      }),
      { numRuns: 50 },
    );
  });

  test(`the ${name} polynomial is irreducible, so the ring is a field`, () => {
    // A polynomial f of degree d is irreducible if X^(p^d) = X and X^(p^(d/q)) - X is a unit
    // modulo f for every prime q that divides d (Rabin).
    let image: Extension = field.root;
    const images: Extension[] = [image];
    for (let i = 0; i < field.degree; i++) {
      let power: Extension = field.one;
      for (const bit of P.toString(2)) {
        power = mulByLongDivision(polynomial, power, power);
        if (bit === "1") power = mulByLongDivision(polynomial, power, image);
      }
      image = power;
      images.push(image);
    }
    expect(images[field.degree]).toEqual(images[0]);
    const divisor = field.degree === 4 ? 2 : 5;
    const difference = field.sub(images[field.degree / divisor]!, images[0]!);
    expect(mulByLongDivision(polynomial, difference, field.inverse(difference))).toEqual([
      ...field.one,
    ]);
  });

  test(`${name} powers start at one and multiply up`, () => {
    const powers = powersOf(field, field.root, field.degree + 1);
    expect(powers[0]).toEqual(field.one);
    expect(powers[1]).toEqual(field.root);
    const lowered = polynomial.map((x) => Number((((-x % modulus) + modulus) % modulus) as bigint));
    expect(powers[field.degree]).toEqual(lowered);
    expect(field.pow(field.root, field.degree)).toEqual(lowered);
  });

  test(`refuses to invert zero in the ${name} field`, () => {
    expect(() => field.inverse(field.zero)).toThrow("zero has no inverse");
  });
}

test("the quartic field's written-out arithmetic is the general one, above all at the edges", () => {
  const general = generalArithmetic([3, 0, 0, 0]);
  const edges = [0, 1, 2, P - 1, P - 2, (P - 1) / 2, (P + 1) / 2, 2 ** 24, 2 ** 30];
  let seed = 1;
  const next = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % 3 === 0 ? edges[(seed >>> 8) % edges.length]! : seed % P;
  };
  for (let run = 0; run < 30_000; run++) {
    const a = [next(), next(), next(), next()];
    const b = [next(), next(), next(), next()];
    const name = `(${a.join(" ")}) (${b.join(" ")})`;
    expect(quartic.mul(a, b), name).toEqual(general.mul(a, b));
    if (run % 10 > 0) continue;
    expect(quartic.add(a, b), name).toEqual(general.add(a, b));
    expect(quartic.sub(a, b), name).toEqual(general.sub(a, b));
    expect(quartic.scale(a, b[0]!), name).toEqual(general.scale(a, b[0]!));
  }
});

test("quartic products whose coefficients are next to multiples of the modulus are exact", () => {
  // (X^3 + a X^2 + ...) times constants: with b = (b0, 0, 0, 0) each coefficient is one product.
  let seed = 1;
  for (let run = 0; run < 5000; run++) {
    seed = Number((BigInt(seed) * 48_271n) % modulus);
    const quotient = (BigInt(seed) * 12_345n) % modulus;
    for (const nudge of [-1n, 0n, 1n]) {
      const b = (quotient * modulus) / BigInt(seed) + nudge;
      if (b < 0n || b >= modulus) continue;
      const [got] = quartic.mul([seed, 0, 0, 0], [Number(b), 0, 0, 0]);
      expect(got).toBe(Number((BigInt(seed) * b) % modulus));
      const all = quartic.mul([seed, seed, seed, seed], [Number(b), Number(b), 0, 0]);
      expect(all[1]).toBe(Number((2n * BigInt(seed) * b) % modulus));
    }
  }
});
