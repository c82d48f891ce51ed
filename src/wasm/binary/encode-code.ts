/**
 * Writes instructions. The counterpart of decode-code.ts; the instrumenter writes its own
 * instructions through the same functions.
 *
 * @module
 */

import type { ByteWriter } from "./byte-writer.ts";
import type { Code } from "./module.ts";
import { Op } from "./op.ts";
import { instructionAt } from "./opcodes.ts";

/** Writes an opcode, with the prefix 0xfc where it has one. */
export function writeOpcode(writer: ByteWriter, opcode: number): void {
  if (opcode < 0x100) {
    writer.byte(opcode);
  } else {
    writer.byte(opcode >> 8);
    writer.u32(opcode & 0xff);
  }
}

/** Writes a whole sequence, its final `end` included. */
export function writeCode(writer: ByteWriter, code: Code): void {
  for (let index = 0; index < code.length; index++) writeInstruction(writer, code, index);
}

/** Writes the instruction at `index`. */
export function writeInstruction(writer: ByteWriter, code: Code, index: number): void {
  const opcode = code.opcodes[index]!;
  const first = code.first[index]!;
  const second = code.second[index]!;
  writeOpcode(writer, opcode);
  switch (instructionAt(opcode)?.immediate) {
    case "block":
      writer.s33(first);
      break;
    case "index":
    case "label":
      writer.u32(first);
      break;
    case "two":
    case "memory":
      writer.u32(first);
      writer.u32(second);
      break;
    case "i32":
      writer.s32(first);
      break;
    case "i64":
      writer.s64(first, second);
      break;
    case "f32":
      writer.bits32(first);
      break;
    case "f64":
      writer.bits32(first);
      writer.bits32(second);
      break;
    case "labels":
    case "types":
      writeList(writer, opcode, code.lists[first]!);
      break;
    default:
      break;
  }
}

/** `br_table` counts its labels without the default; a typed select counts all its types. */
function writeList(writer: ByteWriter, opcode: number, list: Uint32Array): void {
  writer.u32(opcode === Op.brTable ? list.length - 1 : list.length);
  for (const item of list) writer.u32(item);
}
