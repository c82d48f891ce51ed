/**
 * The instruction table (WebAssembly 2.0 without SIMD, §5.4): name, immediate and, where the types
 * of operands do not depend on context, the signature. Decoder, encoder, validator, gas schedule
 * and interpreter all read this one table.
 *
 * @module
 */

/** What follows the opcode; `Code` in module.ts says where each is kept. */
export type Immediate =
  | "none"
  | "block"
  | "else"
  | "end"
  | "label"
  | "labels"
  | "types"
  | "index"
  | "two"
  | "memory"
  | "i32"
  | "i64"
  | "f32"
  | "f64";

export interface Instruction {
  readonly opcode: number;
  readonly name: string;
  readonly immediate: Immediate;
  /** Operands and results, `i I f F` for i32 i64 f32 f64; null if they depend on context. */
  readonly signature: { readonly operands: string; readonly results: string } | null;
  /** True if the instruction reads, makes or holds a floating-point value. */
  readonly isFloat: boolean;
}

/**
 * One line for each run of consecutive opcodes: the first opcode, the immediate, then `name` or
 * `name operands:results`, separated by commas.
 */
const runs: readonly (readonly [first: number, immediate: Immediate, instructions: string])[] = [
  [0x00, "none", "unreachable, nop :"],
  [0x02, "block", "block, loop, if"],
  [0x05, "else", "else"],
  [0x0b, "end", "end"],
  [0x0c, "label", "br, br_if"],
  [0x0e, "labels", "br_table"],
  [0x0f, "none", "return"],
  [0x10, "index", "call"],
  [0x11, "two", "call_indirect"],
  [0x1a, "none", "drop, select"],
  [0x1c, "types", "select_t"],
  [0x20, "index", "local.get, local.set, local.tee, global.get, global.set, table.get, table.set"],
  [
    0x28,
    "memory",
    "i32.load i:i, i64.load i:I, f32.load i:f, f64.load i:F, i32.load8_s i:i, " +
      "i32.load8_u i:i, i32.load16_s i:i, i32.load16_u i:i, i64.load8_s i:I, " +
      "i64.load8_u i:I, i64.load16_s i:I, i64.load16_u i:I, i64.load32_s i:I, " +
      "i64.load32_u i:I",
  ],
  [
    0x36,
    "memory",
    "i32.store ii:, i64.store iI:, f32.store if:, f64.store iF:, i32.store8 ii:, " +
      "i32.store16 ii:, i64.store8 iI:, i64.store16 iI:, i64.store32 iI:",
  ],
  [0x3f, "index", "memory.size :i, memory.grow i:i"],
  [0x41, "i32", "i32.const :i"],
  [0x42, "i64", "i64.const :I"],
  [0x43, "f32", "f32.const :f"],
  [0x44, "f64", "f64.const :F"],
  [0x45, "none", "i32.eqz i:i"],
  [
    0x46,
    "none",
    "i32.eq ii:i, i32.ne ii:i, i32.lt_s ii:i, i32.lt_u ii:i, i32.gt_s ii:i, i32.gt_u ii:i, " +
      "i32.le_s ii:i, i32.le_u ii:i, i32.ge_s ii:i, i32.ge_u ii:i",
  ],
  [0x50, "none", "i64.eqz I:i"],
  [
    0x51,
    "none",
    "i64.eq II:i, i64.ne II:i, i64.lt_s II:i, i64.lt_u II:i, i64.gt_s II:i, i64.gt_u II:i, " +
      "i64.le_s II:i, i64.le_u II:i, i64.ge_s II:i, i64.ge_u II:i",
  ],
  [0x5b, "none", "f32.eq ff:i, f32.ne ff:i, f32.lt ff:i, f32.gt ff:i, f32.le ff:i, f32.ge ff:i"],
  [0x61, "none", "f64.eq FF:i, f64.ne FF:i, f64.lt FF:i, f64.gt FF:i, f64.le FF:i, f64.ge FF:i"],
  [0x67, "none", "i32.clz i:i, i32.ctz i:i, i32.popcnt i:i"],
  [
    0x6a,
    "none",
    "i32.add ii:i, i32.sub ii:i, i32.mul ii:i, i32.div_s ii:i, i32.div_u ii:i, " +
      "i32.rem_s ii:i, i32.rem_u ii:i, i32.and ii:i, i32.or ii:i, i32.xor ii:i, " +
      "i32.shl ii:i, i32.shr_s ii:i, i32.shr_u ii:i, i32.rotl ii:i, i32.rotr ii:i",
  ],
  [0x79, "none", "i64.clz I:I, i64.ctz I:I, i64.popcnt I:I"],
  [
    0x7c,
    "none",
    "i64.add II:I, i64.sub II:I, i64.mul II:I, i64.div_s II:I, i64.div_u II:I, " +
      "i64.rem_s II:I, i64.rem_u II:I, i64.and II:I, i64.or II:I, i64.xor II:I, " +
      "i64.shl II:I, i64.shr_s II:I, i64.shr_u II:I, i64.rotl II:I, i64.rotr II:I",
  ],
  [
    0x8b,
    "none",
    "f32.abs f:f, f32.neg f:f, f32.ceil f:f, f32.floor f:f, f32.trunc f:f, " +
      "f32.nearest f:f, f32.sqrt f:f",
  ],
  [
    0x92,
    "none",
    "f32.add ff:f, f32.sub ff:f, f32.mul ff:f, f32.div ff:f, f32.min ff:f, f32.max ff:f, " +
      "f32.copysign ff:f",
  ],
  [
    0x99,
    "none",
    "f64.abs F:F, f64.neg F:F, f64.ceil F:F, f64.floor F:F, f64.trunc F:F, " +
      "f64.nearest F:F, f64.sqrt F:F",
  ],
  [
    0xa0,
    "none",
    "f64.add FF:F, f64.sub FF:F, f64.mul FF:F, f64.div FF:F, f64.min FF:F, f64.max FF:F, " +
      "f64.copysign FF:F",
  ],
  [
    0xa7,
    "none",
    "i32.wrap_i64 I:i, i32.trunc_f32_s f:i, i32.trunc_f32_u f:i, i32.trunc_f64_s F:i, " +
      "i32.trunc_f64_u F:i, i64.extend_i32_s i:I, i64.extend_i32_u i:I, i64.trunc_f32_s f:I, " +
      "i64.trunc_f32_u f:I, i64.trunc_f64_s F:I, i64.trunc_f64_u F:I",
  ],
  [
    0xb2,
    "none",
    "f32.convert_i32_s i:f, f32.convert_i32_u i:f, f32.convert_i64_s I:f, " +
      "f32.convert_i64_u I:f, f32.demote_f64 F:f, f64.convert_i32_s i:F, " +
      "f64.convert_i32_u i:F, f64.convert_i64_s I:F, f64.convert_i64_u I:F, " +
      "f64.promote_f32 f:F",
  ],
  [
    0xbc,
    "none",
    "i32.reinterpret_f32 f:i, i64.reinterpret_f64 F:I, f32.reinterpret_i32 i:f, " +
      "f64.reinterpret_i64 I:F",
  ],
  [
    0xc0,
    "none",
    "i32.extend8_s i:i, i32.extend16_s i:i, i64.extend8_s I:I, i64.extend16_s I:I, " +
      "i64.extend32_s I:I",
  ],
  [0xd0, "index", "ref.null"],
  [0xd1, "none", "ref.is_null"],
  [0xd2, "index", "ref.func"],
  [
    0xfc00,
    "none",
    "i32.trunc_sat_f32_s f:i, i32.trunc_sat_f32_u f:i, i32.trunc_sat_f64_s F:i, " +
      "i32.trunc_sat_f64_u F:i, i64.trunc_sat_f32_s f:I, i64.trunc_sat_f32_u f:I, " +
      "i64.trunc_sat_f64_s F:I, i64.trunc_sat_f64_u F:I",
  ],
  [0xfc08, "two", "memory.init iii:"],
  [0xfc09, "index", "data.drop :"],
  [0xfc0a, "two", "memory.copy iii:"],
  [0xfc0b, "index", "memory.fill iii:"],
  [0xfc0c, "two", "table.init"],
  [0xfc0d, "index", "elem.drop"],
  [0xfc0e, "two", "table.copy"],
  [0xfc0f, "index", "table.grow, table.size, table.fill"],
];

