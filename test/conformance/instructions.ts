/**
 * The opcodes that the test-only pass looks at, and new instructions made from them
 * (WebAssembly 2.0 §5.4).
 *
 * @module
 */

import { u32Bytes } from "./byte-cursor.ts";
import type { SpecInstruction } from "./spec-module.ts";

export const i32 = 0x7f;
export const i64 = 0x7e;

export const opcodes = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  select: 0x1b,
  typedSelect: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  globalGet: 0x23,
  globalSet: 0x24,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
} as const;

/** True for `block`, `loop` and `if`. */
export function isBlock(opcode: number): boolean {
  return opcode >= opcodes.block && opcode <= opcodes.if;
}

/** An instruction with one index, or with the bytes that follow its opcode. */
export function instructionOf(
  opcode: number,
  rest: number | readonly number[] = [],
  indices: readonly number[] = typeof rest === "number" ? [rest] : [],
): SpecInstruction {
  const bytes = typeof rest === "number" ? u32Bytes(rest) : rest;
  return { opcode, bytes: Uint8Array.from([opcode, ...bytes]), indices };
}

/** A signed integer in its shortest LEB128 form. */
export function signedBytes(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 127n);
    const last = rest >= -64n && rest < 64n;
    bytes.push(last ? low : low | 128);
    if (last) return bytes;
  }
}
