/**
 * Symbolic expressions of an AIR (spec/08-proofs.md §6): nodes in one growing list, equal nodes
 * shared, each with its degree in the trace polynomials. Children always come before parents, so
 * that every evaluator is one loop over the list.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { add, mul, P, sub } from "../../field/koala-bear.ts";

/**
 * What a node is. Leaves: a constant, this row's or the next row's cell of the main trace, this
 * row's cell of the fixed columns, a public value. Inner nodes: add, sub, mul of two nodes.
 */
export type Operation = "constant" | "local" | "next" | "fixed" | "public" | "add" | "sub" | "mul";

/** A node. In a leaf `left` is the constant, column or index and `right` is 0. */
export interface ExpressionNode {
  readonly operation: Operation;
  readonly left: number;
  readonly right: number;
  /** Degree in the trace polynomials. */
  readonly degree: number;
  /** True if a cell of the next row is somewhere below. */
  readonly usesNext: boolean;
}

/** An expression, or a number that stands for that constant (negative ones modulo P). */
export type Operand = Expression | number;

const baseOperations = { add, sub, mul };

/** The list of nodes of one AIR while it is being built. */
export class ExpressionList {
  readonly nodes: ExpressionNode[] = [];
  readonly #known: Map<string, number> = new Map();

  leaf(operation: Operation, value: number): Expression {
    const isConstant = operation === "constant" || operation === "public";
    return this.#node({
      operation,
      left: value,
      right: 0,
      degree: isConstant ? 0 : 1,
      usesNext: operation === "next",
    });
  }

  constant(value: number): Expression {
    assert(Number.isInteger(value) && Math.abs(value) < P, `not a constant: ${value}`);
    return this.leaf("constant", value < 0 ? value + P : value);
  }

  combine(operation: "add" | "sub" | "mul", a: Expression, b: Operand): Expression {
    const other = typeof b === "number" ? this.constant(b) : b;
    assert(a.list === this && other.list === this, "expressions of two AIRs combined");
    const left = this.nodes[a.index]!;
    const right = this.nodes[other.index]!;
    if (left.operation === "constant" && right.operation === "constant") {
      return this.constant(baseOperations[operation](left.left, right.left));
    }
    const degree =
      operation === "mul" ? left.degree + right.degree : Math.max(left.degree, right.degree);
    const usesNext = left.usesNext || right.usesNext;
    return this.#node({ operation, left: a.index, right: other.index, degree, usesNext });
  }

  #node(node: ExpressionNode): Expression {
    const key = `${node.operation} ${node.left} ${node.right}`;
    const known = this.#known.get(key);
    if (known !== undefined) return new Expression(this, known);
    this.nodes.push(node);
    this.#known.set(key, this.nodes.length - 1);
    return new Expression(this, this.nodes.length - 1);
  }
}

/** One expression of an AIR: a node of its list. */
export class Expression {
  readonly list: ExpressionList;
  readonly index: number;

  constructor(list: ExpressionList, index: number) {
    this.list = list;
    this.index = index;
  }

  plus(other: Operand): Expression {
    return this.list.combine("add", this, other);
  }

  minus(other: Operand): Expression {
    return this.list.combine("sub", this, other);
  }

  times(other: Operand): Expression {
    return this.list.combine("mul", this, other);
  }
}
