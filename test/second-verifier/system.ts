/**
 * The second verifier's view of a system (spec/08-proofs.md §5, §6), from the words of its key.
 *
 * @module
 */

export interface Interaction {
  readonly bus: number;
  readonly tuple: readonly number[];
  readonly multiplicity: number;
  readonly weight: number;
}

export interface Table {
  readonly min: number;
  readonly max: number;
  readonly width: number;
  readonly fixedWidth: number;
  readonly publicValues: number;
  readonly nodes: readonly (readonly [operation: number, left: number, right: number])[];
  readonly constraints: readonly (readonly [kind: number, node: number])[];
  readonly interactions: readonly Interaction[];
  readonly groups: readonly (readonly number[])[];
  readonly chunks: number;
  readonly readsNext: boolean;
}

export interface KeyData {
  readonly blowup: number;
  readonly arity: number;
  readonly finalLength: number;
  readonly queries: number;
  /** Lookup, constraints, deep, batch, fold, query. */
  readonly grinding: readonly number[];
  readonly tables: readonly Table[];
  readonly widestTuple: number;
  readonly fixedRoot: readonly number[] | null;
}

/** Degrees of all nodes, and which of them read the next row. */
function measureNodes(nodes: Table["nodes"]): { degree: number[]; next: boolean[] } {
  const degree: number[] = [];
  const next: boolean[] = [];
  for (const [operation, left, right] of nodes) {
    if (operation <= 4) {
      degree.push(operation === 0 || operation === 4 ? 0 : 1);
      next.push(operation === 2);
      continue;
    }
    const [a, b] = [degree[left]!, degree[right]!];
    degree.push(operation === 7 ? a + b : Math.max(a, b));
    next.push(next[left]! || next[right]!);
  }
  return { degree, next };
}

function deriveTable(table: Omit<Table, "groups" | "chunks" | "readsNext">): Table {
  const { degree, next } = measureNodes(table.nodes);
  const tupleDegree = (i: number): number =>
    Math.max(0, ...table.interactions[i]!.tuple.map((node) => degree[node]!));
  const groupDegree = (group: readonly number[]): number => {
    const sum = group.reduce((total, i) => total + tupleDegree(i), 0);
    const others = group.map(
      (i) => degree[table.interactions[i]!.multiplicity]! + sum - tupleDegree(i),
    );
    return Math.max(1 + sum, ...others);
  };
  const groups: number[][] = [];
  for (let i = 0; i < table.interactions.length; i++) {
    const before = groups.at(-1);
    if (before?.length === 1 && groupDegree([...before, i]) <= 3) before.push(i);
    else groups.push([i]);
  }
  const degrees = table.constraints.map(
    ([kind, node]) => degree[node]! + (kind === 1 || kind === 2 ? 1 : 0),
  );
  return {
    ...table,
    groups,
    chunks: Math.max(2, ...degrees, ...groups.map(groupDegree)) - 1,
    readsNext: table.constraints.some(([, node]) => next[node]),
  };
}

/** Reads the words of a key. */
export function parseKey(words: readonly number[]): KeyData {
  let at = 0;
  const word = (): number => {
    const value = words[at++];
    if (value === undefined) throw new Error("the key is too short");
    return value;
  };
  const list = <Item>(count: number, item: () => Item): Item[] =>
    Array.from({ length: count }, item);
  const [degree, blowup, arity, finalLength, queries] = list(5, word);
  if (degree !== 4) throw new Error("this verifier knows degree 4");
  const grinding = list(6, word);
  word(); // The most public terms: a limit of the statement, which is honest here.
  const tables = list(word(), () => {
    const [min, max] = [word(), word()];
    list(word(), word); // The name.
    return deriveTable({
      min,
      max,
      width: word(),
      fixedWidth: word(),
      publicValues: word(),
      nodes: list(word(), () => [word(), word(), word()] as const),
      constraints: list(word(), () => [word(), word()] as const),
      interactions: list(word(), () => ({
        bus: word(),
        tuple: list(word(), word),
        multiplicity: word(),
        weight: word(),
      })),
    });
  });
  const rest = words.slice(at);
  const widths = tables.flatMap((table) => table.interactions.map(({ tuple }) => tuple.length));
  return {
    blowup: blowup!,
    arity: arity!,
    finalLength: finalLength!,
    queries: queries!,
    grinding,
    tables,
    widestTuple: Math.max(0, ...widths),
    fixedRoot: rest.length === 0 ? null : rest,
  };
}