function instructionOf(opcode: number, immediate: Immediate, text: string): Instruction {
  const [name = "", types] = text.split(" ");
  const [operands = "", results = ""] = (types ?? "").split(":");
  return {
    opcode,
    name,
    immediate,
    signature: types === undefined ? null : { operands, results },
    isFloat: /[fF]/.test(operands + results),
  };
}

/** Every instruction, in the order of the opcodes. */
export const instructions: readonly Instruction[] = runs.flatMap(([first, immediate, text]) =>
  text.split(", ").map((each, position) => instructionOf(first + position, immediate, each)),
);

const byOpcode: readonly (Instruction | undefined)[] = ((): (Instruction | undefined)[] => {
  // Two dense halves, so that the decoder's look-up stays a plain array read.
  const table = new Array<Instruction | undefined>(512).fill(undefined);
  for (const each of instructions) table[slotOf(each.opcode)] = each;
  return table;
})();

function slotOf(opcode: number): number {
  return opcode >= 0xfc00 ? 256 + (opcode & 0xff) : opcode;
}

/** The instruction of an opcode as kept in `Code.opcodes`, or undefined. */
export function instructionAt(opcode: number): Instruction | undefined {
  return byOpcode[slotOf(opcode)];
}

/** The instruction's name, for messages. */
export function instructionName(opcode: number): string {
  return instructionAt(opcode)?.name ?? `0x${opcode.toString(16)}`;
}

/** True if the instruction reads, makes or holds a floating-point value. */
export function isFloatOpcode(opcode: number): boolean {
  return instructionAt(opcode)?.isFloat ?? false;
}
