/**
 * The readable engine's work on constraints (spec/08-proofs.md §6): auxiliary columns on the rows
 * of the trace, and the quotient on the extended domain.
 *
 * @module
 */

import { batchInverse, type Extension, type ExtensionField } from "../../field/extension.ts";
import * as base from "../../field/koala-bear.ts";
import type { RowKind } from "../air/air.ts";
import { evaluateNodes } from "../air/evaluate.ts";
import { domainPoint } from "../deep.ts";
import type { LookupColumns, LookupInput, QuotientInput, TableInput } from "../engine.ts";
import { type ConstraintValue, denominators, lookupConstraints } from "../lookup/constraints.ts";
import { createMatrix, type Matrix, reverseBits, rowOf } from "../matrix.ts";

const baseField = { ...base, fromBase: (a: number) => a };

function nodesAt(
  input: TableInput & { readonly main: Matrix; readonly fixed: Matrix | null },
  row: number,
  nextRow: number,
): number[] {
  return evaluateNodes(input.table.program, baseField, {
    local: rowOf(input.main, row),
    next: rowOf(input.main, nextRow),
    fixed: input.fixed === null ? [] : rowOf(input.fixed, row),
    publicValues: input.publicValues,
  });
}

/** The auxiliary trace: for each group the sum of its fractions, then the sum of all rows before. */
export function lookupColumns(field: ExtensionField, input: LookupInput): LookupColumns {
  const { table } = input;
  const { groups, program } = table;
  const height = 2 ** input.logHeight;
  const matrix = createMatrix({ height, width: field.degree * (groups.length + 1) });
  let running = field.zero;
  for (let row = 0; row < height; row++) {
    const values = nodesAt(input, row, (row + 1) % height);
    const nodes = values.map((value) => field.fromBase(value));
    const inverses = batchInverse(field, denominators({ field, table, buses: input.buses, nodes }));
    const start = row * matrix.stride;
    matrix.values.set(running, start + groups.length * field.degree);
    groups.forEach((group, column) => {
      const sum = group.reduce((total, index) => {
        const multiplicity = values[program.interactions[index]!.multiplicity]!;
        return field.add(total, field.scale(inverses[index]!, multiplicity));
      }, field.zero);
      matrix.values.set(sum, start + column * field.degree);
      running = field.add(running, sum);
    });
  }
  return { matrix, terminal: running };
}

function auxiliaryAt(field: ExtensionField, matrix: Matrix | null, row: number): Extension[] {
  if (matrix === null) return [];
  const cells = rowOf(matrix, row);
  return Array.from({ length: matrix.width / field.degree }, (_, i) =>
    Array.from(cells.subarray(i * field.degree, (i + 1) * field.degree)),
  );
}

/** All constraints of one place of the domain, in order. */
function constraintsAt(
  field: ExtensionField,
  input: QuotientInput,
  place: { readonly row: number; readonly nextRow: number },
): ConstraintValue[] {
  const nodes = nodesAt(input, place.row, place.nextRow);
  const own = input.table.program.constraints.map(({ kind, node }) => ({
    kind,
    value: field.fromBase(nodes[node]!),
  }));
  const lookups = lookupConstraints({
    field,
    table: input.table,
    buses: input.buses,
    terminal: input.terminal,
    nodes: nodes.map((value) => field.fromBase(value)),
    auxiliary: auxiliaryAt(field, input.auxiliary, place.row),
    auxiliaryNext: auxiliaryAt(field, input.auxiliary, place.nextRow),
  });
  return [...own, ...lookups];
}

/** The quotient: all constraints with their selectors, combined, over the vanishing polynomial. */
export function quotientValues(field: ExtensionField, input: QuotientInput): Uint32Array {
  const logExtra = Math.ceil(Math.log2(input.table.quotientChunks));
  const logSize = input.logHeight + logExtra;
  const size = 2 ** logSize;
  const lastRow = base.inverse(base.twoAdicGenerator(input.logHeight));
  const quotient = new Uint32Array(size * field.degree);
  for (let row = 0; row < size; row++) {
    const x = domainPoint(row, logSize);
    // One row on in the trace is 2^logExtra places on in this domain's natural order.
    const natural = (reverseBits(row, logSize) + 2 ** logExtra) % size;
    const nextRow = reverseBits(natural, logSize);
    const vanishing = base.sub(base.pow(x, 2 ** input.logHeight), 1);
    const fromLast = base.sub(x, lastRow);
    const selectors: Record<RowKind, number> = {
      every: 1,
      first: base.mul(vanishing, base.inverse(base.sub(x, 1))),
      last: base.mul(vanishing, base.inverse(fromLast)),
      transition: fromLast,
    };
    let sum = field.zero;
    let power = field.one;
    for (const { kind, value } of constraintsAt(field, input, { row, nextRow })) {
      sum = field.add(sum, field.mul(power, field.scale(value, selectors[kind])));
      power = field.mul(power, input.combiner);
    }
    quotient.set(field.scale(sum, base.inverse(vanishing)), row * field.degree);
  }
  return quotient;
}
