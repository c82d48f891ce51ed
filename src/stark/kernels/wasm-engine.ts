/**
 * The engine on SIMD kernels and threads, for the extension of degree 4 (spec/08-proofs.md §4, §6,
 * §8). What is too small for a vector goes to the readable engine, whose results it equals.
 *
 * @module
 */

import { type Extension, quartic } from "../../field/extension.ts";
import { generator } from "../../field/koala-bear.ts";
import { hashState, hasWork } from "../challenger.ts";
import type { DeepInput, Engine, FoldInput } from "../engine.ts";
import { digestWords } from "../hash/blake3.ts";
import type { Matrix } from "../matrix.ts";
import { type HostOptions, type KernelCall, KernelHost, toMontgomery } from "./kernel-host.ts";
import { barycentricFactor, createReferenceEngine } from "./reference.ts";
import { inversionCalls, wasmLookupColumns, wasmQuotientValues } from "./wasm-constraints.ts";
import { KernelTables } from "./wasm-tables.ts";
import { extendQuotient, extendTrace } from "./wasm-transform.ts";

/** An engine with memory and threads of its own. */
export interface WasmEngine extends Engine {
  /** Takes back all memory that `during` allocated, whatever it returns must be copies. */
  scoped<Result>(during: () => Promise<Result>): Promise<Result>;
  /** Stops the threads. */
  close(): Promise<void>;
}

/** Below so many rows or digests the readable engine is used: the kernels take four at a time. */
const leastRows = 4;

/** Blocks of four rows that go through all of one step before the next. */
const cacheBlocks = 1024;

/** Nonces that a thread tries before all threads compare. */
const nonceBatch = 2 ** 14;

const reference = createReferenceEngine(quartic);

async function hashRows(host: KernelHost, matrices: readonly Matrix[]): Promise<Uint32Array> {
  const { height } = matrices[0]!;
  const digests = host.reserve(digestWords * height);
  if (height < leastRows) {
    digests.set(await reference.hashRows(matrices));
    return digests;
  }
  const list = host.allocate(3 * matrices.length);
  matrices.forEach((matrix, i) => {
    list.set([host.pointer(matrix.values), 4 * matrix.stride, matrix.width], 3 * i);
  });
  const shared = [list.byteOffset, matrices.length];
  await host.parallel({ items: height, unit: 4, least: 512 }, (first, last, scratch) => [
    { kernel: "hashRows", with: [...shared, first, last, digests.byteOffset, scratch] },
  ]);
  return digests;
}

async function hashLevel(
  host: KernelHost,
  digests: Uint32Array,
  joining: Uint32Array | null,
): Promise<Uint32Array> {
  const nodes = digests.length / digestWords / 2;
  const parents = host.reserve(digestWords * nodes);
  if (nodes < leastRows) {
    parents.set(await reference.hashLevel(digests, joining));
    return parents;
  }
  const from = [host.pointer(digests), joining === null ? 0 : host.pointer(joining)];
  await host.parallel({ items: nodes, unit: 4, least: 1024 }, (first, last, scratch) => [
    { kernel: "hashPairs", with: [...from, first, last, parents.byteOffset, scratch] },
  ]);
  return parents;
}

/** Searches in rounds; in each, every thread has its own range, and the lowest find counts. */
async function findNonce(
  host: KernelHost,
  state: Uint32Array,
  tag: number,
  bits: number,
): Promise<number> {
  const mark = host.mark();
  const input = host.allocate(digestWords + 1);
  input.set(state);
  input[digestWords] = tag;
  const found = host.allocate(host.threadCount);
  for (let start = 0; ; start += nonceBatch * host.threadCount) {
    await host.parallel({ items: host.threadCount, unit: 1, least: 1 }, (part, _last, scratch) => {
      const first = start + part * nonceBatch;
      const target = found.byteOffset + 4 * part;
      const mask = 2 ** bits - 1;
      const values = [input.byteOffset, first, first + nonceBatch, mask, target, scratch];
      return [{ kernel: "findNonce", with: values }];
    });
    const nonce = Math.min(...found);
    if (!hasWork(hashState(state, tag, nonce), bits)) continue;
    host.release(mark);
    return nonce;
  }
}

