/**
 * The functions that stand in for `memory.grow`, `memory.copy` and `memory.fill`: each charges what
 * depends on its operand, and stops if gas is out, before the instruction's own checks
 * (spec/07-metering.md §3). Without that check a straight line of large fills would run for seconds
 * before the next loop header notices.
 *
 * @module
 */

import {
  type Code,
  type FunctionType,
  i32Type,
  type LocalGroup,
  type WasmFunction,
} from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { bytesPerGas, gasPerPage } from "../validate/gas-schedule.ts";
import { emitMarkRange } from "./dirty-mask.ts";
import { Emitter } from "./emitter.ts";
import type { InjectedGlobals } from "./injected-globals.ts";

export const growType: FunctionType = { parameters: [i32Type], results: [i32Type], offset: 0 };
export const bulkType: FunctionType = {
  parameters: [i32Type, i32Type, i32Type],
  results: [],
  offset: 0,
};

/** Parameters of the bulk functions, as locals; 3 is free for the mask's chunk count. */
const target = 0;
const source = 1;
const length = 2;
const chunks = 3;

/**
 * `memory.grow`: the result is −1 exactly if size + delta exceeds the host's cap or the module's
 * own. If the engine then refuses the pages all the same, that is the machine's failure and no
 * result of the process: `$fault` says so.
 */
export function growFunction(
  globals: InjectedGlobals,
  pagesMax: number,
  typeIndex: number,
): WasmFunction {
  const emitter = new Emitter();
  const delta = 0;
  const result = 1;
  emitCharge(emitter, globals, () => {
    emitter.localGet(delta);
    emitter.op(Op.i64ExtendI32U);
    emitter.i64(gasPerPage);
    emitter.op(Op.i64Mul);
  });
  emitWantedPages(emitter, delta);
  emitter.globalGet(globals.memoryCap);
  emitter.op(Op.i64ExtendI32U, Op.i64GtU);
  emitWantedPages(emitter, delta);
  emitter.i64(pagesMax);
  emitter.op(Op.i64GtU, Op.i32Or);
  emitter.ifI32();
  emitter.i32(-1);
  emitter.else();
  emitter.localGet(delta);
  emitter.op(Op.memoryGrow);
  emitter.localTee(result);
  emitter.i32(-1);
  emitter.op(Op.i32Eq);
  emitter.if();
  emitter.i32(1);
  emitter.globalSet(globals.fault);
  emitter.op(Op.unreachable, Op.end);
  emitter.localGet(result);
  emitter.end();
  emitter.end();
  return injected(typeIndex, 1, emitter.take());
}

/** Pushes size + delta as an i64. */
function emitWantedPages(emitter: Emitter, delta: number): void {
  emitter.op(Op.memorySize, Op.i64ExtendI32U);
  emitter.localGet(delta);
  emitter.op(Op.i64ExtendI32U, Op.i64Add);
}

/** `memory.copy` or `memory.fill`, charged and marked. */
export function bulkFunction(
  opcode: typeof Op.memoryCopy | typeof Op.memoryFill,
  globals: InjectedGlobals,
  typeIndex: number,
): WasmFunction {
  const emitter = new Emitter();
  emitCharge(emitter, globals, () => {
    emitter.localGet(length);
    emitter.op(Op.i64ExtendI32U);
    emitter.i64(bytesPerGas - 1);
    emitter.op(Op.i64Add);
    emitter.i64(bytesPerGas);
    emitter.op(Op.i64DivU);
  });
  if (globals.dirty !== null) {
    emitMarkRange(emitter, globals.dirty, { address: target, length, chunks });
  }
  emitter.localGet(target);
  emitter.localGet(source);
  emitter.localGet(length);
  emitter.op(opcode, Op.end);
  return injected(typeIndex, 1, emitter.take());
}

/** Takes the i64 that `pushAmount` pushes from `$gas`; traps if that is now negative. */
function emitCharge(emitter: Emitter, globals: InjectedGlobals, pushAmount: () => void): void {
  emitter.globalGet(globals.gas);
  pushAmount();
  emitter.op(Op.i64Sub);
  emitter.globalSet(globals.gas);
  emitter.globalGet(globals.gas);
  emitter.i64(0);
  emitter.op(Op.i64LtS);
  emitter.trapIf();
}

function injected(typeIndex: number, i32Locals: number, code: Code): WasmFunction {
  const locals: readonly LocalGroup[] = [{ count: i32Locals, type: i32Type }];
  return { typeIndex, offset: 0, bodyBytes: 256, locals, localCount: i32Locals, code };
}
