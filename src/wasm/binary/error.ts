/**
 * Why a WebAssembly module is refused (spec/06-execution.md §2.4): a stable code, the byte offset in
 * the module where it shows, what was expected and what came. The list is closed; the codes are
 * part of the specification, the words in `expected` and `got` are for people.
 *
 * @module
 */

import { CodedError } from "../../base/error.ts";

/** The bytes are not a module of the binary format. */
export type MalformedCode =
  | "MAGIC_WRONG"
  | "VERSION_UNSUPPORTED"
  | "UNEXPECTED_END"
  | "LEB128_INVALID"
  | "UTF8_INVALID"
  | "SECTION_UNKNOWN"
  | "SECTION_ORDER"
  | "SECTION_SIZE"
  | "BODY_SIZE"
  | "FUNCTION_COUNT_MISMATCH"
  | "DATA_COUNT_MISMATCH"
  | "DATA_COUNT_MISSING"
  | "FORM_UNKNOWN"
  | "OPCODE_UNKNOWN"
  | "ELSE_UNEXPECTED"
  | "LOCALS_TOO_MANY";

/** The module is well formed and does not type-check. */
export type InvalidCode =
  | "TYPE_MISMATCH"
  | "STACK_HEIGHT"
  | "INDEX_OUT_OF_RANGE"
  | "ALIGNMENT_TOO_LARGE"
  | "GLOBAL_IMMUTABLE"
  | "CONSTANT_EXPRESSION"
  | "EXPORT_DUPLICATE"
  | "RANGE_INVALID"
  | "START_TYPE";

/** The module type-checks under the standard and uses what this machine leaves out. */
export type UnsupportedCode = "FEATURE_UNSUPPORTED" | "FLOAT_FORBIDDEN" | "MULTI_VALUE_FORBIDDEN";

/** The module is in the language and is not a process. */
export type ProfileCode =
  | "IMPORT_FORBIDDEN"
  | "START_FORBIDDEN"
  | "EXPORT_MISSING"
  | "EXPORT_TYPE"
  | "EXPORT_FORBIDDEN"
  | "EXPORT_NAME_RESERVED"
  | "MEMORY_MISSING"
  | "DATA_OUT_OF_RANGE"
  | "ELEMENT_OUT_OF_RANGE"
  | "LIMIT_EXCEEDED";

export type WasmErrorCode = MalformedCode | InvalidCode | UnsupportedCode | ProfileCode;

/** What every refusal says beside its code. */
export interface WasmErrorFields {
  /** Byte offset in the module. */
  readonly offset: number;
  readonly expected: string | number;
  readonly got: string | number;
  /** The thing concerned: an instruction, a section, a limit. */
  readonly item?: string;
  /** Index of the function concerned, imports counted. */
  readonly function?: number;
}

/** A module is refused. */
export class WasmError extends CodedError<WasmErrorCode> {
  override readonly name = "WasmError";
  readonly offset: number;

  constructor(code: WasmErrorCode, fields: WasmErrorFields) {
    super(code, { ...fields });
    this.offset = fields.offset;
  }
}
