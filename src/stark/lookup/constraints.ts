/**
 * The constraints of the auxiliary columns (spec/08-proofs.md §6), over extension elements: the
 * verifier evaluates them at its point, the readable prover on every row of the quotient's domain.
 *
 * @module
 */

import type { Extension, ExtensionField } from "../../field/extension.ts";
import type { RowKind } from "../air/air.ts";
import type { Table } from "../system.ts";
import { type BusChallenges, busOffset } from "./bus.ts";

export interface LookupRow {
  readonly field: ExtensionField;
  readonly table: Table;
  readonly buses: BusChallenges;
  readonly terminal: Extension;
  /** The values of the program's nodes. */
  readonly nodes: readonly Extension[];
  /** The auxiliary columns as extension elements: one for each group, then the running sum. */
  readonly auxiliary: readonly Extension[];
  readonly auxiliaryNext: readonly Extension[];
}

export interface ConstraintValue {
  readonly kind: RowKind;
  readonly value: Extension;
}

/** The denominators of all interactions in one row. */
export function denominators(
  row: Pick<LookupRow, "field" | "table" | "buses" | "nodes">,
): Extension[] {
  const { field, buses, nodes } = row;
  return row.table.program.interactions.map(({ bus, tuple }) =>
    tuple.reduce(
      (sum, node, k) => field.sub(sum, field.mul(buses.betaPowers[k]!, nodes[node]!)),
      busOffset(field, buses, bus),
    ),
  );
}

/** The values of the constraints, in order: one for each group, then first, transition, last. */
export function lookupConstraints(row: LookupRow): ConstraintValue[] {
  const { field, table, nodes } = row;
  if (table.groups.length === 0) return [];
  const divisors = denominators(row);
  const constraints: ConstraintValue[] = table.groups.map((group, column) => {
    // column * d_1 * d_2 = m_1 * d_2 + m_2 * d_1
    let value = row.auxiliary[column]!;
    for (const index of group) value = field.mul(value, divisors[index]!);
    for (const index of group) {
      let numerator = nodes[table.program.interactions[index]!.multiplicity]!;
      for (const other of group) {
        if (other !== index) numerator = field.mul(numerator, divisors[other]!);
      }
      value = field.sub(value, numerator);
    }
    return { kind: "every", value };
  });
  const sumColumn = table.groups.length;
  const running = row.auxiliary[sumColumn]!;
  const groups = row.auxiliary.slice(0, sumColumn);
  const after = groups.reduce((sum, value) => field.add(sum, value), running);
  return [
    ...constraints,
    { kind: "first", value: running },
    { kind: "transition", value: field.sub(row.auxiliaryNext[sumColumn]!, after) },
    { kind: "last", value: field.sub(after, row.terminal) },
  ];
}
