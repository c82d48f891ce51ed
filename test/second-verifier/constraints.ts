/**
 * The second verifier's constraints at the point (spec/08-proofs.md §6).
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
  raised,
  root,
  same,
  scaled,
  times,
  zero,
} from "./arithmetic.ts";
import type { Table } from "./system.ts";

export interface Buses {
  readonly alpha: Extension;
  /** beta^0 to beta^W. */
  readonly powers: readonly Extension[];
}

export interface TableAtPoint {
  readonly table: Table;
  readonly height: number;
  readonly point: Extension;
  readonly publicValues: readonly number[];
  readonly buses: Buses;
  readonly terminal: Extension;
  readonly combiner: Extension;
  /** Opened values by tree: at the point, and at the next row's. */
  readonly fixed: readonly Extension[];
  readonly main: readonly (readonly Extension[])[];
  readonly auxiliary: readonly (readonly Extension[])[];
  readonly quotient: readonly Extension[];
}

/** The denominator of a tuple. */
export function denominator(buses: Buses, bus: number, tuple: readonly Extension[]): Extension {
  const start = plus(buses.alpha, scaled(buses.powers.at(-1)!, BigInt(bus) + 1n));
  return tuple.reduce((sum, value, k) => minus(sum, times(buses.powers[k]!, value)), start);
}

function joinColumns(columns: readonly Extension[]): Extension[] {
  const units = [0, 1, 2, 3].map((d) => one.map((_, i) => (i === d ? 1n : 0n)));
  return Array.from({ length: columns.length / 4 }, (_, k) =>
    units.reduce<Extension>(
      (sum, unit, d) => plus(sum, times(unit as unknown as Extension, columns[4 * k + d]!)),
      zero,
    ),
  );
}

function nodeValues(input: TableAtPoint): Extension[] {
  const values: Extension[] = [];
  for (const [operation, left, right] of input.table.nodes) {
    const leaves = [
      () => lift(BigInt(left)),
      () => input.main[0]![left]!,
      () => input.main[1]![left]!,
      () => input.fixed[left]!,
      () => lift(BigInt(input.publicValues[left]!)),
    ];
    const leaf = leaves[operation];
    const combine = [plus, minus, times][operation - 5];
    values.push(leaf === undefined ? combine!(values[left]!, values[right]!) : leaf());
  }
  return values;
}

function busConstraints(input: TableAtPoint, nodes: readonly Extension[]): [number, Extension][] {
  const { table, buses } = input;
  if (table.groups.length === 0) return [];
  const [columns, next] = input.auxiliary.map(joinColumns);
  const divisors = table.interactions.map(({ bus, tuple }) =>
    denominator(
      buses,
      bus,
      tuple.map((node) => nodes[node]!),
    ),
  );
  const count = (i: number): Extension => nodes[table.interactions[i]!.multiplicity]!;
  const constraints = table.groups.map(([first, second], k): [number, Extension] => {
    const column = columns![k]!;
    if (second === undefined) return [0, minus(times(column, divisors[first!]!), count(first!))];
    const [d1, d2] = [divisors[first!]!, divisors[second]!];
    const product = times(times(column, d1), d2);
    return [0, minus(minus(product, times(count(first!), d2)), times(count(second), d1))];
  });
  const running = columns!.at(-1)!;
  const after = columns!.slice(0, -1).reduce(plus, running);
  constraints.push(
    [1, running],
    [3, minus(next!.at(-1)!, after)],
    [2, minus(after, input.terminal)],
  );
  return constraints;
}

/** Whether the combined constraints are the vanishing polynomial times the quotient. */
export function identityHolds(input: TableAtPoint): boolean {
  const { point, table } = input;
  const nodes = nodeValues(input);
  const own = table.constraints.map(([kind, node]): [number, Extension] => [kind, nodes[node]!]);
  const step = raised(point, 2n ** BigInt(input.height));
  const vanishing = minus(step, one);
  const last = lift(inverse(root(input.height)));
  const selectors = [
    one,
    times(vanishing, inverted(minus(point, one))),
    times(vanishing, inverted(minus(point, last))),
    minus(point, last),
  ];
  let sum = zero;
  let power = one;
  for (const [kind, value] of [...own, ...busConstraints(input, nodes)]) {
    sum = plus(sum, times(power, times(selectors[kind]!, value)));
    power = times(power, input.combiner);
  }
  let quotient = zero;
  power = one;
  for (const chunk of joinColumns(input.quotient)) {
    quotient = plus(quotient, times(power, chunk));
    power = times(power, step);
  }
  return same(sum, times(vanishing, quotient));
}
