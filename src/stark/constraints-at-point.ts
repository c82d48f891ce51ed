/**
 * A table's constraints at the opening point (spec/08-proofs.md §6): the left side of the identity
 * that the quotient's opened values must satisfy.
 *
 * @module
 */

import type { Extension, ExtensionField } from "../field/extension.ts";
import { inverse, twoAdicGenerator } from "../field/koala-bear.ts";
import type { RowKind } from "./air/air.ts";
import { evaluateNodes } from "./air/evaluate.ts";
import type { BusChallenges } from "./lookup/bus.ts";
import { lookupConstraints } from "./lookup/constraints.ts";
import type { Table } from "./system.ts";

/** The opened values of one table. */
export interface TableOpening {
  readonly fixed: readonly Extension[];
  readonly local: readonly Extension[];
  readonly next: readonly Extension[];
  readonly auxiliary: readonly Extension[];
  readonly auxiliaryNext: readonly Extension[];
}

export interface PointInput {
  readonly field: ExtensionField;
  readonly table: Table;
  readonly logHeight: number;
  readonly point: Extension;
  readonly publicValues: Uint32Array;
  readonly buses: BusChallenges;
  readonly terminal: Extension;
  readonly opening: TableOpening;
  /** The challenge that combines constraints. */
  readonly combiner: Extension;
}

/** X^height - 1 at the point, zero exactly on the trace's rows. */
export function vanishingAt(field: ExtensionField, point: Extension, logHeight: number): Extension {
  return field.sub(field.pow(point, 2 ** logHeight), field.one);
}

/** Zero on all rows but those of the kind, and not zero there (not normalised). */
function selectorsAt(input: PointInput, vanishing: Extension): Record<RowKind, Extension> {
  const { field, point } = input;
  const lastRow = field.fromBase(inverse(twoAdicGenerator(input.logHeight)));
  const fromFirst = field.sub(point, field.one);
  const fromLast = field.sub(point, lastRow);
  return {
    every: field.one,
    first: field.mul(vanishing, field.inverse(fromFirst)),
    last: field.mul(vanishing, field.inverse(fromLast)),
    transition: fromLast,
  };
}

/** The combination of all constraints at the point, each with its selector. */
export function combinedConstraintsAt(input: PointInput): Extension {
  const { field, table, opening } = input;
  const nodes = evaluateNodes(table.program, field, {
    ...opening,
    publicValues: input.publicValues,
  });
  const constraints = table.program.constraints.map(({ kind, node }) => ({
    kind,
    value: nodes[node]!,
  }));
  constraints.push(...lookupConstraints({ ...input, ...opening, nodes }));
  const vanishing = vanishingAt(field, input.point, input.logHeight);
  const selectors = selectorsAt(input, vanishing);
  let power = field.one;
  let sum = field.zero;
  for (const { kind, value } of constraints) {
    sum = field.add(sum, field.mul(power, field.mul(selectors[kind], value)));
    power = field.mul(power, input.combiner);
  }
  return sum;
}
