/**
 * Field arithmetic of the second verifier (spec/08-proofs.md §2): BigInt, by definition.
 *
 * @module
 */

export const P = 2n ** 31n - 2n ** 24n + 1n;

/** Four coefficients of X^0 to X^3, where X^4 = 3. */
export type Extension = readonly [bigint, bigint, bigint, bigint];

export const zero: Extension = [0n, 0n, 0n, 0n];
export const one: Extension = [1n, 0n, 0n, 0n];

export function modulo(a: bigint): bigint {
  return ((a % P) + P) % P;
}

export function power(a: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % P;
    if (bit === "1") result = (result * a) % P;
  }
  return result;
}

export function inverse(a: bigint): bigint {
  return power(a, P - 2n);
}

/** The root of unity of order 2^k. */
export function root(k: number): bigint {
  return power(3n, (P - 1n) / 2n ** BigInt(k));
}

export function reverse(index: number, bits: number): number {
  const text = index.toString(2).padStart(bits, "0");
  return bits === 0 ? 0 : Number.parseInt(Array.from(text).reverse().join(""), 2);
}

export function lift(a: bigint): Extension {
  return [modulo(a), 0n, 0n, 0n];
}

function combine(of: (i: number) => bigint): Extension {
  return [modulo(of(0)), modulo(of(1)), modulo(of(2)), modulo(of(3))];
}

export function plus(a: Extension, b: Extension): Extension {
  return combine((i) => a[i]! + b[i]!);
}

export function minus(a: Extension, b: Extension): Extension {
  return combine((i) => a[i]! - b[i]!);
}

export function scaled(a: Extension, factor: bigint): Extension {
  return combine((i) => a[i]! * factor);
}

export function times(a: Extension, b: Extension): Extension {
  const product: bigint[] = new Array<bigint>(8).fill(0n);
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      product[i + j]! += x * y;
    });
  });
  return combine((i) => product[i]! + 3n * product[i + 4]!);
}

export function raised(a: Extension, exponent: bigint): Extension {
  let result = one;
  for (const bit of exponent.toString(2)) {
    result = times(result, result);
    if (bit === "1") result = times(result, a);
  }
  return result;
}

export function inverted(a: Extension): Extension {
  return raised(a, P ** 4n - 2n);
}

export function same(a: Extension, b: Extension): boolean {
  return a.every((value, i) => value === b[i]);
}
