/**
 * Reads types, imports and exports (WebAssembly §5.3, §5.5.5, §5.5.10).
 *
 * @module
 */

import { type ByteReader, unknownForm } from "./byte-reader.ts";
import type {
  Export,
  ExternalKind,
  FunctionType,
  GlobalType,
  Import,
  ImportDescription,
  MemoryType,
  SizeRange,
  TableType,
  ValueType,
} from "./module.ts";

const valueTypes: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x70, 0x6f]);
const externalKinds: readonly ExternalKind[] = ["function", "table", "memory", "global"];

export function decodeValueType(reader: ByteReader): ValueType {
  const offset = reader.offset;
  const byte = reader.byte();
  if (!valueTypes.has(byte)) throw unknownForm(offset, "a value type", byte);
  return byte as ValueType;
}

export function decodeReferenceType(reader: ByteReader): ValueType {
  const offset = reader.offset;
  const byte = reader.byte();
  if (byte !== 0x70 && byte !== 0x6f) throw unknownForm(offset, "a reference type", byte);
  return byte;
}

export function decodeFunctionType(reader: ByteReader): FunctionType {
  const offset = reader.offset;
  const form = reader.byte();
  if (form !== 0x60) throw unknownForm(offset, "a function type (0x60)", form);
  const parameters = reader.vector(() => decodeValueType(reader));
  return { parameters, results: reader.vector(() => decodeValueType(reader)), offset };
}

function decodeSizeRange(reader: ByteReader): SizeRange {
  const offset = reader.offset;
  const flags = reader.byte();
  // 2 and 3 are shared memories, 4 and above 64-bit ones: neither is in the language.
  if (flags > 1) throw unknownForm(offset, "limits flags 0 or 1", flags);
  const minimum = reader.u32();
  return { minimum, maximum: flags === 1 ? reader.u32() : null };
}

export function decodeTableType(reader: ByteReader): TableType {
  const offset = reader.offset;
  const elementType = decodeReferenceType(reader);
  return { elementType, ...decodeSizeRange(reader), offset };
}

export function decodeMemoryType(reader: ByteReader): MemoryType {
  const offset = reader.offset;
  return { ...decodeSizeRange(reader), offset };
}

export function decodeGlobalType(reader: ByteReader): GlobalType {
  const type = decodeValueType(reader);
  const offset = reader.offset;
  const mutability = reader.byte();
  if (mutability > 1) throw unknownForm(offset, "mutability 0 or 1", mutability);
  return { type, mutable: mutability === 1 };
}

export function decodeImport(reader: ByteReader): Import {
  const offset = reader.offset;
  const module = reader.name();
  const name = reader.name();
  return { module, name, description: decodeImportDescription(reader), offset };
}

function decodeImportDescription(reader: ByteReader): ImportDescription {
  const kind = decodeExternalKind(reader);
  switch (kind) {
    case "function":
      return { kind, typeIndex: reader.u32() };
    case "table":
      return { kind, table: decodeTableType(reader) };
    case "memory":
      return { kind, memory: decodeMemoryType(reader) };
    case "global":
      return { kind, global: decodeGlobalType(reader) };
  }
}

function decodeExternalKind(reader: ByteReader): ExternalKind {
  const offset = reader.offset;
  const byte = reader.byte();
  const kind = externalKinds[byte];
  if (kind === undefined) throw unknownForm(offset, "an external kind 0…3", byte);
  return kind;
}

export function decodeExport(reader: ByteReader): Export {
  const offset = reader.offset;
  const name = reader.name();
  return { name, kind: decodeExternalKind(reader), index: reader.u32(), offset };
}
