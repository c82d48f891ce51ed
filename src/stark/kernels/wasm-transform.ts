/**
 * Low-degree extension on the kernels (spec/08-proofs.md §4): the inverse transform once, then one
 * forward transform for each coset, whose values are a block of rows of the result.
 *
 * Each transform runs its layers over parts of the matrix that fit the cache, two layers a pass.
 *
 * @module
 */

import { generator, inverse, mul, pow, twoAdicGenerator } from "../../field/koala-bear.ts";
import { createMatrix, logOf, type Matrix, reverseBits } from "../matrix.ts";
import { type KernelCall, type KernelHost, toMontgomery } from "./kernel-host.ts";
import type { KernelTables } from "./wasm-tables.ts";

/** Bytes of a part of a matrix that one thread takes through many layers: half a second-level cache. */
const cacheBytes = 2 ** 19;

/** Some columns of a matrix: the address of the first row's, and how many vectors of four. */
interface Columns {
  readonly source: number;
  readonly target: number;
  readonly rowBytes: number;
  readonly vectors: number;
  readonly logSize: number;
}

/** Layers that run over the whole matrix before its parts fit the cache; an even number. */
function outerLayers(columns: Columns): number {
  const bytes = 2 ** columns.logSize * columns.rowBytes;
  let layers = 0;
  while (bytes / 2 ** layers > cacheBytes && layers + 2 <= columns.logSize) layers += 2;
  return layers;
}

/** The passes over blocks `part` of 2^outer, from layer `outer` on: pairs of layers, then one. */
function innerLayers(logSize: number, outer: number): { layer: number; two: boolean }[] {
  const passes: { layer: number; two: boolean }[] = [];
  for (let layer = outer; layer < logSize; layer += 2) {
    passes.push({ layer, two: layer + 1 < logSize });
  }
  return passes;
}

/** Values from coefficients, by the table of one coset. */
export function forwardCalls(columns: Columns, table: number): KernelCall[] {
  const { source, target, rowBytes, vectors, logSize } = columns;
  const size = 2 ** logSize;
  const calls: KernelCall[] = [];
  const pass = (layer: number, two: boolean, first: number, last: number): void => {
    const from = layer === 0 ? source : target;
    calls.push({
      kernel: two ? "forwardPass4" : "forwardPass2",
      with: [from, target, rowBytes, vectors, size, 2 ** layer, table, first, last],
    });
  };
  const outer = outerLayers(columns);
  for (let layer = 0; layer < outer; layer += 2) pass(layer, true, 0, 2 ** layer);
  for (let part = 0; part < 2 ** outer; part++) {
    for (const { layer, two } of innerLayers(logSize, outer)) {
      const blocks = 2 ** (layer - outer);
      pass(layer, two, part * blocks, (part + 1) * blocks);
    }
  }
  return calls;
}

/**
 * Coefficients from values. With `gather` the values are in natural order at `source` and are
 * scaled by 2^-logSize on the way; without, they are bit-reversed, in place and not scaled.
 */
export function inverseCalls(columns: Columns, table: number, gather: boolean): KernelCall[] {
  const { source, target, rowBytes, vectors, logSize } = columns;
  const size = 2 ** logSize;
  const scale = toMontgomery(inverse(size));
  const calls: KernelCall[] = [];
  const pass = (layer: number, two: boolean, first: number, last: number): void => {
    calls.push({
      kernel: two ? "inversePass4" : "inversePass2",
      with: [target, rowBytes, vectors, size, 2 ** layer, table, first, last],
    });
  };
  const outer = outerLayers(columns);
  // The gathering pass takes the last two layers, so that an odd layer is the first of a part.
  const inner: { layer: number; two: boolean }[] = [];
  let top = logSize;
  while (top > outer) {
    const two = top - outer >= 2;
    top -= two ? 2 : 1;
    inner.push({ layer: top, two });
  }
  for (let part = 0; part < 2 ** outer; part++) {
    inner.forEach(({ layer, two }, i) => {
      const blocks = 2 ** (layer - outer);
      const [first, last] = [part * blocks, (part + 1) * blocks];
      if (!gather || i > 0) {
        pass(layer, two, first, last);
        return;
      }
      const values = [source, target, rowBytes, vectors, logSize, table, scale, first, last];
      calls.push({ kernel: "inverseGather", with: values });
    });
  }
  for (let layer = outer - 2; layer >= 0; layer -= 2) pass(layer, true, 0, 2 ** layer);
  return calls;
}

