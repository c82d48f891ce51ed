/**
 * The second verifier's queries (spec/08-proofs.md §8): combined quotients at the positions, and folds
 * down to the last polynomial.
 *
 * @module
 */

import {
  type Extension,
  inverse,
  inverted,
  lift,
  minus,
  one,
  plus,
  power,
  raised,
  reverse,
  root,
  same,
  scaled,
  times,
  zero,
} from "./arithmetic.ts";
import type { Words } from "./hash.ts";
import { demand, type Proof, shifted } from "./proof.ts";
import type { KeyData } from "./system.ts";

/** The columns of one table in one tree. */
export interface Column {
  readonly tree: string;
  readonly table: number;
  readonly width: number;
  readonly points: number;
}

export interface OpenedColumns extends Column {
  /** For each point the values and the number of the first. */
  readonly lists: readonly { readonly start: number; readonly values: readonly Extension[] }[];
}

export interface Plan {
  readonly top: number;
  readonly logFinal: number;
  readonly folds: readonly { readonly size: number; readonly arity: number }[];
}

export interface Layer {
  readonly size: number;
  readonly arity: number;
  readonly digest: Words;
  readonly beta: Extension;
}

/** The folds for tables of these heights. */
export function planFolds(key: KeyData, heights: Words): Plan {
  const logFinal = Math.min(key.finalLength, ...heights);
  const sizes = heights.map((height) => height + key.blowup);
  const top = Math.max(...sizes);
  const folds: { size: number; arity: number }[] = [];
  let size = top;
  while (size > logFinal + key.blowup) {
    const stops = [...sizes, logFinal + key.blowup].filter((stop) => stop < size);
    const arity = Math.min(key.arity, size - Math.max(...stops));
    folds.push({ size, arity });
    size -= arity;
  }
  return { top, logFinal, folds };
}

interface Shared {
  readonly heights: Words;
  readonly blowup: number;
  readonly top: number;
  readonly positions: readonly number[];
  readonly roots: ReadonlyMap<string, Words>;
  readonly point: Extension;
  readonly batcher: Extension;
  readonly layers: readonly Layer[];
  readonly coefficients: readonly Extension[];
}

type Codewords = ReadonlyMap<number, ReadonlyMap<number, Extension>>;

/** The rows of all trees at the positions, by tree and table. */
function openTrees(
  proof: Proof,
  columns: readonly Column[],
  shared: Shared,
): Map<string, ReadonlyMap<number, readonly bigint[]>> {
  const rowsOf = new Map<string, ReadonlyMap<number, readonly bigint[]>>();
  for (const tree of new Set(columns.map((column) => column.tree))) {
    const own = columns.filter((column) => column.tree === tree);
    const shapes = own.map(({ table, width }) => ({
      log: shared.heights[table]! + shared.blowup,
      width,
    }));
    const at = { positions: shared.positions, log: shared.top };
    const { rows } = proof.opening(shared.roots.get(tree)!, shapes, at);
    for (const [i, { table }] of own.entries()) rowsOf.set(`${tree} ${table}`, rows[i]!);
  }
  return rowsOf;
}

/** The combined quotients of each height at its positions, by log2 of the codeword's size. */
export function codewordsAt(
  proof: Proof,
  opened: readonly OpenedColumns[],
  shared: Shared,
): Codewords {
  const rowsOf = openTrees(proof, opened, shared);
  const codewords = new Map<number, Map<number, Extension>>();
  for (const height of new Set(shared.heights)) {
    const log = height + shared.blowup;
    const own = opened.filter(({ table }) => shared.heights[table] === height);
    const codeword = new Map<number, Extension>();
    codewords.set(log, codeword);
    const points = [shared.point, scaled(shared.point, root(height))];
    const powers = new Map<number, Extension>();
    for (const { start, values } of own.flatMap(({ lists }) => lists)) {
      let lambda = raised(shared.batcher, BigInt(start));
      values.forEach((_, k) => {
        powers.set(start + k, lambda);
        lambda = times(lambda, shared.batcher);
      });
    }
    for (const place of shifted(shared.positions, shared.top - log)) {
      const x = lift(3n * power(root(log), BigInt(reverse(place, log))));
      let sum = zero;
      for (const { tree, table, lists } of own) {
        const row = rowsOf.get(`${tree} ${table}`)!.get(place)!;
        lists.forEach(({ start, values }, p) => {
          const terms = values.map((value, k) =>
            times(powers.get(start + k)!, minus(value, lift(row[k]!))),
          );
          const quotient = times(terms.reduce(plus, zero), inverted(minus(points[p]!, x)));
          sum = plus(sum, quotient);
        });
      }
      codeword.set(place, sum);
    }
  }
  return codewords;
}

/** The fold of neighbours: by beta, then beta^2, ...; also answers beta^(their number). */
function foldNeighbours(
  values: readonly Extension[],
  at: { readonly group: number; readonly size: number; readonly beta: Extension },
): { readonly value: Extension; readonly joiner: Extension } {
  let folded = values;
  let { size, beta } = at;
  const half = inverse(2n);
  while (folded.length > 1) {
    const length = folded.length;
    folded = Array.from({ length: length / 2 }, (_, j) => {
      const x = power(root(size), BigInt(reverse(at.group * length + 2 * j, size)));
      const [a, b] = [folded[2 * j]!, folded[2 * j + 1]!];
      const odd = scaled(minus(a, b), half * inverse(x));
      return plus(scaled(plus(a, b), half), times(beta, odd));
    });
    beta = times(beta, beta);
    size--;
  }
  return { value: folded[0]!, joiner: beta };
}

/** Folds the values at the positions through all layers, and compares with the last polynomial. */
export function foldDown(
  proof: Proof,
  codewords: Codewords,
  shared: Shared & { readonly logFinal: number },
): void {
  let current = codewords.get(shared.top)!;
  for (const { size, arity, digest, beta } of shared.layers) {
    const groups = shifted([...current.keys()], arity);
    const shape = { log: size - arity, width: 4 * 2 ** arity };
    const { rows } = proof.opening(digest, [shape], { positions: groups, log: size - arity });
    const valueAt = (place: number): Extension => {
      const start = 4 * (place % 2 ** arity);
      const row = rows[0]!.get(place >>> arity)!;
      return row.slice(start, start + 4) as unknown as Extension;
    };
    for (const [place, value] of current) demand(same(valueAt(place), value), "layer");
    const joining = codewords.get(size - arity);
    const next = new Map<number, Extension>();
    for (const group of groups) {
      const places = Array.from({ length: 2 ** arity }, (_, k) => group * 2 ** arity + k);
      const { value, joiner } = foldNeighbours(places.map(valueAt), { group, size, beta });
      const joined = joining === undefined ? zero : times(joiner, joining.get(group)!);
      next.set(group, plus(value, joined));
    }
    current = next;
  }
  const log = shared.logFinal + shared.blowup;
  for (const [place, value] of current) {
    const x = lift(power(root(log), BigInt(reverse(place, log))));
    let expected = zero;
    let xPower = one;
    for (const coefficient of shared.coefficients) {
      expected = plus(expected, times(coefficient, xPower));
      xPower = times(xPower, x);
    }
    demand(same(expected, value), "last polynomial");
  }
}
