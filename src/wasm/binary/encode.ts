/**
 * `encodeModule`: the counterpart of `decodeModule`. For a module whose numbers are in their
 * shortest form and that has no empty sections, encode(decode(bytes)) is `bytes`; compilers write
 * such modules. Otherwise the result is an equal module in that form.
 *
 * @module
 */

import { ByteWriter } from "./byte-writer.ts";
import { writeCode } from "./encode-code.ts";
import type {
  DataSegment,
  ElementSegment,
  Export,
  ExternalKind,
  GlobalType,
  Import,
  SizeRange,
  TableType,
  ValueType,
  WasmFunction,
  WasmModule,
} from "./module.ts";

const kindBytes: Readonly<Record<ExternalKind, number>> = {
  function: 0,
  table: 1,
  memory: 2,
  global: 3,
};

/** The binary form of a module. */
export function encodeModule(module: WasmModule): Uint8Array {
  const writer = new ByteWriter(module.byteLength + 16);
  for (const byte of [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) writer.byte(byte);
  writeCustomSections(writer, module, 0);
  for (const [id, write] of sections) {
    const content = new ByteWriter(4096);
    write(content, module);
    if (content.length > 0) writeSection(writer, id, content.written());
    writeCustomSections(writer, module, id);
  }
  return writer.written().slice();
}

function writeSection(writer: ByteWriter, id: number, content: Uint8Array): void {
  writer.byte(id);
  writer.u32(content.length);
  writer.raw(content);
}

function writeCustomSections(writer: ByteWriter, module: WasmModule, after: number): void {
  for (const section of module.customSections) {
    if (section.after !== after) continue;
    const content = new ByteWriter(section.bytes.length + 32);
    content.name(section.name);
    content.raw(section.bytes);
    writeSection(writer, 0, content.written());
  }
}

type WriteSection = (writer: ByteWriter, module: WasmModule) => void;

/** Writes a vector unless it is empty: an empty section is left out. */
function some<Item>(
  pick: (module: WasmModule) => readonly Item[],
  write: (writer: ByteWriter, item: Item) => void,
): WriteSection {
  return (writer, module) => {
    const items = pick(module);
    if (items.length > 0) {
      writer.vector(items, (item) => {
        write(writer, item);
      });
    }
  };
}

const sections: readonly (readonly [id: number, write: WriteSection])[] = [
  [
    1,
    some(
      (module) => module.types,
      (writer, type) => {
        writer.byte(0x60);
        writeTypes(writer, type.parameters);
        writeTypes(writer, type.results);
      },
    ),
  ],
  [2, some((module) => module.imports, writeImport)],
  [
    3,
    some(
      (module) => module.functions,
      (writer, each) => {
        writer.u32(each.typeIndex);
      },
    ),
  ],
  [4, some((module) => module.tables, writeTable)],
  [5, some((module) => module.memories, writeRange)],
  [
    6,
    some(
      (module) => module.globals,
      (writer, global) => {
        writeGlobalType(writer, global);
        writeCode(writer, global.initial);
      },
    ),
  ],
  [7, some((module) => module.exports, writeExport)],
  [
    8,
    (writer, module) => {
      if (module.start !== null) writer.u32(module.start.functionIndex);
    },
  ],
  [9, some((module) => module.elements, writeElement)],
  [
    12,
    (writer, module) => {
      if (module.dataCount !== null) writer.u32(module.dataCount);
    },
  ],
  [10, some((module) => module.functions, writeBody)],
  [11, some((module) => module.data, writeData)],
];

function writeTypes(writer: ByteWriter, types: readonly ValueType[]): void {
  writer.vector(types, (type) => writer.byte(type));
}

function writeRange(writer: ByteWriter, range: SizeRange): void {
  writer.byte(range.maximum === null ? 0 : 1);
  writer.u32(range.minimum);
  if (range.maximum !== null) writer.u32(range.maximum);
}

function writeTable(writer: ByteWriter, table: TableType): void {
  writer.byte(table.elementType);
  writeRange(writer, table);
}

function writeGlobalType(writer: ByteWriter, global: GlobalType): void {
  writer.byte(global.type);
  writer.byte(global.mutable ? 1 : 0);
}

function writeImport(writer: ByteWriter, item: Import): void {
  writer.name(item.module);
  writer.name(item.name);
  const description = item.description;
  writer.byte(kindBytes[description.kind]);
  switch (description.kind) {
    case "function":
      writer.u32(description.typeIndex);
      break;
    case "table":
      writeTable(writer, description.table);
      break;
    case "memory":
      writeRange(writer, description.memory);
      break;
    case "global":
      writeGlobalType(writer, description.global);
      break;
  }
}

function writeExport(writer: ByteWriter, item: Export): void {
  writer.name(item.name);
  writer.byte(kindBytes[item.kind]);
  writer.u32(item.index);
}

function writeElement(writer: ByteWriter, segment: ElementSegment): void {
  writer.u32(segment.flags);
  if (segment.start !== null) {
    if ((segment.flags & 2) !== 0) writer.u32(segment.table);
    writeCode(writer, segment.start);
  }
  if ((segment.flags & 3) !== 0) {
    writer.byte((segment.flags & 4) === 0 ? 0 : segment.elementType);
  }
  if (segment.functions !== null) writer.vector(segment.functions, (index) => writer.u32(index));
  if (segment.expressions !== null) {
    writer.vector(segment.expressions, (each) => writeCode(writer, each));
  }
}

function writeBody(writer: ByteWriter, item: WasmFunction): void {
  const body = new ByteWriter(item.bodyBytes + 16);
  body.vector(item.locals, (group) => {
    body.u32(group.count);
    body.byte(group.type);
  });
  writeCode(body, item.code);
  writer.u32(body.length);
  writer.raw(body.written());
}

function writeData(writer: ByteWriter, segment: DataSegment): void {
  writer.u32(segment.flags);
  if (segment.flags === 2) writer.u32(segment.memory);
  if (segment.start !== null) writeCode(writer, segment.start);
  writer.u32(segment.bytes.length);
  writer.raw(segment.bytes);
}
