/**
 * The types of blocks: none, one value type, or, where several values are allowed, a function type.
 *
 * @module
 */

import { emptyBlockType, type ValueType } from "../binary/module.ts";
import { instructionName } from "../binary/opcodes.ts";
import { checkValueType, indexOutOfRange, type ModuleContext } from "./module-context.ts";
import { type Position, positionError, type TypeList } from "./operand-stack.ts";

/** What a block with this block type takes and leaves; `code` is as in `Code.first`. */
export function blockTypeOf(
  context: ModuleContext,
  code: number,
  position: Position,
): { readonly parameters: TypeList; readonly results: TypeList } {
  if (code === emptyBlockType) return { parameters: [], results: [] };
  const { offset, opcode, function: index } = position;
  const item = instructionName(opcode);
  if (code < 0) {
    const type = (code & 0x7f) as ValueType;
    checkValueType(context.options, type, { offset, function: index, item });
    return { parameters: [], results: [type] };
  }
  if (!context.options.multiValue) {
    const fields = { expected: "a value type or none", got: `type ${code}` };
    throw positionError(position, "MULTI_VALUE_FORBIDDEN", fields);
  }
  const { types } = context.module;
  const type = types[code];
  if (type === undefined) throw indexOutOfRange(`${item} type`, code, types.length, offset, index);
  return type;
}

/** True if both lists hold the same types in the same order. */
export function sameTypes(left: TypeList, right: TypeList): boolean {
  return left.length === right.length && left.every((type, index) => type === right[index]);
}
