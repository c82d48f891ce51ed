/**
 * What an AIR is and how it becomes a program (spec/08-proofs.md §6): constraints that vanish on
 * the rows they are for, and interactions with buses. The same program is evaluated on trace rows
 * (`check-trace.ts`), on a coset (the prover) and at one point (the verifier).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import {
  type Expression,
  ExpressionList,
  type ExpressionNode,
  type Operand,
} from "./expression.ts";

/** The rows on which a constraint holds. A transition is every row but the last. */
export type RowKind = "every" | "first" | "last" | "transition";

/** What an AIR's author writes constraints with. Nothing wraps from the last row to the first. */
export interface AirBuilder {
  /** A cell of this row of the main trace. */
  local(column: number): Expression;
  /** The same column's cell in the next row; only for transitions. */
  next(column: number): Expression;
  /** A cell of this row of the fixed columns, which the verifying key commits to. */
  fixed(column: number): Expression;
  /** A public value of this table. */
  publicValue(index: number): Expression;
  constant(value: number): Expression;
  /** The expression is zero on rows of that kind. */
  zero(kind: RowKind, expression: Expression): void;
  /** The expression is 0 or 1 on every row. */
  boolean(expression: Expression): void;
  interact(interaction: InteractionInput): void;
}

/** One entry on a bus in every row: `multiplicity` times the tuple, negative to take it off. */
export interface InteractionInput {
  readonly bus: number;
  readonly tuple: readonly Operand[];
  readonly multiplicity: Operand;
  /**
   * The largest |multiplicity| that the constraints allow in a row. 0 marks the providing side of
   * a lookup, whose multiplicity the prover chooses; the verifier bounds the sum of all others
   * below P, so that no sum of multiplicities wraps around to zero.
   */
  readonly weight: number;
}

/** A table's algebraic intermediate representation, as its author writes it. */
export interface Air {
  readonly name: string;
  /** Columns of the main trace. */
  readonly width: number;
  /** Columns of the fixed trace. */
  readonly fixedWidth: number;
  readonly publicValueCount: number;
  constrain(builder: AirBuilder): void;
}

export interface Constraint {
  readonly kind: RowKind;
  /** Index of the expression's node. */
  readonly node: number;
}

export interface Interaction {
  readonly bus: number;
  readonly tuple: readonly number[];
  readonly multiplicity: number;
  readonly weight: number;
}

/** An AIR after its one symbolic evaluation: data only. */
export interface AirProgram {
  readonly name: string;
  readonly width: number;
  readonly fixedWidth: number;
  readonly publicValueCount: number;
  readonly nodes: readonly ExpressionNode[];
  readonly constraints: readonly Constraint[];
  readonly interactions: readonly Interaction[];
  /** True if a constraint reads the next row, so that the trace is opened there too. */
  readonly usesNext: boolean;
}

/** Largest column count of one table, main or fixed. */
export const tableWidthMax = 2048;

class SymbolicBuilder implements AirBuilder {
  readonly list: ExpressionList = new ExpressionList();
  readonly constraints: Constraint[] = [];
  readonly interactions: Interaction[] = [];
  readonly #air: Air;

  constructor(air: Air) {
    this.#air = air;
  }

  #column(operation: "local" | "next" | "fixed" | "public", index: number, count: number) {
    assert(
      Number.isInteger(index) && index >= 0 && index < count,
      `${this.#air.name}: no ${operation} column ${index}`,
    );
    return this.list.leaf(operation, index);
  }

  local(column: number): Expression {
    return this.#column("local", column, this.#air.width);
  }

  next(column: number): Expression {
    return this.#column("next", column, this.#air.width);
  }

  fixed(column: number): Expression {
    return this.#column("fixed", column, this.#air.fixedWidth);
  }

  publicValue(index: number): Expression {
    return this.#column("public", index, this.#air.publicValueCount);
  }

  constant(value: number): Expression {
    return this.list.constant(value);
  }

  zero(kind: RowKind, expression: Expression): void {
    assert(expression.list === this.list, "an expression of another AIR");
    const node = this.list.nodes[expression.index]!;
    // Read on any other row, `next` would wrap around from the last row to the first.
    assert(kind === "transition" || !node.usesNext, `${this.#air.name}: next row in "${kind}"`);
    this.constraints.push({ kind, node: expression.index });
  }

  boolean(expression: Expression): void {
    this.zero("every", expression.times(expression.minus(1)));
  }

  interact(input: InteractionInput): void {
    const index = (operand: Operand): number => {
      const expression = typeof operand === "number" ? this.constant(operand) : operand;
      assert(expression.list === this.list, "an expression of another AIR");
      assert(!this.list.nodes[expression.index]!.usesNext, "interactions read this row only");
      return expression.index;
    };
    assert(Number.isInteger(input.bus) && input.bus >= 0 && input.bus < 2 ** 16, "bus number");
    assert(Number.isInteger(input.weight) && input.weight >= 0, "weight");
    this.interactions.push({
      bus: input.bus,
      tuple: input.tuple.map(index),
      multiplicity: index(input.multiplicity),
      weight: input.weight,
    });
  }
}

/** Evaluates an AIR once, symbolically. */
export function compileAir(air: Air): AirProgram {
  assert(air.width >= 1 && air.width <= tableWidthMax, `${air.name}: width ${air.width}`);
  assert(air.fixedWidth >= 0 && air.fixedWidth <= tableWidthMax, `${air.name}: fixed width`);
  const builder = new SymbolicBuilder(air);
  air.constrain(builder);
  assert(builder.constraints.length + builder.interactions.length > 0, `${air.name}: empty`);
  return {
    name: air.name,
    width: air.width,
    fixedWidth: air.fixedWidth,
    publicValueCount: air.publicValueCount,
    nodes: builder.list.nodes,
    constraints: builder.constraints,
    interactions: builder.interactions,
    usesNext: builder.constraints.some(({ node }) => builder.list.nodes[node]!.usesNext),
  };
}

/**
 * The degree of a constraint's polynomial in units of the trace's, as the quotient counts it. The
 * selectors of the first and the last row have the trace's degree, a transition's has degree one.
 */
export function constraintDegree(program: AirProgram, constraint: Constraint): number {
  const degree = program.nodes[constraint.node]!.degree;
  return constraint.kind === "first" || constraint.kind === "last" ? degree + 1 : degree;
}
