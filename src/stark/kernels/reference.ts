/**
 * The readable engine (spec/08-proofs.md §4, §6, §8): every kernel as its formula says, one element
 * after the other. The oracle that the SIMD kernels are tested against, the engine for degree 5,
 * and the one that runs where WebAssembly SIMD does not.
 *
 * @module
 */

import { batchInverse, type Extension, type ExtensionField } from "../../field/extension.ts";
import { add, generator, inverse, mul, pow } from "../../field/koala-bear.ts";
import { hashState, hasWork } from "../challenger.ts";
import { domainPoint } from "../deep.ts";
import type { DeepInput, Engine, FoldInput } from "../engine.ts";
import { foldGroup } from "../fri/fold.ts";
import { digestWords, hashPair, hashWords } from "../hash/blake3.ts";
import { createMatrix, logOf, type Matrix, rowOf } from "../matrix.ts";
import { evaluateOnCoset, interpolate, interpolateOnCoset } from "../ntt.ts";
import { lookupColumns, quotientValues } from "./reference-constraints.ts";

/** Element `index` of a flat array. */
export function extensionAt(field: ExtensionField, flat: Uint32Array, index: number): Extension {
  return Array.from(flat.subarray(index * field.degree, (index + 1) * field.degree));
}

function columnOf(matrix: Matrix, column: number): Uint32Array {
  return Uint32Array.from(
    { length: matrix.height },
    (_, row) => matrix.values[row * matrix.stride + column]!,
  );
}

function setColumn(matrix: Matrix, column: number, values: Uint32Array): void {
  values.forEach((value, row) => {
    matrix.values[row * matrix.stride + column] = value;
  });
}

function extend(trace: Matrix, logBlowup: number): Matrix {
  const logSize = logOf(trace.height) + logBlowup;
  const extended = createMatrix({ height: 2 ** logSize, width: trace.width });
  for (let column = 0; column < trace.width; column++) {
    const coefficients = interpolate(columnOf(trace, column));
    const values = evaluateOnCoset(coefficients, { logSize, shift: generator });
    setColumn(extended, column, values);
  }
  return extended;
}

function extendQuotient(
  field: ExtensionField,
  values: Uint32Array,
  shape: { readonly logHeight: number; readonly chunks: number; readonly logBlowup: number },
): Matrix {
  const height = 2 ** shape.logHeight;
  const logSize = shape.logHeight + shape.logBlowup;
  const width = shape.chunks * field.degree;
  const extended = createMatrix({ height: 2 ** logSize, width });
  const points = values.length / field.degree;
  for (let d = 0; d < field.degree; d++) {
    const column = Uint32Array.from({ length: points }, (_, i) => values[i * field.degree + d]!);
    const coefficients = interpolateOnCoset(column, generator);
    for (let chunk = 0; chunk < shape.chunks; chunk++) {
      const part = coefficients.subarray(chunk * height, (chunk + 1) * height);
      const onDomain = evaluateOnCoset(part, { logSize, shift: generator });
      setColumn(extended, chunk * field.degree + d, onDomain);
    }
  }
  return extended;
}

function hashRows(matrices: readonly Matrix[]): Uint32Array {
  const height = matrices[0]!.height;
  const digests = new Uint32Array(height * digestWords);
  for (let row = 0; row < height; row++) {
    const joined = matrices.flatMap((matrix) => Array.from(rowOf(matrix, row)));
    digests.set(hashWords(Uint32Array.from(joined)), row * digestWords);
  }
  return digests;
}

function hashLevel(digests: Uint32Array, joining: Uint32Array | null): Uint32Array {
  const parents = new Uint32Array(digests.length / 2);
  const digestAt = (list: Uint32Array, i: number): Uint32Array =>
    list.subarray(i * digestWords, (i + 1) * digestWords);
  for (let i = 0; i < parents.length / digestWords; i++) {
    let node = hashPair(digestAt(digests, 2 * i), digestAt(digests, 2 * i + 1));
    if (joining !== null) node = hashPair(node, digestAt(joining, i));
    parents.set(node, i * digestWords);
  }
  return parents;
}

function findNonce(state: Uint32Array, tag: number, bits: number): number {
  let nonce = 0;
  while (!hasWork(hashState(state, tag, nonce), bits)) nonce++;
  return nonce;
}

