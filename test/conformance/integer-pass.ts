/**
 * The test-only pass of the spec suite: from a valid module it makes one of integers and single
 * results, every index unchanged. Functions that cannot be rewritten (lowering.ts) become
 * `unreachable` and lose their exports, and so do the functions that could reach them; the suite's
 * assertions about a lost export are passed over and counted.
 *
 * @module
 */

import { sizedBytes, u32Bytes, vectorBytes } from "./byte-cursor.ts";
import { i32, i64, instructionOf, isBlock, opcodes } from "./instructions.ts";
import { type LoweringContext, lowerFunction, type Place } from "./lowering.ts";
import {
  type FunctionType,
  noFunction,
  type SpecElement,
  type SpecFunction,
  type SpecInstruction,
  type SpecModule,
} from "./spec-module.ts";

export interface IntegerModule {
  readonly bytes: Uint8Array;
  /** Exports of the original that are lost. */
  readonly lostExports: ReadonlySet<string>;
  /** For exported functions with several results: exported functions that give one result each. */
  readonly resultExports: ReadonlyMap<string, readonly string[]>;
  /** The export that stands for the start function, to be called once; null without one. */
  readonly startExport: string | null;
}

const functionReference = 0x70;
const startExport = "#start";

/** The module of integers, or null where imports, tables or its start put it out of reach. */
export function toIntegerModule(source: SpecModule): IntegerModule | null {
  if (source.importedModules.length > 0) return null;
  if (source.tables.length > 0 && source.tables[0]?.type !== functionReference) return null;
  if (
    source.elements.some((element) => isActive(element) && element.functions.includes(noFunction))
  )
    return null;
  const results = resultGlobals(source);
  const context = { source, resultPlaces: results.places };
  const functions = source.functions.map((item) => lowerFunction(item, context));
  const dropped = closeOverCalls(source, directlyDropped(source, functions));
  if (source.start !== null && dropped.has(source.start)) return null;
  const lost = (kind: number, index: number): boolean => {
    if (kind === 0) return dropped.has(index);
    return kind === 1 ? index > 0 : kind === 3 && !isInteger(source.globals[index]?.type ?? 0);
  };
  const exports = source.exports.filter((item) => !lost(item.kind, item.index));
  if (source.start !== null) exports.push({ name: startExport, kind: 0, index: source.start });
  const lostExports = source.exports.filter((item) => lost(item.kind, item.index));
  const getters = resultGetters({ ...source, functions, exports }, context);
  return {
    bytes: encode({ ...source, ...getters.added, globals: results.globals }, dropped),
    lostExports: new Set(lostExports.map((item) => item.name)),
    resultExports: getters.names,
    startExport: source.start === null ? null : startExport,
  };
}

function isInteger(type: number): boolean {
  return type === i32 || type === i64;
}

function hasIntegersOnly(type: FunctionType): boolean {
  return [...type.params, ...type.results].every(isInteger);
}

function isKeptType(type: FunctionType): boolean {
  return hasIntegersOnly(type) && type.results.length <= 1;
}

/** A global for every result of every type with several; they come after the module's own. */
function resultGlobals(source: SpecModule): {
  readonly places: readonly (readonly Place[])[];
  readonly globals: SpecModule["globals"];
} {
  const globals = [...source.globals];
  const places = source.types.map((type) => {
    if (!hasIntegersOnly(type) || type.results.length < 2) return [];
    return type.results.map((result): Place => {
      const init = Uint8Array.of(result === i32 ? opcodes.i32Const : opcodes.i64Const, 0, 0x0b);
      return { kind: "global", index: globals.push({ type: result, mutable: 1, init }) - 1 };
    });
  });
  return { places, globals };
}

/** Adds a function per result of every exported function with several: `name#0`, `name#1` … */
function resultGetters(
  source: SpecModule,
  context: LoweringContext,
): {
  readonly added: SpecModule;
  readonly names: ReadonlyMap<string, readonly string[]>;
} {
  const types = [...source.types];
  const functions = [...source.functions];
  const exports = [...source.exports];
  const names = new Map<string, string[]>();
  for (const { name, kind, index } of source.exports) {
    if (kind !== 0) continue;
    const typeIndex = source.functions[index]?.typeIndex as number;
    const type = source.types[typeIndex] as FunctionType;
    (context.resultPlaces[typeIndex] ?? []).forEach((place, position) => {
      const results = [type.results[position] as number];
      const body = [instructionOf(opcodes.globalGet, place.index), instructionOf(opcodes.end)];
      const getter = { typeIndex: types.push({ params: [], results }) - 1, locals: [], body };
      const getterName = `${name}#${position}`;
      exports.push({ name: getterName, kind: 0, index: functions.push(getter) - 1 });
      names.set(name, [...(names.get(name) ?? []), getterName]);
    });
  }
  return { added: { ...source, types, functions, exports }, names };
}

/** Functions that themselves leave the integers. */
function directlyDropped(source: SpecModule, functions: readonly SpecFunction[]): Set<number> {
  const inTable = new Set(source.elements.flatMap((element) => element.functions));
  const dropped = new Set<number>();
  functions.forEach((item, index) => {
    const type = source.types[item.typeIndex] as FunctionType;
    // The rewritten form of several results has another type, which an indirect call could see.
    const kept =
      (isKeptType(type) || (hasIntegersOnly(type) && !inTable.has(index))) &&
      item.locals.every((run) => isInteger(run.type)) &&
      item.body.every((instruction) => isKept(instruction, source));
    if (!kept) dropped.add(index);
  });
  return dropped;
}

