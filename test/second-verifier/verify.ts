/**
 * A second verifier, written from spec/08-proofs.md alone: it shares no line with `src/`. Slow and
 * plain on purpose; where the two disagree, the specification or one of them is wrong.
 *
 * @module
 */

import {
  type Extension,
  inverted,
  lift,
  one,
  P,
  plus,
  same,
  scaled,
  times,
  zero,
} from "./arithmetic.ts";
import { type Buses, denominator, identityHolds } from "./constraints.ts";
import { hash, type Words } from "./hash.ts";
import { demand, Proof } from "./proof.ts";
import {
  type Column,
  codewordsAt,
  foldDown,
  type Layer,
  type OpenedColumns,
  type Plan,
  planFolds,
} from "./queries.ts";
import { type KeyData, parseKey } from "./system.ts";

export interface PlainStatement {
  readonly context: Words;
  readonly publicValues: readonly Words[];
  readonly publicTerms: readonly {
    readonly bus: number;
    readonly multiplicities: Words;
    readonly tuples: Words;
  }[];
}

function statementWords(statement: PlainStatement): number[] {
  return [
    statement.context.length,
    ...statement.context,
    ...statement.publicValues.flatMap((values) => [values.length, ...values]),
    statement.publicTerms.length,
    ...statement.publicTerms.flatMap(({ bus, multiplicities, tuples }) => [
      bus,
      multiplicities.length,
      tuples.length,
      ...multiplicities,
      ...tuples,
    ]),
  ];
}

function columnsOf(key: KeyData): Column[] {
  const of = (tree: string, widths: readonly number[], points: (table: number) => number) =>
    widths.map((width, table) => ({ tree, table, width, points: points(table) }));
  const { tables } = key;
  const auxiliary = tables.map(({ groups }) => (groups.length === 0 ? 0 : 4 * groups.length + 4));
  return [
    ...of(
      "fixed",
      tables.map((table) => table.fixedWidth),
      () => 1,
    ),
    ...of(
      "main",
      tables.map((table) => table.width),
      (i) => (tables[i]!.readsNext ? 2 : 1),
    ),
    ...of("auxiliary", auxiliary, () => 2),
    ...of(
      "quotient",
      tables.map((table) => 4 * table.chunks),
      () => 1,
    ),
  ].filter(({ width }) => width > 0);
}

/** What the transcript fixes before the queries. */
interface Committed {
  readonly roots: ReadonlyMap<string, Words>;
  readonly buses: Buses;
  readonly terminals: readonly Extension[];
  readonly combiner: Extension;
  readonly point: Extension;
  readonly values: readonly Extension[];
  readonly batcher: Extension;
  readonly layers: readonly Layer[];
  readonly coefficients: readonly Extension[];
  readonly positions: readonly number[];
}

function begin(proof: Proof, key: KeyData, keyWords: Words, statement: PlainStatement): Words {
  const digest = hash(keyWords);
  demand(proof.take(1)[0] === 1, "version");
  const claimed = proof.take(8);
  demand(
    claimed.every((word, i) => word === digest[i]),
    "key",
  );
  const heights = proof.take(key.tables.length);
  let weight = 0;
  key.tables.forEach(({ min, max, interactions }, i) => {
    demand(heights[i]! >= min && heights[i]! <= max, "height");
    for (const interaction of interactions) weight += interaction.weight * 2 ** heights[i]!;
  });
  for (const { multiplicities } of statement.publicTerms) {
    for (const m of multiplicities) weight += Math.min(m, Number(P) - m);
  }
  demand(weight < P, "multiplicities");
  proof.transcript.absorb(1, digest);
  proof.transcript.absorb(2, statementWords(statement));
  proof.transcript.absorb(3, heights);
  return heights;
}

