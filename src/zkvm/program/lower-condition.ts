/**
 * Conditions of branches (spec/14-zkvm.md §4): a comparison followed by a branch is one row.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { constant, frameCellOf, type Label } from "./assembler.ts";
import type { BodyAssembler } from "./body-assembler.ts";
import type { OperandStack } from "./operand-stack.ts";
import { Flag, Operation } from "./program.ts";

/**
 * Turns the condition on top into a branch to a label (taken where it is not zero, or with `negate`
 * where it is): the row that computed it, if it is the last one, or a row of its own.
 */
export function takeCondition(
  body: BodyAssembler,
  operands: OperandStack,
  negate: boolean,
): (label: Label) => void {
  const atHome = operands.topIsHome();
  const [cell] = operands.pop();
  assert(cell !== undefined, "a condition has one cell");
  return (label) => {
    const row = body.rows.last();
    const compares = Flag.equal + Flag.below;
    const isOwn =
      row !== null && atHome && (row.flags & Flag.wFrame) !== 0 && row.w === frameCellOf(cell);
    const signed = (row?.flags ?? 0) & Flag.operate && isSignedComparison(row?.operation ?? 0);
    if (row !== null && isOwn && ((row.flags & compares) !== 0 || signed)) {
      if (negate && signed) row.operation = oppositeComparison(row.operation);
      else if (negate) row.flags ^= Flag.negate;
      body.rows.turnIntoBranch(row, label);
    } else if (negate) body.branchIfEqual(cell, constant(0), label);
    else body.branchUnlessEqual(cell, constant(0), label);
  };
}

function isSignedComparison(operation: number): boolean {
  return operation === Operation.belowSigned || operation === Operation.notBelowSigned;
}

function oppositeComparison(operation: number): number {
  return operation === Operation.belowSigned ? Operation.notBelowSigned : Operation.belowSigned;
}