function pointInverses(
  field: ExtensionField,
  point: Extension,
  shape: { readonly logHeight: number; readonly logBlowup: number },
): Uint32Array {
  const logSize = shape.logHeight + shape.logBlowup;
  const differences = Array.from({ length: 2 ** logSize }, (_, position) =>
    field.sub(point, field.fromBase(domainPoint(position, logSize))),
  );
  return Uint32Array.from(batchInverse(field, differences).flat());
}

/**
 * Barycentric: on the coset g H of n places, f(z) = (z^n - g^n) / (n g^n) times the sum of
 * f(x) x / (z - x). The first n places of the extended domain in bit-reversed order are g H.
 */
function openColumns(
  field: ExtensionField,
  matrix: Matrix,
  input: { readonly logHeight: number; readonly point: Extension; readonly inverses: Uint32Array },
): Extension[] {
  const height = 2 ** input.logHeight;
  const sums: Extension[] = new Array<Extension>(matrix.width).fill(field.zero);
  for (let row = 0; row < height; row++) {
    const x = domainPoint(row, input.logHeight);
    const weight = field.scale(extensionAt(field, input.inverses, row), x);
    for (let column = 0; column < matrix.width; column++) {
      const value = matrix.values[row * matrix.stride + column]!;
      sums[column] = field.add(sums[column]!, field.scale(weight, value));
    }
  }
  const factor = barycentricFactor(field, input.point, input.logHeight);
  return sums.map((sum) => field.mul(sum, factor));
}

/** (z^n - g^n) / (n g^n) for n = 2^logHeight. */
export function barycentricFactor(
  field: ExtensionField,
  point: Extension,
  logHeight: number,
): Extension {
  const height = 2 ** logHeight;
  const shift = pow(generator, height);
  const numerator = field.sub(field.pow(point, height), field.fromBase(shift));
  return field.scale(numerator, inverse(mul(height, shift)));
}

function deepCodeword(field: ExtensionField, input: DeepInput): Uint32Array {
  const size = 2 ** (input.logHeight + input.logBlowup);
  const codeword = new Uint32Array(size * field.degree);
  for (let row = 0; row < size; row++) {
    let value = field.zero;
    input.points.forEach(({ claimed, inverses }, point) => {
      const sum = new Array<number>(field.degree).fill(0);
      for (const { matrix, powers } of input.matrices) {
        const own = powers[point];
        if (own === undefined) continue;
        for (let column = 0; column < matrix.width; column++) {
          const cell = matrix.values[row * matrix.stride + column]!;
          for (let d = 0; d < field.degree; d++) {
            sum[d] = add(sum[d]!, mul(own[column * field.degree + d]!, cell));
          }
        }
      }
      const quotient = field.mul(field.sub(claimed, sum), extensionAt(field, inverses, row));
      value = field.add(value, quotient);
    });
    codeword.set(value, row * field.degree);
  }
  return codeword;
}

function fold(field: ExtensionField, input: FoldInput): Uint32Array {
  const { logSize, logArity, beta } = input;
  const arity = 2 ** logArity;
  const folded = new Uint32Array(input.codeword.length / arity);
  const joiner = field.pow(beta, arity);
  for (let position = 0; position < 2 ** (logSize - logArity); position++) {
    const values = Array.from({ length: arity }, (_, i) =>
      extensionAt(field, input.codeword, position * arity + i),
    );
    let value = foldGroup(field, values, { position, logSize, beta });
    if (input.joining !== null) {
      const joining = extensionAt(field, input.joining, position);
      value = field.add(value, field.mul(joiner, joining));
    }
    folded.set(value, position * field.degree);
  }
  return folded;
}

/** The readable engine for an extension. */
export function createReferenceEngine(field: ExtensionField): Engine {
  return {
    field,
    allocate: (length) => new Uint32Array(length),
    place: (words) => words,
    extend: async (trace, logBlowup) => extend(trace, logBlowup),
    hashRows: async (matrices) => hashRows(matrices),
    hashLevel: async (digests, joining) => hashLevel(digests, joining),
    findNonce: async (state, tag, bits) => findNonce(state, tag, bits),
    lookupColumns: async (input) => lookupColumns(field, input),
    quotientValues: async (input) => quotientValues(field, input),
    extendQuotient: async (values, shape) => extendQuotient(field, values, shape),
    pointInverses: async (point, shape) => pointInverses(field, point, shape),
    openColumns: async (matrix, input) => openColumns(field, matrix, input),
    deepCodeword: async (input) => deepCodeword(field, input),
    fold: async (input) => fold(field, input),
  };
}