/** Coefficients of columns, row after row, and where their values on the extended domain go. */
interface Extending {
  readonly coefficients: number;
  readonly logSize: number;
  readonly extended: Matrix;
}

/** Values on all cosets of the extended domain from the coefficients. */
async function extendCoefficients(
  host: KernelHost,
  tables: KernelTables,
  { coefficients: source, logSize, extended }: Extending,
): Promise<void> {
  const logCosets = logOf(extended.height) - logSize;
  const cosets = 2 ** logCosets;
  const rowBytes = 4 * extended.stride;
  const root = twoAdicGenerator(logSize + logCosets);
  const shapes = Array.from({ length: cosets }, (_, coset) => {
    const shift = mul(generator, pow(root, reverseBits(coset, logCosets)));
    const target = extended.values.byteOffset + coset * 2 ** logSize * rowBytes;
    return { target, table: tables.twiddles("forward", logSize, shift) };
  });
  const vectors = extended.stride / 4;
  await host.parallel({ items: cosets, unit: 1, least: 1 }, (first, last) =>
    shapes
      .slice(first, last)
      .flatMap(({ target, table }) =>
        forwardCalls({ source, target, rowBytes, vectors, logSize }, table),
      ),
  );
}

/**
 * A trace, rows in order, to its values on the extended domain, bit-reversed; with `isSpent` they may
 * lie where the trace was.
 */
export async function extendTrace(
  host: KernelHost,
  tables: KernelTables,
  trace: Matrix,
  options: { readonly logBlowup: number; readonly isSpent: boolean },
): Promise<Matrix> {
  const logSize = logOf(trace.height);
  const rowBytes = 4 * trace.stride;
  const { logBlowup, isSpent } = options;
  const shape = { height: trace.height * 2 ** logBlowup, width: trace.width };
  const extended = createMatrix(shape, (length) =>
    isSpent ? host.reserveInstead(trace.values, length) : host.reserve(length),
  );
  const mark = host.mark();
  const source = host.pointer(trace.values);
  const target = host.reserve(trace.values.length).byteOffset;
  const table = tables.twiddles("inverse", logSize, 1);
  await host.parallel({ items: trace.stride / 4, unit: 1, least: 4 }, (first, last) =>
    inverseCalls(
      {
        source: source + 16 * first,
        target: target + 16 * first,
        rowBytes,
        vectors: last - first,
        logSize,
      },
      table,
      true,
    ),
  );
  await extendCoefficients(host, tables, { coefficients: target, logSize, extended });
  host.release(mark);
  return extended;
}

/**
 * Values on the first coset, or on the first few together, of polynomials of a table's degree, to the
 * extended matrix of the chunks of `2^logHeight` coefficients that they have. The values are spent.
 */
export async function extendQuotient(
  host: KernelHost,
  tables: KernelTables,
  values: Uint32Array,
  shape: { readonly logHeight: number; readonly chunks: number; readonly logBlowup: number },
): Promise<Matrix> {
  const { logHeight, chunks, logBlowup } = shape;
  const logSize = logOf(values.length / 4);
  const rows = 2 ** logHeight;
  const size = { height: rows * 2 ** logBlowup, width: 4 * chunks };
  const extended = createMatrix(size, (length) => host.reserveInstead(values, length));
  const mark = host.mark();
  const source = host.pointer(values);
  const table = tables.twiddles("inverse", logSize, generator);
  const columns = { source, target: source, rowBytes: 16, vectors: 1, logSize };
  for (const { kernel, with: own } of inverseCalls(columns, table, false))
    host.call(kernel, ...own);
  const coefficients = host.reserve(4 * chunks * rows).byteOffset;
  const scale = toMontgomery(inverse(2 ** logSize));
  await host.parallel({ items: rows, unit: 1, least: 4096 }, (first, last) => {
    const joined = [source, coefficients, rows, chunks, scale, first, last];
    return [{ kernel: "joinChunks", with: joined }];
  });
  await extendCoefficients(host, tables, { coefficients, logSize: logHeight, extended });
  host.release(mark);
  return extended;
}
