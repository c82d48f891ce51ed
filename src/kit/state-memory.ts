/**
 * The memory of a process as AssemblyScript lays it out, read with `@assemblyscript/loader` in a copy.
 * The loader trusts what it reads; memory here may be anybody's. So each object's header is checked
 * before the loader sees it, and nothing of the process's own code is ever run: the loader gets a module
 * of one memory and a table of array types.
 *
 * @module
 */

import { type ASUtil, instantiateSync } from "@assemblyscript/loader";
import { encodeModule } from "../wasm/binary/encode.ts";
import { i32Type, type WasmModule } from "../wasm/binary/module.ts";
import { Op } from "../wasm/binary/op.ts";
import { type DebugClass, type DebugType, shortName } from "./compile-debug.ts";

const pageBytes = 65_536;
/** Memory manager's word, two of the collector's, the class id, the size. */
const headerBytes = 20;

/** What an object's header says. */
export interface ObjectHeader {
  readonly classId: number;
  /** Bytes of the object; all of them lie in memory. */
  readonly size: number;
}

/** Bytes that a value of this type takes; of objects, their pointers'. */
export function sizeOf({ name, class: classId }: DebugType): number {
  return classId === null ? (sizes[name] ?? 4) : 4;
}

const sizes: Readonly<Record<string, number>> = {
  ...{ bool: 1, i8: 1, u8: 1, i16: 2, u16: 2, i32: 4, u32: 4, isize: 4, usize: 4, i64: 8, u64: 8 },
};

export class StateMemory {
  readonly #length: number;
  readonly #view: DataView;
  readonly #loader: ASUtil;

  constructor(memory: Uint8Array, classes: readonly DebugClass[]) {
    this.#length = memory.length;
    const table = arrayTypes(classes);
    const pages = Math.ceil((memory.length + 4 * table.length) / pageBytes);
    const { exports } = instantiateSync<{ memory: WebAssembly.Memory }>(
      memoryModule(pages, memory.length) as Uint8Array<ArrayBuffer>,
    );
    this.#loader = exports;
    const bytes = new Uint8Array(exports.memory.buffer);
    bytes.set(memory);
    this.#view = new DataView(exports.memory.buffer);
    table.forEach((word, i) => {
      this.#view.setUint32(memory.length + 4 * i, word, true);
    });
  }

  /** The header before a pointer; null where there is no room for one, or for what it says. */
  objectAt(pointer: number): ObjectHeader | null {
    if (pointer % 4 !== 0 || pointer < headerBytes || pointer > this.#length) return null;
    const size = this.#view.getUint32(pointer - 4, true);
    if (pointer + size > this.#length) return null;
    return { classId: this.#view.getUint32(pointer - 8, true), size };
  }

  /** The bits of a value of so many bytes, zero-extended; null outside of memory. */
  bits(address: number, size: number): bigint | null {
    if (address < 0 || address + size > this.#length) return null;
    let bits = 0n;
    for (let i = size - 1; i >= 0; i--)
      bits = (bits << 8n) | BigInt(this.#view.getUint8(address + i));
    return bits;
  }

  /** A string that `objectAt` knows, cut after so many units. */
  text(pointer: number, unitsMax: number): { readonly text: string; readonly length: number } {
    const size = this.#view.getUint32(pointer - 4, true);
    // The loader reads all that the header says, so the copy's says less.
    this.#view.setUint32(pointer - 4, Math.min(size, 2 * unitsMax), true);
    const text = this.#loader.__getString(pointer);
    this.#view.setUint32(pointer - 4, size, true);
    return { text: text.replace(/\p{Surrogate}/gu, "\ufffd"), length: size >>> 1 };
  }

  /** The elements of an array that `objectAt` knows, pointers where they are objects. */
  elements(pointer: number): ArrayLike<number | bigint> {
    const view: unknown = this.#loader.__getArrayView(pointer);
    return view as ArrayLike<number | bigint>;
  }

  /** An `ArrayBuffer` that `objectAt` knows. */
  buffer(pointer: number, bytesMax: number): Uint8Array {
    const size = Math.min(this.#view.getUint32(pointer - 4, true), bytesMax);
    return new Uint8Array(this.#view.buffer, pointer, size).slice();
  }
}

/** A module of one memory, and where in it the table of types lies. */
function memoryModule(pages: number, tableAt: number): Uint8Array {
  const initial = {
    length: 2,
    opcodes: Uint16Array.of(Op.i32Const, Op.end),
    first: Int32Array.of(tableAt, 0),
    second: Int32Array.of(0, -1),
    offsets: new Uint32Array(2),
    lists: [],
  };
  const module: WasmModule = {
    types: [],
    imports: [],
    functions: [],
    tables: [],
    memories: [{ minimum: pages, maximum: pages, offset: 0 }],
    globals: [{ type: i32Type, mutable: false, initial, offset: 0 }],
    exports: [
      { name: "memory", kind: "memory", index: 0, offset: 0 },
      { name: "__rtti_base", kind: "global", index: 0, offset: 0 },
    ],
    start: null,
    elements: [],
    dataCount: null,
    data: [],
    customSections: [],
    byteLength: 64,
  };
  return encodeModule(module);
}

// Flags of the compiler's runtime type information (std/assembly/shared/typeinfo.ts).
const flagView = 1 << 0;
const flagArray = 1 << 1;
const flagStaticArray = 1 << 2;
const alignShift = 6;
const flagSigned = 1 << 11;
const flagManaged = 1 << 14;

/** The runtime type information of arrays, which the module itself may lack: a count, a word a class. */
function arrayTypes(classes: readonly DebugClass[]): readonly number[] {
  const count = 1 + Math.max(-1, ...classes.map(({ id }) => id));
  const words = new Array<number>(1 + count).fill(0);
  words[0] = count;
  for (const each of classes) words[1 + each.id] = arrayFlags(each);
  return words;
}

function arrayFlags({ name, typeArguments }: DebugClass): number {
  const [element] = typeArguments;
  const typed = /^~lib\/typedarray\/(Int|Uint)(8|16|32|64)(?:Clamped)?Array$/.exec(name);
  if (typed !== null) {
    const align = Math.log2(Number(typed[2]) / 8);
    return flagView | (1 << (alignShift + align)) | (typed[1] === "Int" ? flagSigned : 0);
  }
  const kind = kindOfArray(name);
  if (kind === 0 || element === undefined) return 0;
  const signed = /^i/.test(element.name) && element.class === null ? flagSigned : 0;
  const managed = element.class === null ? 0 : flagManaged;
  return kind | (1 << (alignShift + Math.log2(sizeOf(element)))) | signed | managed;
}

function kindOfArray(name: string): number {
  if (name.startsWith("~lib/array/Array<")) return flagArray;
  return name.startsWith("~lib/staticarray/StaticArray<") ? flagStaticArray : 0;
}

/** What the elements of an array class are; null where it is none. */
export function elementType(of: DebugClass): DebugType | null {
  if (arrayFlags(of) === 0) return null;
  const [element] = of.typeArguments;
  if (element !== undefined) return element;
  const [, sign, bits] = /(Int|Uint)(\d+)/.exec(shortName(of.name)) ?? [];
  return { name: `${sign === "Int" ? "i" : "u"}${bits}`, class: null };
}
