/**
 * Control, variables and parametric instructions (WebAssembly §4.4.4, §4.4.5, §4.4.8). A branch to
 * a `loop` goes to the `loop` instruction itself, which opens its label again.
 *
 * @module
 */

import { emptyBlockType } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import type { Execution, Step } from "./execution.ts";
import { Trap } from "./trap.ts";

/** Results of a block: the language has no more than one and no parameters. */
function arityOf(blockType: number): number {
  return blockType === emptyBlockType ? 0 : 1;
}

function beginIf(execution: Execution, blockType: number, partner: number): void {
  const { code } = execution;
  const hasElse = code.opcodes[partner] === Op.else;
  const end = hasElse ? code.second[partner]! : partner;
  const condition = execution.stack.popI32();
  execution.pushLabel(end + 1, arityOf(blockType));
  if (condition === 0) execution.position = hasElse ? partner + 1 : end;
}

function branchTable(execution: Execution, list: number): void {
  const labels = execution.code.lists[list]!;
  const selector = execution.stack.popU32();
  execution.branch(labels[Math.min(selector, labels.length - 1)]!);
}

function callIndirect(execution: Execution, typeIndex: number): void {
  const { table, routines, signatures } = execution.store;
  const element = execution.stack.popU32();
  if (element >= table.length) throw new Trap("TABLE_OUT_OF_BOUNDS");
  const functionIndex = table[element]!;
  if (functionIndex === null) throw new Trap("ELEMENT_NULL");
  if (routines[functionIndex]!.signature !== signatures[typeIndex]) {
    throw new Trap("SIGNATURE_MISMATCH");
  }
  execution.enter(functionIndex);
}

function select({ stack }: Execution): void {
  const takesFirst = stack.popI32() !== 0;
  if (takesFirst) stack.height--;
  else stack.popTo(stack.height - 2);
}

function globalGet({ stack, store }: Execution, index: number): void {
  const value = store.globals[index]!;
  if (typeof value === "number") stack.pushI32(value);
  else stack.pushI64(value);
}

function globalSet({ stack, store }: Execution, index: number): void {
  const { globals } = store;
  globals[index] = typeof globals[index] === "number" ? stack.popI32() : stack.popI64();
}

export const controlSteps: readonly (readonly [opcode: number, step: Step])[] = [
  [
    Op.unreachable,
    () => {
      throw new Trap("UNREACHABLE");
    },
  ],
  [Op.nop, () => {}],
  [Op.block, (execution, type, end) => execution.pushLabel(end + 1, arityOf(type))],
  [Op.loop, (execution) => execution.pushLabel(execution.current, 0)],
  [Op.if, beginIf],
  // Reached from the first arm only: the `end` that follows closes the label.
  [
    Op.else,
    (execution, _, end) => {
      execution.position = end;
    },
  ],
  [Op.end, (execution, _, opener) => (opener < 0 ? execution.leave() : execution.popLabel())],
  [Op.br, (execution, depth) => execution.branch(depth)],
  [
    Op.brIf,
    (execution, depth) => {
      if (execution.stack.popI32() !== 0) execution.branch(depth);
    },
  ],
  [Op.brTable, branchTable],
  [Op.return, (execution) => execution.leave()],
  [Op.call, (execution, functionIndex) => execution.enter(functionIndex)],
  [Op.callIndirect, callIndirect],
  [
    Op.drop,
    ({ stack }) => {
      stack.height--;
    },
  ],
  [Op.select, select],
  [Op.localGet, ({ stack, base }, local) => stack.pushFrom(base + local)],
  [Op.localSet, ({ stack, base }, local) => stack.popTo(base + local)],
  [Op.localTee, ({ stack, base }, local) => stack.copyTopTo(base + local)],
  [Op.globalGet, globalGet],
  [Op.globalSet, globalSet],
  [Op.i32Const, ({ stack }, bits) => stack.pushI32(bits)],
  [Op.i64Const, ({ stack }, low, high) => stack.pushHalves(low, high)],
];
