/**
 * A tolerant reader of the spec suite's modules: it knows floats, several results, reference types
 * and bulk operations, and checks nothing. Only modules that the suite calls valid come here.
 * WebAssembly 2.0 §5 without SIMD.
 *
 * @module
 */

import { ByteCursor } from "./byte-cursor.ts";

export interface FunctionType {
  readonly params: readonly number[];
  readonly results: readonly number[];
}

/** One instruction: its opcode (0xfc00 + n behind the prefix), its bytes, its indices in order. */
export interface SpecInstruction {
  readonly opcode: number;
  readonly bytes: Uint8Array;
  readonly indices: readonly number[];
}

export interface SpecFunction {
  readonly typeIndex: number;
  /** Value types of the locals, run-length coded as in the binary. */
  readonly locals: readonly { readonly count: number; readonly type: number }[];
  readonly body: readonly SpecInstruction[];
}

export interface SpecElement {
  readonly kind: number;
  readonly tableIndex: number;
  readonly offset: Uint8Array;
  /** Function indices, `noFunction` where an expression is null. */
  readonly functions: readonly number[];
}

export const noFunction = -1;

export interface SpecModule {
  readonly types: readonly FunctionType[];
  /** The module name of every import. */
  readonly importedModules: readonly string[];
  readonly functions: readonly SpecFunction[];
  readonly tables: readonly { readonly type: number; readonly limits: Uint8Array }[];
  readonly globals: readonly {
    readonly type: number;
    readonly mutable: number;
    readonly init: Uint8Array;
  }[];
  readonly exports: readonly {
    readonly name: string;
    readonly kind: number;
    readonly index: number;
  }[];
  readonly elements: readonly SpecElement[];
  readonly data: readonly { readonly kind: number; readonly bytes: Uint8Array }[];
  /** Limits of the memories; the suite's modules have one at most. */
  readonly memories: readonly Uint8Array[];
  readonly start: number | null;
}

/** Reads a valid module; custom sections are left out. */
export function readSpecModule(bytes: Uint8Array): SpecModule {
  const sections = new Map<number, Uint8Array>();
  const cursor = new ByteCursor(bytes, 8);
  while (!cursor.atEnd) {
    const id = cursor.byte();
    const content = cursor.take(cursor.u32());
    if (id !== 0) sections.set(id, content);
  }
  const items = <Item>(id: number, read: (cursor: ByteCursor) => Item): Item[] => {
    const section = new ByteCursor(sections.get(id) ?? Uint8Array.of(0));
    return section.vector(() => read(section));
  };
  const startSection = sections.get(8);
  const typeIndices = items(3, (section) => section.u32());
  const bodies = items(10, (section) => section.take(section.u32()));
  return {
    types: items(1, readType),
    importedModules: items(2, readImport),
    functions: bodies.map((body, index) => readFunction(body, typeIndices[index] as number)),
    tables: items(4, (section) => ({ type: section.byte(), limits: readLimits(section) })),
    globals: items(6, (section) => ({
      type: section.byte(),
      mutable: section.byte(),
      init: readExpression(section),
    })),
    exports: items(7, (section) => ({
      name: section.name(),
      kind: section.byte(),
      index: section.u32(),
    })),
    elements: items(9, readElement),
    data: items(11, readData),
    memories: items(5, readLimits),
    start: startSection === undefined ? null : new ByteCursor(startSection).u32(),
  };
}

function readType(cursor: ByteCursor): FunctionType {
  cursor.byte();
  return {
    params: cursor.vector(() => cursor.byte()),
    results: cursor.vector(() => cursor.byte()),
  };
}

function readImport(cursor: ByteCursor): string {
  const moduleName = cursor.name();
  cursor.name();
  const kind = cursor.byte();
  if (kind === 0) cursor.u32();
  else if (kind === 3) cursor.take(2);
  else {
    if (kind === 1) cursor.byte();
    readLimits(cursor);
  }
  return moduleName;
}

function readLimits(cursor: ByteCursor): Uint8Array {
  const start = cursor.offset;
  const bounded = cursor.byte() & 1;
  cursor.u32();
  if (bounded === 1) cursor.u32();
  return cursor.bytes.subarray(start, cursor.offset);
}

function readExpression(cursor: ByteCursor): Uint8Array {
  const start = cursor.offset;
  while (readInstruction(cursor).opcode !== 0x0b);
  return cursor.bytes.subarray(start, cursor.offset);
}

function readFunction(body: Uint8Array, typeIndex: number): SpecFunction {
  const cursor = new ByteCursor(body);
  const locals = cursor.vector(() => ({ count: cursor.u32(), type: cursor.byte() }));
  const instructions: SpecInstruction[] = [];
  while (!cursor.atEnd) instructions.push(readInstruction(cursor));
  return { typeIndex, locals, body: instructions };
}

function readElement(cursor: ByteCursor): SpecElement {
  const kind = cursor.u32();
  const active = (kind & 1) === 0;
  const tableIndex = active && (kind & 2) !== 0 ? cursor.u32() : 0;
  const offset = active ? readExpression(cursor) : new Uint8Array();
  if ((kind & 3) !== 0) cursor.byte();
  const functions =
    (kind & 4) === 0
      ? cursor.vector(() => cursor.u32())
      : cursor.vector(() => functionOf(readExpression(cursor)));
  return { kind, tableIndex, offset, functions };
}

function functionOf(expression: Uint8Array): number {
  return expression[0] === 0xd2 ? new ByteCursor(expression, 1).u32() : noFunction;
}

function readData(cursor: ByteCursor): { kind: number; bytes: Uint8Array } {
  const start = cursor.offset;
  const kind = cursor.u32();
  if (kind === 2) cursor.u32();
  if (kind !== 1) readExpression(cursor);
  cursor.take(cursor.u32());
  return { kind, bytes: cursor.bytes.subarray(start, cursor.offset) };
}

/** How many indices follow an opcode; those not listed and not special have none. */
const indexCounts: ReadonlyMap<number, number> = new Map([
  ...[0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0xd0, 0xd2].map(
    (opcode): [number, number] => [opcode, 1],
  ),
  [0x11, 2],
  [0x3f, 1],
  [0x40, 1],
  [0xfc08, 2],
  [0xfc09, 1],
  [0xfc0a, 2],
  [0xfc0b, 1],
  [0xfc0c, 2],
  [0xfc0d, 1],
  [0xfc0e, 2],
  [0xfc0f, 1],
  [0xfc10, 1],
  [0xfc11, 1],
]);

/** Reads one instruction. A block's only index is its type, negative for a value type or none. */
export function readInstruction(cursor: ByteCursor): SpecInstruction {
  const start = cursor.offset;
  const first = cursor.byte();
  const opcode = first === 0xfc ? 0xfc00 + cursor.u32() : first;
  const indices: number[] = [];
  if (opcode >= 0x02 && opcode <= 0x04) indices.push(cursor.s33());
  else if (opcode === 0x0e) indices.push(...cursor.vector(() => cursor.u32()), cursor.u32());
  else if (opcode === 0x1c) indices.push(...cursor.vector(() => cursor.byte()));
  else if (opcode >= 0x28 && opcode <= 0x3e) indices.push(cursor.u32(), cursor.u32());
  else if (opcode === 0x41 || opcode === 0x42) cursor.skipInteger();
  else if (opcode === 0x43) cursor.take(4);
  else if (opcode === 0x44) cursor.take(8);
  else for (let n = indexCounts.get(opcode) ?? 0; n > 0; n--) indices.push(cursor.u32());
  return { opcode, bytes: cursor.bytes.subarray(start, cursor.offset), indices };
}