/** Points of a domain as the kernels want them: the address of the roots and the shift. */
function domain(tables: KernelTables, logSize: number): readonly [number, number] {
  return [tables.roots("forward", Math.max(1, logSize - 1)), toMontgomery(generator)];
}

/** Packed inverses in Montgomery form on the first coset, whose size is the table's height. */
async function pointInverses(
  host: KernelHost,
  tables: KernelTables,
  point: Extension,
  logSize: number,
): Promise<Uint32Array> {
  const inverses = host.reserve(4 * 2 ** logSize);
  const address = inverses.byteOffset;
  const z = host.allocate(4);
  z.set(point.map(toMontgomery));
  const own = domain(tables, logSize);
  const split = { items: 2 ** logSize / 4, unit: 1, least: cacheBlocks };
  await host.parallel(split, (first, last, scratch) => [
    { kernel: "pointDifferences", with: [address, first, last, ...own, z.byteOffset] },
    ...inversionCalls(address, { first, last, scratch }),
  ]);
  return inverses;
}

async function openColumns(
  host: KernelHost,
  tables: KernelTables,
  matrix: Matrix,
  input: { readonly logHeight: number; readonly point: Extension; readonly inverses: Uint32Array },
): Promise<Extension[]> {
  const mark = host.mark();
  const blocks = 2 ** input.logHeight / 4;
  const vectors = matrix.stride / 4;
  const weights = host.reserve(16 * blocks);
  const inverses = host.pointer(input.inverses);
  const own = domain(tables, input.logHeight);
  const source = host.pointer(matrix.values);
  const rowBytes = 4 * matrix.stride;
  const sums: Uint32Array[] = [];
  const split = { items: blocks, unit: 1, least: 256 };
  await host.parallel(split, (first, last) => {
    const sum = host.allocate(16 * vectors);
    sums.push(sum);
    const from = source + 4 * first * rowBytes;
    const weight = weights.byteOffset + 64 * first;
    const rows = [from, rowBytes, vectors, last - first, weight, sum.byteOffset];
    return [
      { kernel: "openingWeights", with: [weights.byteOffset, inverses, first, last, ...own] },
      { kernel: "weighRows", with: rows },
    ];
  });
  const factor = barycentricFactor(quartic, input.point, input.logHeight);
  const values = Array.from({ length: matrix.width }, (_, column) => {
    // A vector holds four columns of one coefficient.
    const at = 16 * Math.floor(column / 4) + (column % 4);
    const total = sums.reduce(
      (partial: Extension, sum) =>
        quartic.add(
          partial,
          [0, 4, 8, 12].map((d) => sum[at + d]!),
        ),
      quartic.zero,
    );
    return quartic.mul(total, factor);
  });
  host.release(mark);
  return values;
}

/** The combined quotients on the first coset: a value for each place, plain and canonical. */
async function combineOnCoset(host: KernelHost, input: DeepInput): Promise<Uint32Array> {
  const values = host.allocate(4 * 2 ** input.logHeight);
  const mark = host.mark();
  const constant = (words: ArrayLike<number>, length: number): number => {
    const copy = host.allocate(length);
    copy.set(Array.from(words));
    return copy.byteOffset;
  };
  const points = input.points.map(({ claimed, inverses }, point) => ({
    claimed: constant(claimed, 4),
    inverses: host.pointer(inverses),
    matrices: input.matrices.flatMap(({ matrix, powers }) => {
      const own = powers[point];
      if (own === undefined) return [];
      const address = constant(own.map(toMontgomery), 4 * matrix.stride);
      const rows = [4 * matrix.stride, matrix.stride / 4] as const;
      return [{ source: host.pointer(matrix.values), rows, powers: address }];
    }),
  }));
  const split = { items: 2 ** input.logHeight / 4, unit: 1, least: cacheBlocks };
  await host.parallel(split, (first, last, scratch) => {
    const calls: KernelCall[] = [];
    const sums = scratch + 256;
    for (let block = first; block < last; block += cacheBlocks) {
      const count = Math.min(cacheBlocks, last - block);
      for (const { claimed, inverses, matrices } of points) {
        calls.push({ kernel: "clear", with: [sums, 64 * count] });
        for (const { source, rows, powers } of matrices) {
          const from = source + 4 * block * rows[0];
          calls.push({ kernel: "combineColumns", with: [from, ...rows, count, powers, sums] });
        }
        const places = [values.byteOffset + 64 * block, sums, inverses + 64 * block];
        calls.push({ kernel: "divideByPoint", with: [...places, claimed, count, scratch] });
      }
    }
    return calls;
  });
  host.release(mark);
  return values;
}

