/**
 * Extensions of KoalaBear (spec/08-proofs.md §2): degree 4 modulo X^4 - 3 and degree 5 modulo
 * X^5 + X^2 - 1, behind one interface.
 *
 * An element is the list of its coefficients, lowest power first, each canonical; it is never
 * changed in place. Challenges are drawn from here because 2^31 values are too few to be sound.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import * as base from "./koala-bear.ts";
import { addQuartic, mulQuartic, scaleQuartic, subQuartic } from "./quartic-arithmetic.ts";

/** An element: `degree` canonical coefficients, lowest power first. */
export type Extension = readonly number[];

/** A field F_p[X] / (X^degree - tail(X)). Every function takes and returns canonical elements. */
export interface ExtensionField {
  readonly degree: number;
  /** log2 of the number of elements. */
  readonly logSize: number;
  readonly zero: Extension;
  readonly one: Extension;
  /** The class of X. */
  readonly root: Extension;
  fromBase(a: number): Extension;
  add(a: Extension, b: Extension): Extension;
  sub(a: Extension, b: Extension): Extension;
  mul(a: Extension, b: Extension): Extension;
  /** a times a base field element. */
  scale(a: Extension, factor: number): Extension;
  /** a^exponent for an integer 0 <= exponent < 2^53. */
  pow(a: Extension, exponent: number): Extension;
  /** 1 / a; zero has no inverse, and asking for it is our own mistake. */
  inverse(a: Extension): Extension;
  equal(a: Extension, b: Extension): boolean;
}

/** The list 1, a, a^2, ... of `count` powers. */
export function powersOf(field: ExtensionField, a: Extension, count: number): Extension[] {
  const powers: Extension[] = [];
  let power = field.one;
  for (let i = 0; i < count; i++) {
    powers.push(power);
    power = field.mul(power, a);
  }
  return powers;
}

/** The inverses of all elements, none of them zero, with one inversion (Montgomery's trick). */
export function batchInverse(field: ExtensionField, elements: readonly Extension[]): Extension[] {
  const products: Extension[] = [];
  let product = field.one;
  for (const element of elements) {
    products.push(product);
    product = field.mul(product, element);
  }
  let suffix = elements.length === 0 ? field.one : field.inverse(product);
  const inverses = new Array<Extension>(elements.length);
  for (let i = elements.length - 1; i >= 0; i--) {
    inverses[i] = field.mul(products[i]!, suffix);
    suffix = field.mul(suffix, elements[i]!);
  }
  return inverses;
}

/**
 * Schoolbook product, then X^degree replaced by the tail from the top down. Products of a few
 * coefficients are the whole cost; Karatsuba saves multiplications and loses them in additions.
 */
function mulModulo(tail: Extension, a: Extension, b: Extension): Extension {
  const degree = tail.length;
  const product: number[] = new Array<number>(2 * degree - 1).fill(0);
  for (let i = 0; i < degree; i++) {
    const left = a[i]!;
    if (left === 0) continue;
    for (let j = 0; j < degree; j++) {
      product[i + j] = base.add(product[i + j]!, base.mul(left, b[j]!));
    }
  }
  for (let top = 2 * degree - 2; top >= degree; top--) {
    const high = product[top]!;
    for (let j = 0; j < degree; j++) {
      const factor = tail[j]!;
      if (factor === 0) continue;
      const at = top - degree + j;
      product[at] = base.add(product[at]!, base.mul(high, factor));
    }
  }
  product.length = degree;
  return product;
}

function powElement(
  mul: (a: Extension, b: Extension) => Extension,
  input: { readonly one: Extension; readonly a: Extension; readonly exponent: number },
): Extension {
  assert(Number.isSafeInteger(input.exponent) && input.exponent >= 0, "not an exponent");
  let result = input.one;
  let square = input.a;
  for (let rest = input.exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = mul(result, square);
    square = mul(square, square);
  }
  return result;
}

/** What an extension's arithmetic is made of. */
type Arithmetic = Pick<ExtensionField, "add" | "sub" | "mul" | "scale">;

/** The arithmetic of any extension, coefficient by coefficient. */
export function generalArithmetic(tail: Extension): Arithmetic {
  return {
    add: (a, b) => a.map((value, i) => base.add(value, b[i]!)),
    sub: (a, b) => a.map((value, i) => base.sub(value, b[i]!)),
    mul: (a, b) => mulModulo(tail, a, b),
    scale: (a, factor) => a.map((value) => base.mul(value, factor)),
  };
}

/** The field F_p[X] / (X^degree - tail). The caller answers for its irreducibility (see tests). */
function createExtension(tail: Extension, arithmetic: Arithmetic): ExtensionField {
  const degree = tail.length;
  const { add, mul, scale } = arithmetic;
  const fromBase = (a: number): Extension => tail.map((_, i) => (i === 0 ? a : 0));
  const zero = fromBase(0);
  const one = fromBase(1);
  const root = tail.map((_, i) => (i === 1 ? 1 : 0));
  const pow = (a: Extension, exponent: number): Extension => powElement(mul, { one, a, exponent });
  // Frobenius is linear: (sum a_i X^i)^p = sum a_i (X^p)^i.
  const rootToP = pow(root, base.P);
  const images: Extension[] = [one];
  for (let i = 1; i < degree; i++) images.push(mul(images[i - 1]!, rootToP));
  const frobenius = (a: Extension): Extension =>
    a.reduce((sum, value, i) => add(sum, scale(images[i]!, value)), zero);

  return {
    degree,
    logSize: degree * Math.log2(base.P),
    zero,
    one,
    root,
    fromBase,
    ...arithmetic,
    pow,
    // a^(p + p^2 + ...) times a is the norm, which lies in the base field (Itoh and Tsujii).
    inverse: (a) => {
      let conjugate = a;
      let cofactor = one;
      for (let i = 1; i < degree; i++) {
        conjugate = frobenius(conjugate);
        cofactor = mul(cofactor, conjugate);
      }
      return scale(cofactor, base.inverse(mul(a, cofactor)[0]!));
    },
    equal: (a, b) => a.every((value, i) => value === b[i]),
  };
}

const quarticTail: Extension = [3, 0, 0, 0];
const quinticTail: Extension = [1, 0, base.P - 1, 0, 0];

/** Degree 4, X^4 = 3: 2^123.9 elements. */
export const quartic: ExtensionField = createExtension(quarticTail, {
  add: addQuartic,
  sub: subQuartic,
  mul: mulQuartic,
  scale: scaleQuartic,
});

/** Degree 5, X^5 = 1 - X^2: 2^154.9 elements. */
export const quintic: ExtensionField = createExtension(quinticTail, generalArithmetic(quinticTail));

/** The extension of a degree that a profile names. */
export function extensionOfDegree(degree: 4 | 5): ExtensionField {
  return degree === 4 ? quartic : quintic;
}