function readCommitted(proof: Proof, key: KeyData, plan: Plan, valueCount: number): Committed {
  const { transcript } = proof;
  const [lookup, combining, deep, batch, folding, query] = key.grinding;
  const roots = new Map<string, Words>([["fixed", key.fixedRoot ?? []]]);
  roots.set("main", proof.root(4));
  proof.work(5, lookup!);
  const [alpha, beta] = transcript.extensions(6, 2);
  const powers = [one];
  for (let k = 0; k < key.widestTuple; k++) powers.push(times(powers[k]!, beta!));
  const onBuses = key.tables.filter(({ groups }) => groups.length > 0).length;
  if (onBuses > 0) roots.set("auxiliary", proof.root(7));
  const terminals = proof.extensions(8, onBuses);
  proof.work(9, combining!);
  const [combiner] = transcript.extensions(10, 1);
  roots.set("quotient", proof.root(11));
  proof.work(12, deep!);
  const [point] = transcript.extensions(13, 1);
  demand(
    point!.slice(1).some((value) => value !== 0n),
    "point in the base field",
  );
  const values = proof.extensions(14, valueCount);
  proof.work(15, batch!);
  const [batcher] = transcript.extensions(16, 1);
  const layers = plan.folds.map((fold) => {
    const digest = proof.root(17);
    proof.work(18, folding!);
    return { ...fold, digest, beta: transcript.extensions(19, 1)[0]! };
  });
  const coefficients = proof.extensions(20, 2 ** plan.logFinal);
  proof.work(21, query!);
  const positions = transcript.positions(22, key.queries, plan.top);
  const buses = { alpha: alpha!, powers };
  const drawn = { combiner: combiner!, point: point!, batcher: batcher!, positions };
  return { roots, buses, terminals, values, layers, coefficients, ...drawn };
}

function checkBuses(statement: PlainStatement, { buses, terminals }: Committed): void {
  let sum = terminals.reduce(plus, zero);
  for (const { bus, multiplicities, tuples } of statement.publicTerms) {
    const width = tuples.length / multiplicities.length;
    multiplicities.forEach((count, i) => {
      const tuple = tuples.slice(i * width, (i + 1) * width).map((value) => lift(BigInt(value)));
      sum = plus(sum, scaled(inverted(denominator(buses, bus, tuple)), BigInt(count)));
    });
  }
  demand(same(sum, zero), "buses");
}

function checkIdentities(
  key: KeyData,
  heights: Words,
  input: {
    readonly statement: PlainStatement;
    readonly committed: Committed;
    readonly opened: readonly OpenedColumns[];
  },
): void {
  const { committed, opened } = input;
  const valuesOf = (tree: string, table: number): (readonly Extension[])[] =>
    opened
      .filter((column) => column.tree === tree && column.table === table)
      .flatMap(({ lists }) => lists.map((list) => list.values));
  let busTable = 0;
  key.tables.forEach((table, i) => {
    const holds = identityHolds({
      table,
      height: heights[i]!,
      point: committed.point,
      publicValues: input.statement.publicValues[i]!,
      buses: committed.buses,
      terminal: table.groups.length > 0 ? committed.terminals[busTable++]! : zero,
      combiner: committed.combiner,
      fixed: valuesOf("fixed", i)[0] ?? [],
      main: valuesOf("main", i),
      auxiliary: valuesOf("auxiliary", i),
      quotient: valuesOf("quotient", i)[0]!,
    });
    demand(holds, "constraints");
  });
}

/** Each column's values, with the numbers that the batching challenge's powers go by. */
function splitValues(columns: readonly Column[], values: readonly Extension[]): OpenedColumns[] {
  let first = 0;
  return columns.map((column) => ({
    ...column,
    lists: Array.from({ length: column.points }, () => {
      const start = first;
      first += column.width;
      return { start, values: values.slice(start, first) };
    }),
  }));
}

/** Throws unless the words prove the statement for the key with these words. */
export function secondVerify(keyWords: Words, statement: PlainStatement, words: Words): void {
  const key = parseKey(keyWords);
  const proof = new Proof(words);
  const heights = begin(proof, key, keyWords, statement);
  const columns = columnsOf(key);
  const plan = planFolds(key, heights);
  const valueCount = columns.reduce((sum, { width, points }) => sum + width * points, 0);
  const committed = readCommitted(proof, key, plan, valueCount);
  checkBuses(statement, committed);
  const opened = splitValues(columns, committed.values);
  checkIdentities(key, heights, { statement, committed, opened });
  const shared = { ...committed, heights, blowup: key.blowup, top: plan.top };
  const codewords = codewordsAt(proof, opened, shared);
  foldDown(proof, codewords, { ...shared, logFinal: plan.logFinal });
  proof.finish();
}
