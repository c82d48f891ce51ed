/**
 * The outside of a function body: its size, its parameters and its declared locals.
 *
 * @module
 */

import type { WasmError } from "../binary/error.ts";
import type { WasmFunction } from "../binary/module.ts";
import { type CodeLimits, checkValueType, type ModuleContext } from "./module-context.ts";
import { type Position, positionError } from "./operand-stack.ts";

/** Where no profile bounds the locals: a declaration of 2^32 of them takes six bytes. */
const languageLocalsMax = 50_000;

/** The value types of all locals, the parameters first. */
export function checkLocals(
  context: ModuleContext,
  body: WasmFunction,
  position: Position,
): Uint8Array {
  const { parameters } = context.functionTypes[position.function]!;
  const { limits } = context.options;
  const localsMax = limits?.locals ?? languageLocalsMax;
  if (body.localCount > localsMax) {
    throw limitExceeded(position, "locals", localsMax, body.localCount);
  }
  if (limits !== null) checkSizes(limits, body, parameters.length, position);
  const types = new Uint8Array(parameters.length + body.localCount);
  types.set(parameters);
  let next = parameters.length;
  for (const { count, type } of body.locals) {
    const { offset, function: index } = position;
    checkValueType(context.options, type, { offset, function: index, item: "local" });
    types.fill(type, next, next + count);
    next += count;
  }
  return types;
}

function checkSizes(
  limits: CodeLimits,
  body: WasmFunction,
  parameterCount: number,
  position: Position,
): void {
  if (body.bodyBytes > limits.bodyBytes) {
    throw limitExceeded(position, "bodyBytes", limits.bodyBytes, body.bodyBytes);
  }
  if (parameterCount > limits.parameters) {
    throw limitExceeded(position, "parameters", limits.parameters, parameterCount);
  }
}

/** The error of a bound on code that is passed. */
export function limitExceeded(
  position: Position,
  item: keyof CodeLimits,
  maximum: number,
  got: number,
): WasmError {
  const fields = { item, expected: `at most ${maximum}`, got };
  return positionError(position, "LIMIT_EXCEEDED", fields);
}
