/**
 * A decoded WebAssembly module (spec/06-execution.md §2). What `decodeModule` keeps is everything
 * that `encodeModule` needs to write the same bytes again, and a byte offset for everything that a
 * validator may refuse. Nothing here is checked beyond the binary format: indices may be wild.
 *
 * Index spaces follow the standard: imports come first, then the module's own.
 *
 * @module
 */

/** i32, i64, f32, f64, funcref, externref: the byte of the binary format. */
export type ValueType = 0x7f | 0x7e | 0x7d | 0x7c | 0x70 | 0x6f;

export const i32Type = 0x7f;
export const i64Type = 0x7e;
export const f32Type = 0x7d;
export const f64Type = 0x7c;
export const funcrefType = 0x70;
export const externrefType = 0x6f;

/** The block type of a block without parameters and results (0x40 read as a signed LEB128). */
export const emptyBlockType = -64;

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly offset: number;
}

/** A range of pages (memory) or elements (table). */
export interface SizeRange {
  readonly minimum: number;
  readonly maximum: number | null;
}

export interface TableType extends SizeRange {
  readonly elementType: ValueType;
  readonly offset: number;
}

export interface MemoryType extends SizeRange {
  readonly offset: number;
}

export interface GlobalType {
  readonly type: ValueType;
  readonly mutable: boolean;
}

export interface Global extends GlobalType {
  readonly initial: Code;
  readonly offset: number;
}

export type ImportDescription =
  | { readonly kind: "function"; readonly typeIndex: number }
  | { readonly kind: "table"; readonly table: TableType }
  | { readonly kind: "memory"; readonly memory: MemoryType }
  | { readonly kind: "global"; readonly global: GlobalType };

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly description: ImportDescription;
  readonly offset: number;
}

export type ExternalKind = "function" | "table" | "memory" | "global";

export interface Export {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
  readonly offset: number;
}

/**
 * Instructions as parallel arrays, one entry an instruction, the final `end` included. The meaning
 * of `first` and `second` is given by the opcode's immediate (opcodes.ts):
 *
 * | immediate | first | second |
 * |---|---|---|
 * | block | block type: −64 none, −1…−4 i32 i64 f32 f64, ≥ 0 type index | index of the `end`; for `if` with an `else`, of the `else` |
 * | else | 0 | index of the `end` |
 * | end | 0 | index of the opening instruction, −1 for the body's own `end` |
 * | label, index | the index (u32, read it with `>>> 0`) | 0 |
 * | labels, types | index into `lists`; for `br_table` the default label comes last | 0 |
 * | memory | alignment (log2) | offset (u32) |
 * | two | first index | second index |
 * | i32, f32 | the bits | 0 |
 * | i64, f64 | low 32 bits | high 32 bits |
 */
export interface Code {
  readonly length: number;
  /** The opcode byte, or 0xfc00 + the second opcode after the prefix 0xfc. */
  readonly opcodes: Uint16Array;
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Byte offset in the module of each instruction's opcode. */
  readonly offsets: Uint32Array;
  readonly lists: readonly Uint32Array[];
}

export interface LocalGroup {
  readonly count: number;
  readonly type: ValueType;
}

/** A function of the module itself: its declared type and its body. */
export interface WasmFunction {
  readonly typeIndex: number;
  /** Byte offset of the body's first byte (its local declarations), after its size. */
  readonly offset: number;
  readonly bodyBytes: number;
  readonly locals: readonly LocalGroup[];
  /** Declared locals in all groups, without the parameters. */
  readonly localCount: number;
  readonly code: Code;
}

/** An element segment; `flags` is the leading integer 0…7 of the binary format. */
export interface ElementSegment {
  readonly flags: number;
  /** Table of an active segment (0 where the format leaves it out). */
  readonly table: number;
  /** Where an active segment goes; null if passive or declarative. */
  readonly start: Code | null;
  readonly elementType: ValueType;
  /** Function indices (flags 0…3), else null. */
  readonly functions: readonly number[] | null;
  /** Constant expressions (flags 4…7), else null. */
  readonly expressions: readonly Code[] | null;
  readonly offset: number;
}

/** A data segment; `flags` is 0 (active), 1 (passive) or 2 (active, memory given). */
export interface DataSegment {
  readonly flags: number;
  readonly memory: number;
  readonly start: Code | null;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

export interface CustomSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Id of the section that it follows, 0 for the beginning. */
  readonly after: number;
}

export interface WasmModule {
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  readonly functions: readonly WasmFunction[];
  readonly tables: readonly TableType[];
  readonly memories: readonly MemoryType[];
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly start: { readonly functionIndex: number; readonly offset: number } | null;
  readonly elements: readonly ElementSegment[];
  readonly dataCount: number | null;
  readonly data: readonly DataSegment[];
  readonly customSections: readonly CustomSection[];
  /** Length of the binary module. */
  readonly byteLength: number;
}
