/**
 * Memory instructions (WebAssembly §4.4.7). `second` of a load or store is its constant offset; the
 * effective address is the exact sum of two unsigned 32-bit numbers, never wrapped. Gas that
 * depends on an operand is charged before anything else happens (spec/07-metering.md §3).
 *
 * @module
 */

import { Op } from "../binary/op.ts";
import { gasOfBytes, gasOfGrow } from "../validate/gas-schedule.ts";
import type { Execution, Step } from "./execution.ts";
import { Trap } from "./trap.ts";

type Access<Value, Result> = readonly [
  opcode: number,
  bytes: number,
  access: (view: DataView, address: number, value: Value) => Result,
];

const i32Loads: readonly Access<void, number>[] = [
  [Op.i32Load, 4, (view, address) => view.getInt32(address, true)],
  [Op.i32Load8S, 1, (view, address) => view.getInt8(address)],
  [Op.i32Load8U, 1, (view, address) => view.getUint8(address)],
  [Op.i32Load16S, 2, (view, address) => view.getInt16(address, true)],
  [Op.i32Load16U, 2, (view, address) => view.getUint16(address, true)],
];

const i64Loads: readonly Access<void, bigint>[] = [
  [Op.i64Load, 8, (view, address) => view.getBigInt64(address, true)],
  [Op.i64Load8S, 1, (view, address) => BigInt(view.getInt8(address))],
  [Op.i64Load8U, 1, (view, address) => BigInt(view.getUint8(address))],
  [Op.i64Load16S, 2, (view, address) => BigInt(view.getInt16(address, true))],
  [Op.i64Load16U, 2, (view, address) => BigInt(view.getUint16(address, true))],
  [Op.i64Load32S, 4, (view, address) => BigInt(view.getInt32(address, true))],
  [Op.i64Load32U, 4, (view, address) => BigInt(view.getUint32(address, true))],
];

const i32Stores: readonly Access<number, void>[] = [
  [Op.i32Store, 4, (view, address, value) => view.setInt32(address, value, true)],
  [Op.i32Store8, 1, (view, address, value) => view.setInt8(address, value)],
  [Op.i32Store16, 2, (view, address, value) => view.setInt16(address, value, true)],
];

const i64Stores: readonly Access<bigint, void>[] = [
  [Op.i64Store, 8, (view, address, value) => view.setBigInt64(address, value, true)],
  [Op.i64Store8, 1, (view, address, value) => view.setInt8(address, low(value))],
  [Op.i64Store16, 2, (view, address, value) => view.setInt16(address, low(value), true)],
  [Op.i64Store32, 4, (view, address, value) => view.setInt32(address, low(value), true)],
];

function low(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

/** Pops an address and adds the offset; traps unless `bytes` bytes lie there. */
function popAddress({ stack, store }: Execution, offset: number, bytes: number): number {
  const address = stack.popU32() + (offset >>> 0);
  if (address + bytes > store.memory.view.byteLength) throw new Trap("MEMORY_OUT_OF_BOUNDS");
  return address;
}

function grow(execution: Execution): void {
  const pages = execution.stack.popU32();
  execution.charge(gasOfGrow(pages));
  execution.stack.pushI32(execution.store.memory.grow(pages));
}

function copy(execution: Execution): void {
  const { stack, store } = execution;
  const length = stack.popU32();
  const from = stack.popU32();
  const to = stack.popU32();
  execution.charge(gasOfBytes(length));
  store.memory.copy({ to, from, length });
}

function fill(execution: Execution): void {
  const { stack, store } = execution;
  const length = stack.popU32();
  const value = stack.popI32();
  const to = stack.popU32();
  execution.charge(gasOfBytes(length));
  store.memory.fill({ to, value, length });
}

export const memorySteps: readonly (readonly [opcode: number, step: Step])[] = [
  ...i32Loads.map(([opcode, bytes, read]): [number, Step] => [
    opcode,
    (execution, _, offset) => {
      const address = popAddress(execution, offset, bytes);
      execution.stack.pushI32(read(execution.store.memory.view, address));
    },
  ]),
  ...i64Loads.map(([opcode, bytes, read]): [number, Step] => [
    opcode,
    (execution, _, offset) => {
      const address = popAddress(execution, offset, bytes);
      execution.stack.pushI64(read(execution.store.memory.view, address));
    },
  ]),
  ...i32Stores.map(([opcode, bytes, write]): [number, Step] => [
    opcode,
    (execution, _, offset) => {
      const value = execution.stack.popI32();
      const address = popAddress(execution, offset, bytes);
      write(execution.store.memory.view, address, value);
    },
  ]),
  ...i64Stores.map(([opcode, bytes, write]): [number, Step] => [
    opcode,
    (execution, _, offset) => {
      const value = execution.stack.popI64();
      const address = popAddress(execution, offset, bytes);
      write(execution.store.memory.view, address, value);
    },
  ]),
  [Op.memorySize, ({ stack, store }) => stack.pushI32(store.memory.pages)],
  [Op.memoryGrow, grow],
  [Op.memoryCopy, copy],
  [Op.memoryFill, fill],
];