function isKept(instruction: SpecInstruction, source: SpecModule): boolean {
  const { opcode, indices } = instruction;
  const first = indices[0] ?? 0;
  if (isBlock(opcode)) return first === -64 || isInteger(first + 128);
  if (opcode === opcodes.callIndirect)
    return indices[1] === 0 && isKeptType(source.types[first] as FunctionType);
  if (opcode === opcodes.globalGet || opcode === opcodes.globalSet)
    // A global past the module's own is one that holds a result.
    return isInteger(source.globals[first]?.type ?? i32);
  return integerOpcodes.has(opcode);
}

const integerOpcodes: ReadonlySet<number> = new Set([
  ...range(0x00, 0x01),
  0x05,
  ...range(0x0b, 0x0e),
  ...range(0x0f, 0x10),
  ...range(0x1a, 0x1b),
  ...range(0x20, 0x22),
  ...range(0x28, 0x29),
  ...range(0x2c, 0x37),
  ...range(0x3a, 0x42),
  ...range(0x45, 0x5a),
  ...range(0x67, 0x8a),
  0xa7,
  0xac,
  0xad,
  ...range(0xc0, 0xc4),
  0xfc0a,
  0xfc0b,
]);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}

/** Adds, until nothing changes, every function that may call one of `seeds`. */
function closeOverCalls(source: SpecModule, seeds: ReadonlySet<number>): Set<number> {
  const reaching = new Set(seeds);
  const inTable = new Set(source.elements.flatMap((element) => element.functions));
  const signature = (typeIndex: number): string => JSON.stringify(source.types[typeIndex]);
  for (let before = -1; before !== reaching.size; ) {
    before = reaching.size;
    const callable = [...reaching].filter((index) => inTable.has(index));
    const signatures = new Set(callable.map((i) => signature(source.functions[i]?.typeIndex ?? 0)));
    source.functions.forEach((item, index) => {
      const reaches = item.body.some(
        ({ opcode, indices }) =>
          (opcode === opcodes.call && reaching.has(indices[0] as number)) ||
          (opcode === opcodes.callIndirect && signatures.has(signature(indices[0] as number))),
      );
      if (reaches) reaching.add(index);
    });
  }
  return reaching;
}

function encode(source: SpecModule, dropped: ReadonlySet<number>): Uint8Array {
  const section = (id: number, items: readonly (readonly number[] | Uint8Array)[]): number[] =>
    items.length === 0 ? [] : [id, ...sizedBytes(vectorBytes(items))];
  const tables = source.tables.slice(0, 1);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, source.types.map(encodeType)),
    ...section(
      3,
      source.functions.map((item) => u32Bytes(item.typeIndex)),
    ),
    ...section(
      4,
      tables.map((table) => [functionReference, ...table.limits]),
    ),
    ...section(5, source.memories),
    ...section(6, source.globals.map(encodeGlobal)),
    ...section(7, source.exports.map(encodeExport)),
    ...section(9, source.elements.filter(isActive).map(encodeElement)),
    ...section(
      10,
      source.functions.map((item, index) => encodeBody(item, dropped.has(index))),
    ),
    ...section(
      11,
      source.data.filter((item) => item.kind !== 1).map((item) => item.bytes),
    ),
  ]);
}

/**
 * A type outside the subset becomes one of integers that no other type of the module equals, so that
 * an indirect call to it traps as before: forty parameters, the last sixteen spell its index.
 */
function encodeType(type: FunctionType, index: number): number[] {
  const stand = Array.from({ length: 40 }, (_, bit) => ((index >> (bit - 24)) & 1 ? i64 : i32));
  const kept = hasIntegersOnly(type);
  const params = kept ? type.params : stand.map((value, bit) => (bit < 24 ? i32 : value));
  return [0x60, ...sizedBytes(params), ...sizedBytes(isKeptType(type) ? type.results : [])];
}

function encodeGlobal(global: SpecModule["globals"][number]): number[] {
  if (isInteger(global.type)) return [global.type, global.mutable, ...global.init];
  return [i32, global.mutable, 0x41, 0x00, 0x0b];
}

function encodeExport(item: SpecModule["exports"][number]): number[] {
  return [...sizedBytes(new TextEncoder().encode(item.name)), item.kind, ...u32Bytes(item.index)];
}

/** Passive and declared segments act only through instructions that are dropped. */
function isActive(element: SpecElement): boolean {
  return (element.kind & 1) === 0 && element.tableIndex === 0;
}

function encodeElement(element: SpecElement): number[] {
  return [0x00, ...element.offset, ...vectorBytes(element.functions.map(u32Bytes))];
}

function encodeBody(item: SpecFunction, dropped: boolean): number[] {
  if (dropped) return sizedBytes([0x00, 0x00, 0x0b]);
  const locals = vectorBytes(item.locals.map((run) => [...u32Bytes(run.count), run.type]));
  const body = item.body.flatMap((instruction) => [...instruction.bytes]);
  return sizedBytes([...locals, ...body]);
}
