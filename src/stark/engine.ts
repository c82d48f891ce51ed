/**
 * The heavy work of a prover behind one interface (spec/08-proofs.md §4, §6, §8). Two engines
 * implement it: `reference` in readable TypeScript, for either extension, and `wasm` on SIMD kernels
 * and any number of threads, for degree 4. Every result is exact field arithmetic or a hash, so that
 * all engines make the same bytes.
 *
 * Extension elements lie in flat arrays, `degree` words each.
 *
 * @module
 */

import type { Extension, ExtensionField } from "../field/extension.ts";
import type { BusChallenges } from "./lookup/bus.ts";
import type { Allocate, Matrix } from "./matrix.ts";
import type { Table } from "./system.ts";

/** What the constraints and interactions of one table read. */
export interface TableInput {
  readonly table: Table;
  readonly logHeight: number;
  readonly publicValues: Uint32Array;
  readonly buses: BusChallenges;
}

export interface LookupInput extends TableInput {
  /** The trace and its fixed columns, rows in order. */
  readonly main: Matrix;
  readonly fixed: Matrix | null;
}

export interface LookupColumns {
  /** The auxiliary trace: `degree` columns for each group and for the running sum. */
  readonly matrix: Matrix;
  /** The sum over all rows. */
  readonly terminal: Extension;
}

export interface QuotientInput extends TableInput {
  /** Extended matrices, bit-reversed. */
  readonly main: Matrix;
  readonly fixed: Matrix | null;
  readonly auxiliary: Matrix | null;
  readonly terminal: Extension;
  readonly combiner: Extension;
}

/** A matrix in the batch of one height, with its share of the batching powers for each point. */
export interface BatchedMatrix {
  readonly matrix: Matrix;
  /** For each point a flat list of one power for each column. */
  readonly powers: readonly Uint32Array[];
}

export interface DeepInput {
  readonly logHeight: number;
  readonly logBlowup: number;
  readonly matrices: readonly BatchedMatrix[];
  /** For each point the combination of the values there, and what `pointInverses` made of it. */
  readonly points: readonly { readonly claimed: Extension; readonly inverses: Uint32Array }[];
}

export interface FoldInput {
  readonly codeword: Uint32Array;
  readonly logSize: number;
  readonly logArity: number;
  readonly beta: Extension;
  /** A shorter codeword that is added, times beta^arity, to the result. */
  readonly joining: Uint32Array | null;
}

export interface Engine {
  readonly field: ExtensionField;
  /** Zeroed words where this engine works fastest. They live as long as the engine's memory. */
  readonly allocate: Allocate;
  /** The words themselves where they lie in this engine's memory; else a copy that does. */
  place(words: Uint32Array): Uint32Array;
  /**
   * A trace's values on generator * (subgroup of 2^logBlowup times its height), bit-reversed. They may
   * lie where a spent trace was, which is read no more.
   */
  extend(trace: Matrix, logBlowup: number, isSpent?: boolean): Promise<Matrix>;
  /** BLAKE3 of each row of the matrices, all of one height, joined: eight words a row. */
  hashRows(matrices: readonly Matrix[]): Promise<Uint32Array>;
  /** The nodes over pairs of digests; with `joining`, each hashed again with one of those. */
  hashLevel(digests: Uint32Array, joining: Uint32Array | null): Promise<Uint32Array>;
  /** The lowest nonce that gives the transcript's state so many bits of work. */
  findNonce(state: Uint32Array, tag: number, bits: number): Promise<number>;
  lookupColumns(input: LookupInput): Promise<LookupColumns>;
  /** The quotient's values on the first 2^ceil(log2(chunks)) times height places of the domain. */
  quotientValues(input: QuotientInput): Promise<Uint32Array>;
  /** The quotient's chunks, `degree` columns each, extended like a trace; the values are spent. */
  extendQuotient(
    values: Uint32Array,
    shape: { readonly logHeight: number; readonly chunks: number; readonly logBlowup: number },
  ): Promise<Matrix>;
  /**
   * 1 / (point - x) for the places x of an extended domain that this engine's own functions need, in
   * a form that only they read: the readable engine takes all places, `wasm` the first coset's.
   */
  pointInverses(
    point: Extension,
    shape: { readonly logHeight: number; readonly logBlowup: number },
  ): Promise<Uint32Array>;
  /** The value of each column at the point whose inverses are given. */
  openColumns(
    matrix: Matrix,
    input: {
      readonly logHeight: number;
      readonly point: Extension;
      readonly inverses: Uint32Array;
    },
  ): Promise<Extension[]>;
  /**
   * The combined quotients of one height, a codeword: the same from every engine where the claimed
   * values are those of the columns, for then it is a polynomial, which one coset decides.
   */
  deepCodeword(input: DeepInput): Promise<Uint32Array>;
  /** One fold of FRI. */
  fold(input: FoldInput): Promise<Uint32Array>;
}