/**
 * With true claims the combined quotients are a polynomial of a degree below the height: its values
 * on one coset give those on all, which is four times quicker at blowup 4 than to combine them all.
 */
async function deepCodeword(
  host: KernelHost,
  tables: KernelTables,
  input: DeepInput,
): Promise<Uint32Array> {
  const { logHeight, logBlowup } = input;
  const values = await combineOnCoset(host, input);
  const shape = { logHeight, chunks: 1, logBlowup };
  return (await extendQuotient(host, tables, values, shape)).values;
}

async function fold(
  host: KernelHost,
  tables: KernelTables,
  input: FoldInput,
): Promise<Uint32Array> {
  // Each step takes eight values to four; the last one has two to the logSize - logArity left.
  if (input.logSize - input.logArity < 2) {
    const folded = await reference.fold(input);
    const copy = host.allocate(folded.length);
    copy.set(folded);
    return copy;
  }
  let { beta, logSize } = input;
  let source = host.pointer(input.codeword);
  let folded = host.wordsAt(source, 0);
  for (let step = 0; step < input.logArity; step++) {
    folded = host.reserve(4 * 2 ** (logSize - 1));
    const target = folded.byteOffset;
    const from = source;
    const challenge = host.allocate(4);
    challenge.set(beta.map(toMontgomery));
    const roots = tables.roots("inverse", Math.max(1, logSize - 1));
    const split = { items: 2 ** (logSize - 1) / 4, unit: 1, least: cacheBlocks };
    await host.parallel(split, (first, last) => {
      const places = [from + 128 * first, target + 64 * first, last - first, roots + 16 * first];
      return [{ kernel: "foldPairs", with: [...places, challenge.byteOffset] }];
    });
    source = target;
    beta = quartic.mul(beta, beta);
    logSize--;
  }
  if (input.joining !== null) {
    const factor = host.allocate(4);
    factor.set(beta.map(toMontgomery));
    const joining = host.pointer(input.joining);
    host.call("addScaled", source, joining, folded.length / 16, factor.byteOffset);
  }
  return folded;
}

/** Starts an engine; `close` ends its threads. */
export async function createWasmEngine(options: HostOptions): Promise<WasmEngine> {
  const host = await KernelHost.create(options);
  const tables = new KernelTables(host);
  return {
    field: quartic,
    allocate: (length) => host.allocate(length),
    place: (words) => host.wordsAt(host.pointer(words), words.length),
    extend: (trace, logBlowup, isSpent = false) =>
      extendTrace(host, tables, trace, { logBlowup, isSpent }),
    hashRows: (matrices) => hashRows(host, matrices),
    hashLevel: (digests, joining) => hashLevel(host, digests, joining),
    findNonce: (state, tag, bits) => findNonce(host, state, tag, bits),
    lookupColumns: (input) => wasmLookupColumns(host, quartic, input),
    quotientValues: (quotient) => wasmQuotientValues(host, tables, { field: quartic, quotient }),
    extendQuotient: (values, shape) => extendQuotient(host, tables, values, shape),
    pointInverses: (point, { logHeight }) => pointInverses(host, tables, point, logHeight),
    openColumns: (matrix, input) => openColumns(host, tables, matrix, input),
    deepCodeword: (input) => deepCodeword(host, tables, input),
    fold: (input) => fold(host, tables, input),
    scoped: async (during) => {
      const mark = host.mark();
      try {
        return await during();
      } finally {
        host.release(mark);
      }
    },
    close: () => host.close(),
  };
}
