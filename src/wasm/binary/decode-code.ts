/**
 * Reads instruction sequences (WebAssembly §5.4) into the parallel arrays of `Code`, pairing every
 * block with its `else` and `end` on the way. An opcode outside the table of opcodes.ts (SIMD,
 * threads, exceptions, tail calls …) is refused here; all others are a validator's business.
 *
 * @module
 */

import { type ByteReader, formError, unknownForm } from "./byte-reader.ts";
import { CodeBuilder } from "./code-builder.ts";
import { WasmError } from "./error.ts";
import { type Code, emptyBlockType } from "./module.ts";
import { Op } from "./op.ts";
import { instructionAt } from "./opcodes.ts";

const prefix = 0xfc;

/** What an instruction sequence met that the sections must agree with. */
export interface CodeFacts {
  /** Offset of the first `memory.init` or `data.drop`, which demand a data count section. */
  dataUseOffset: number | null;
}

/** A decoder of instruction sequences that reuses its buffers from one sequence to the next. */
export class CodeDecoder {
  readonly facts: CodeFacts = { dataUseOffset: null };
  readonly #reader: ByteReader;
  readonly #builder: CodeBuilder = new CodeBuilder();

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** Reads up to and including the `end` that closes the sequence. */
  decode(): Code {
    const openers: number[] = [];
    for (;;) {
      const index = this.#builder.length;
      const opcode = this.#instruction();
      if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) openers.push(index);
      else if (opcode === Op.else) this.#pairElse(openers, index);
      else if (opcode === Op.end && this.#pairEnd(openers, index)) return this.#builder.take();
    }
  }

  #pairElse(openers: readonly number[], index: number): void {
    const opener = openers.at(-1);
    if (
      opener === undefined ||
      this.#builder.opcodes[opener] !== Op.if ||
      this.#builder.second[opener] !== 0
    ) {
      throw new WasmError("ELSE_UNEXPECTED", {
        offset: this.#builder.offsets[index]!,
        expected: "an open if",
        got: "else",
      });
    }
    this.#builder.second[opener] = index;
  }

  /** Pairs an `end`; true if it closes the whole sequence. */
  #pairEnd(openers: number[], index: number): boolean {
    const opener = openers.pop();
    if (opener === undefined) {
      this.#builder.second[index] = -1;
      return true;
    }
    // An `if` that met its `else` points there, and the `else` takes the `end`.
    const elseIndex = this.#builder.second[opener]!;
    this.#builder.second[elseIndex === 0 ? opener : elseIndex] = index;
    this.#builder.second[index] = opener;
    return false;
  }

  #instruction(): number {
    const reader = this.#reader;
    const offset = reader.offset;
    let opcode = reader.byte();
    if (opcode === prefix) {
      const sub = reader.u32();
      opcode = sub < 0x100 ? 0xfc00 | sub : -1;
    }
    const instruction = instructionAt(opcode);
    if (instruction === undefined) {
      throw formError("OPCODE_UNKNOWN", offset, "a known opcode", reader.bytes[offset]!);
    }
    const index = this.#builder.append(opcode, 0, 0, offset);
    switch (instruction.immediate) {
      case "none":
      case "else":
      case "end":
        break;
      case "index":
        this.#builder.first[index] = this.#index(opcode);
        break;
      case "label":
        this.#builder.first[index] = reader.u32();
        break;
      case "i32":
        this.#builder.first[index] = reader.s32();
        break;
      default:
        this.#rareImmediate(instruction.immediate, index, opcode);
    }
    return opcode;
  }

  #rareImmediate(
    immediate: "block" | "memory" | "two" | "i64" | "f32" | "f64" | "labels" | "types",
    index: number,
    opcode: number,
  ): void {
    const reader = this.#reader;
    switch (immediate) {
      case "block":
        this.#builder.first[index] = this.#blockType();
        break;
      case "two":
        this.#builder.first[index] = this.#index(opcode);
        this.#builder.second[index] =
          opcode === Op.memoryCopy ? this.#zero() : this.#secondIndex(opcode);
        break;
      case "memory":
        this.#builder.first[index] = reader.u32();
        this.#builder.second[index] = reader.u32();
        break;
      case "i64":
        [this.#builder.first[index], this.#builder.second[index]] = reader.s64() as [
          number,
          number,
        ];
        break;
      case "f32":
        this.#builder.first[index] = reader.bits32();
        break;
      case "f64":
        this.#builder.first[index] = reader.bits32();
        this.#builder.second[index] = reader.bits32();
        break;
      case "labels":
        this.#builder.first[index] = this.#builder.lists.push(this.#labels()) - 1;
        break;
      case "types":
        this.#builder.first[index] =
          this.#builder.lists.push(Uint32Array.from(reader.vector(() => reader.byte()))) - 1;
        break;
    }
  }

  #index(opcode: number): number {
    switch (opcode) {
      case Op.memorySize:
      case Op.memoryGrow:
      case Op.memoryCopy:
      case Op.memoryFill:
        return this.#zero();
      case Op.memoryInit:
      case Op.dataDrop:
        this.facts.dataUseOffset ??= this.#builder.offsets[this.#builder.length - 1]!;
        return this.#reader.u32();
      case Op.refNull: {
        const offset = this.#reader.offset;
        const type = this.#reader.byte();
        if (type !== 0x70 && type !== 0x6f) throw unknownForm(offset, "a reference type", type);
        return type;
      }
      default:
        return this.#reader.u32();
    }
  }

  #secondIndex(opcode: number): number {
    return opcode === Op.memoryInit ? this.#zero() : this.#reader.u32();
  }

  /** The byte zero where later versions of the format put a memory index. */
  #zero(): number {
    const offset = this.#reader.offset;
    const byte = this.#reader.byte();
    if (byte !== 0) throw unknownForm(offset, "memory 0", byte);
    return 0;
  }

  #blockType(): number {
    const offset = this.#reader.offset;
    const type = this.#reader.s33();
    if (type < -4 && type !== emptyBlockType && type !== -16 && type !== -17) {
      throw unknownForm(offset, "a block type", type & 0x7f);
    }
    if (type > 0x7fff_ffff) throw unknownForm(offset, "a type index", type);
    return type;
  }

  #labels(): Uint32Array {
    const reader = this.#reader;
    const labels = reader.vector(() => reader.u32());
    labels.push(reader.u32());
    return Uint32Array.from(labels);
  }
}
