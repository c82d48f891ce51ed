/**
 * Evaluates an AIR's expressions on rows, millions of times (spec/08-proofs.md §6): the nodes as flat
 * lists of numbers, one loop over them. `src/stark/air/evaluate.ts` is the oracle.
 *
 * @module
 */

import { add, mul, sub } from "../../field/koala-bear.ts";
import type { AirProgram } from "../../stark/air/air.ts";
import type { ExpressionNode } from "../../stark/air/expression.ts";

/** What the leaves of expressions name. */
export interface RowCells {
  readonly local: ArrayLike<number>;
  readonly next: ArrayLike<number>;
  readonly fixed: ArrayLike<number>;
  readonly publicValues: ArrayLike<number>;
}

/** Own names: a test runner makes a property of every imported one, which takes three times as long. */
const [plus, minus, times] = [add, sub, mul];

const codes = ["constant", "local", "next", "fixed", "public", "add", "sub", "mul"] as const;
const codeOf = new Map<string, number>(codes.map((name, code) => [name, code]));

function isInner({ operation }: ExpressionNode): boolean {
  return operation === "add" || operation === "sub" || operation === "mul";
}

/** The nodes that `roots` are made of, children first. */
function reachable(program: AirProgram, roots: readonly number[]): number[] {
  const needed = new Uint8Array(program.nodes.length);
  for (const root of roots) needed[root] = 1;
  for (let index = program.nodes.length - 1; index >= 0; index--) {
    const node = program.nodes[index]!;
    if (needed[index] === 0 || !isInner(node)) continue;
    needed[node.left] = 1;
    needed[node.right] = 1;
  }
  return program.nodes.map((_, index) => index).filter((index) => needed[index] === 1);
}

export class RowEvaluator {
  /** The value of each node that is reachable from the roots, by its index. */
  readonly values: Int32Array;
  readonly #list: Int32Array;
  readonly #codes: Uint8Array;
  readonly #left: Int32Array;
  readonly #right: Int32Array;

  constructor(program: AirProgram, roots: readonly number[]) {
    this.values = new Int32Array(program.nodes.length);
    this.#list = Int32Array.from(reachable(program, roots));
    const nodes = Array.from(this.#list, (index) => program.nodes[index]!);
    this.#codes = Uint8Array.from(nodes, ({ operation }) => codeOf.get(operation)!);
    this.#left = Int32Array.from(nodes, ({ left }) => left);
    this.#right = Int32Array.from(nodes, ({ right }) => right);
  }

  /** Fills and answers `values`, which the next call overwrites. */
  evaluate({ local, next, fixed, publicValues }: RowCells): Int32Array {
    const values = this.values;
    for (let i = 0; i < this.#list.length; i++) {
      const index = this.#list[i]!;
      const [left, right] = [this.#left[i]!, this.#right[i]!];
      switch (this.#codes[i]) {
        case 0:
          values[index] = left;
          break;
        case 1:
          values[index] = local[left]!;
          break;
        case 2:
          values[index] = next[left]!;
          break;
        case 3:
          values[index] = fixed[left]!;
          break;
        case 4:
          values[index] = publicValues[left]!;
          break;
        case 5:
          values[index] = plus(values[left]!, values[right]!);
          break;
        case 6:
          values[index] = minus(values[left]!, values[right]!);
          break;
        default:
          values[index] = times(values[left]!, values[right]!);
      }
    }
    return values;
  }
}

/** Columns of this row and of the next one, each once. */
export interface ColumnsRead {
  readonly local: readonly number[];
  readonly next: readonly number[];
}

/** The columns that an expression reads. */
export function columnsRead(program: AirProgram, root: number): ColumnsRead {
  const nodes = reachable(program, [root]).map((index) => program.nodes[index]!);
  const of = (kind: string): number[] =>
    nodes.filter(({ operation }) => operation === kind).map(({ left }) => left);
  return { local: of("local"), next: of("next") };
}
