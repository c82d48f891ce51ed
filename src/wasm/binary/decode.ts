/**
 * `decodeModule`: bytes to `WasmModule` (WebAssembly 2.0 §5.5 without SIMD), for untrusted input.
 * The format is checked completely: section order and sizes, LEB128, UTF-8, counts that must agree.
 * Work and memory are linear in the number of bytes.
 *
 * @module
 */

import { ByteReader, formError } from "./byte-reader.ts";
import { CodeDecoder } from "./decode-code.ts";
import { decodeDataSegment, decodeElementSegment } from "./decode-segments.ts";
import {
  decodeExport,
  decodeFunctionType,
  decodeGlobalType,
  decodeImport,
  decodeMemoryType,
  decodeTableType,
  decodeValueType,
} from "./decode-types.ts";
import { WasmError } from "./error.ts";
import type { CustomSection, LocalGroup, WasmFunction, WasmModule } from "./module.ts";

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] };

/** Ids of the sections in the order in which they must stand; custom sections stand anywhere. */
const sectionOrder: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

/** A function body before it is joined with its type. */
type Body = Omit<WasmFunction, "typeIndex">;

interface Decoding {
  readonly reader: ByteReader;
  readonly code: CodeDecoder;
  readonly module: Mutable<WasmModule>;
  typeIndices: readonly number[];
  bodies: readonly Body[];
}

/** Decodes a module; throws `WasmError` with a `MalformedCode`. The result shares the bytes. */
export function decodeModule(bytes: Uint8Array): WasmModule {
  const reader = new ByteReader(bytes);
  readHeader(reader);
  const decoding: Decoding = {
    reader,
    code: new CodeDecoder(reader),
    module: emptyModule(bytes.length),
    typeIndices: [],
    bodies: [],
  };
  const customSections: CustomSection[] = [];
  let last = 0;
  while (reader.offset < bytes.length) {
    const offset = reader.offset;
    const id = reader.byte();
    const end = sectionEnd(reader);
    reader.limit = end;
    if (id === 0) {
      const name = reader.name();
      customSections.push({ name, bytes: reader.take(end - reader.offset), after: last });
    } else {
      checkOrder(id, last, offset);
      readSection(decoding, id);
      last = id;
    }
    if (reader.offset !== end) {
      throw new WasmError("SECTION_SIZE", { offset, expected: end, got: reader.offset });
    }
    reader.limit = bytes.length;
  }
  decoding.module.customSections = customSections;
  return finish(decoding);
}

function emptyModule(byteLength: number): Mutable<WasmModule> {
  return {
    types: [],
    imports: [],
    functions: [],
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    start: null,
    elements: [],
    dataCount: null,
    data: [],
    customSections: [],
    byteLength,
  };
}

function readHeader(reader: ByteReader): void {
  for (const expected of [0x00, 0x61, 0x73, 0x6d]) {
    const byte = reader.byte();
    if (byte !== expected) throw formError("MAGIC_WRONG", 0, "\\0asm", byte);
  }
  for (const expected of [1, 0, 0, 0]) {
    const byte = reader.byte();
    if (byte !== expected) throw formError("VERSION_UNSUPPORTED", 4, "version 1", byte);
  }
}

function sectionEnd(reader: ByteReader): number {
  const offset = reader.offset;
  const size = reader.u32();
  if (size > reader.limit - reader.offset) {
    const got = `${reader.limit - reader.offset} bytes`;
    throw new WasmError("UNEXPECTED_END", { offset, expected: `${size} bytes`, got });
  }
  return reader.offset + size;
}

function checkOrder(id: number, last: number, offset: number): void {
  const place = sectionOrder.indexOf(id);
  if (place < 0) throw formError("SECTION_UNKNOWN", offset, "a section id", id);
  if (place <= sectionOrder.indexOf(last)) {
    throw new WasmError("SECTION_ORDER", { offset, expected: `a section after ${last}`, got: id });
  }
}

function readSection(decoding: Decoding, id: number): void {
  const { reader, code, module } = decoding;
  switch (id) {
    case 1:
      module.types = reader.vector(() => decodeFunctionType(reader));
      break;
    case 2:
      module.imports = reader.vector(() => decodeImport(reader));
      break;
    case 3:
      decoding.typeIndices = reader.vector(() => reader.u32());
      break;
    case 4:
      module.tables = reader.vector(() => decodeTableType(reader));
      break;
    case 5:
      module.memories = reader.vector(() => decodeMemoryType(reader));
      break;
    case 6:
      module.globals = reader.vector(() => {
        const offset = reader.offset;
        return { ...decodeGlobalType(reader), initial: code.decode(), offset };
      });
      break;
    case 7:
      module.exports = reader.vector(() => decodeExport(reader));
      break;
    case 8: {
      const offset = reader.offset;
      module.start = { functionIndex: reader.u32(), offset };
      break;
    }
    case 9:
      module.elements = reader.vector(() => decodeElementSegment(reader, code));
      break;
    case 10:
      decoding.bodies = reader.vector(() => decodeBody(reader, code));
      break;
    case 11:
      module.data = reader.vector(() => decodeDataSegment(reader, code));
      break;
    default:
      module.dataCount = reader.u32();
  }
}

function decodeBody(reader: ByteReader, code: CodeDecoder): Body {
  const sectionLimit = reader.limit;
  const end = sectionEnd(reader);
  const offset = reader.offset;
  reader.limit = end;
  let localCount = 0;
  const locals = reader.vector((): LocalGroup => {
    const start = reader.offset;
    const count = reader.u32();
    localCount += count;
    if (localCount > 0xffff_ffff) {
      throw new WasmError("LOCALS_TOO_MANY", {
        offset: start,
        expected: "at most 2^32 − 1",
        got: localCount,
      });
    }
    return { count, type: decodeValueType(reader) };
  });
  const body = { offset, bodyBytes: end - offset, locals, localCount, code: code.decode() };
  if (reader.offset !== end) {
    throw new WasmError("BODY_SIZE", { offset, expected: end, got: reader.offset });
  }
  reader.limit = sectionLimit;
  return body;
}

function finish(decoding: Decoding): WasmModule {
  const { module, typeIndices, bodies, code } = decoding;
  const offset = module.byteLength;
  if (typeIndices.length !== bodies.length) {
    throw new WasmError("FUNCTION_COUNT_MISMATCH", {
      offset,
      expected: `${typeIndices.length} bodies`,
      got: bodies.length,
    });
  }
  if (module.dataCount !== null && module.dataCount !== module.data.length) {
    throw new WasmError("DATA_COUNT_MISMATCH", {
      offset,
      expected: module.dataCount,
      got: module.data.length,
    });
  }
  const dataUse = code.facts.dataUseOffset;
  if (dataUse !== null && module.dataCount === null) {
    const expected = "a data count section";
    throw new WasmError("DATA_COUNT_MISSING", { offset: dataUse, expected, got: "none" });
  }
  module.functions = bodies.map((body, index) => ({ typeIndex: typeIndices[index]!, ...body }));
  return module;
}
