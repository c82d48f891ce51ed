/**
 * Reads instruction sequences (WebAssembly §5.4) into the parallel arrays of `Code`, pairing every
 * block with its `else` and `end` on the way. An opcode outside the table of opcodes.ts (SIMD,
 * threads, exceptions, tail calls …) is refused here; all others are a validator's business.
 *
 * @module
 */

import { type ByteReader, formError, unknownForm } from "./byte-reader.ts";
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
  #opcodes: Uint16Array = new Uint16Array(4096);
  #first: Int32Array = new Int32Array(4096);
  #second: Int32Array = new Int32Array(4096);
  #offsets: Uint32Array = new Uint32Array(4096);
  #length = 0;
  #lists: Uint32Array[] = [];

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** Reads up to and including the `end` that closes the sequence. */
  decode(): Code {
    this.#length = 0;
    this.#lists = [];
    const openers: number[] = [];
    for (;;) {
      const index = this.#length;
      const opcode = this.#instruction();
      if (opcode === Op.block || opcode === Op.loop || opcode === Op.if) openers.push(index);
      else if (opcode === Op.else) this.#pairElse(openers, index);
      else if (opcode === Op.end && this.#pairEnd(openers, index)) return this.#taken();
    }
  }

  #taken(): Code {
    const length = this.#length;
    return {
      length,
      opcodes: this.#opcodes.slice(0, length),
      first: this.#first.slice(0, length),
      second: this.#second.slice(0, length),
      offsets: this.#offsets.slice(0, length),
      lists: this.#lists,
    };
  }

  #pairElse(openers: readonly number[], index: number): void {
    const opener = openers.at(-1);
    if (opener === undefined || this.#opcodes[opener] !== Op.if || this.#second[opener] !== 0) {
      throw new WasmError("ELSE_UNEXPECTED", {
        offset: this.#offsets[index]!,
        expected: "an open if",
        got: "else",
      });
    }
    this.#second[opener] = index;
  }

  /** Pairs an `end`; true if it closes the whole sequence. */
  #pairEnd(openers: number[], index: number): boolean {
    const opener = openers.pop();
    if (opener === undefined) {
      this.#second[index] = -1;
      return true;
    }
    // An `if` that met its `else` points there, and the `else` takes the `end`.
    const elseIndex = this.#second[opener]!;
    this.#second[elseIndex === 0 ? opener : elseIndex] = index;
    this.#second[index] = opener;
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
    const index = this.#length;
    if (index === this.#opcodes.length) this.#grow();
    this.#length++;
    this.#opcodes[index] = opcode;
    this.#offsets[index] = offset;
    this.#first[index] = 0;
    this.#second[index] = 0;
    switch (instruction.immediate) {
      case "none":
      case "else":
      case "end":
        break;
      case "index":
        this.#first[index] = this.#index(opcode);
        break;
      case "label":
        this.#first[index] = reader.u32();
        break;
      case "i32":
        this.#first[index] = reader.s32();
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
        this.#first[index] = this.#blockType();
        break;
      case "two":
        this.#first[index] = this.#index(opcode);
        this.#second[index] = opcode === Op.memoryCopy ? this.#zero() : this.#secondIndex(opcode);
        break;
      case "memory":
        this.#first[index] = reader.u32();
        this.#second[index] = reader.u32();
        break;
      case "i64":
        [this.#first[index], this.#second[index]] = reader.s64() as [number, number];
        break;
      case "f32":
        this.#first[index] = reader.bits32();
        break;
      case "f64":
        this.#first[index] = reader.bits32();
        this.#second[index] = reader.bits32();
        break;
      case "labels":
        this.#first[index] = this.#lists.push(this.#labels()) - 1;
        break;
      case "types":
        this.#first[index] =
          this.#lists.push(Uint32Array.from(reader.vector(() => reader.byte()))) - 1;
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
        this.facts.dataUseOffset ??= this.#offsets[this.#length - 1]!;
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

  #grow(): void {
    const capacity = 2 * this.#opcodes.length;
    this.#opcodes = grown(this.#opcodes, new Uint16Array(capacity));
    this.#first = grown(this.#first, new Int32Array(capacity));
    this.#second = grown(this.#second, new Int32Array(capacity));
    this.#offsets = grown(this.#offsets, new Uint32Array(capacity));
  }
}

function grown<Numbers extends Uint16Array | Int32Array | Uint32Array>(
  from: Numbers,
  into: Numbers,
): Numbers {
  into.set(from);
  return into;
}
