/**
 * Reads element and data segments (WebAssembly §5.5.12 and §5.5.14).
 *
 * @module
 */

import { type ByteReader, unknownForm } from "./byte-reader.ts";
import type { CodeDecoder } from "./decode-code.ts";
import { decodeReferenceType } from "./decode-types.ts";
import { type DataSegment, type ElementSegment, funcrefType, type ValueType } from "./module.ts";

export function decodeDataSegment(reader: ByteReader, code: CodeDecoder): DataSegment {
  const offset = reader.offset;
  const flags = reader.u32();
  if (flags > 2) throw unknownForm(offset, "data segment flags 0…2", flags);
  const memory = flags === 2 ? reader.u32() : 0;
  const start = flags === 1 ? null : code.decode();
  return { flags, memory, start, bytes: reader.take(reader.u32()), offset };
}

/** Bits of the flags: 1 passive or declarative, 2 table given or declarative, 4 expressions. */
export function decodeElementSegment(reader: ByteReader, code: CodeDecoder): ElementSegment {
  const offset = reader.offset;
  const flags = reader.u32();
  if (flags > 7) throw unknownForm(offset, "element segment flags 0…7", flags);
  const active = (flags & 1) === 0;
  const table = active && (flags & 2) !== 0 ? reader.u32() : 0;
  const start = active ? code.decode() : null;
  const usesExpressions = (flags & 4) !== 0;
  const elementType = (flags & 3) === 0 ? funcrefType : decodeKind(reader, usesExpressions);
  return {
    flags,
    table,
    start,
    elementType,
    functions: usesExpressions ? null : reader.vector(() => reader.u32()),
    expressions: usesExpressions ? reader.vector(() => code.decode()) : null,
    offset,
  };
}

function decodeKind(reader: ByteReader, usesExpressions: boolean): ValueType {
  if (usesExpressions) return decodeReferenceType(reader);
  const offset = reader.offset;
  const kind = reader.byte();
  if (kind !== 0) throw unknownForm(offset, "element kind 0", kind);
  return funcrefType;
}
