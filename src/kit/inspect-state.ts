/**
 * What a process's state holds, as its developer wrote it: globals by name, objects by class, strings,
 * arrays, maps. Memory is anybody's: every pointer is checked, every list is cut, and whatever does not
 * fit is said in place of a value.
 *
 * @module
 */

import type { ProfiledState } from "../runtime/gas-profile.ts";
import { type DebugClass, type DebugInfo, type DebugType, shortName } from "./compile-debug.ts";
import { type Collection, collectionOf, type Placed } from "./inspect-collections.ts";
import { knownValue } from "./inspect-known.ts";
import { StateMemory, sizeOf } from "./state-memory.ts";

/** A value, and what there is to say of it. */
export interface Inspected {
  /** The type's name without the paths of files. */
  readonly type: string;
  /** Numbers of 64 bits and above are decimal text. */
  readonly value?: string | number | boolean | null;
  /** Entries of a collection, units of a string, bytes of a buffer; also where not all are shown. */
  readonly length?: number;
  readonly fields?: readonly { readonly name: string; readonly value: Inspected }[];
  readonly items?: readonly Inspected[];
  readonly entries?: readonly { readonly key: Inspected; readonly value: Inspected }[];
  /** Why there is no value, or not all of it. */
  readonly note?: string;
}

export interface InspectedGlobal {
  readonly name: string;
  readonly value: Inspected;
}

export interface InspectLimits {
  /** Objects within objects. */
  readonly depth: number;
  /** Entries of each collection. */
  readonly items: number;
}

/** Values of one inspection: what it answers stays some megabytes, whatever is in memory. */
const valuesMax = 20_000;
const textUnitsMax = 1000;
const bufferBytesMax = 64;

/** Reads the globals that `wants` asks for; without names of them, all, by number. */
export function inspectState(
  state: ProfiledState,
  debug: DebugInfo | null,
  options: InspectLimits & { readonly wants: (name: string) => boolean },
): readonly InspectedGlobal[] {
  const isItsOwn = debug?.globals.length === state.globals.length;
  if (debug === null || !isItsOwn) {
    return [...state.globals]
      .map((bits, i) => ({ name: `global ${i}`, value: { type: "bits", value: String(bits) } }))
      .filter(({ name }) => options.wants(name));
  }
  const inspector = new Inspector(new StateMemory(state.memory, debug.classes), debug, options);
  const changing = debug.globals.map((each, i) => ({ ...each, bits: state.globals[i] ?? 0n }));
  const fixed = debug.constants.map((each) => ({ ...each, bits: BigInt(each.pointer) }));
  return [...changing, ...fixed]
    .filter(({ name }) => options.wants(name))
    .map(({ name, type, bits }) => ({ name, value: inspector.valueOf(type, bits, []) }));
}

/** Reads values in one memory. */
export class Inspector {
  readonly memory: StateMemory;
  readonly #classes: ReadonlyMap<number, DebugClass>;
  readonly #limits: InspectLimits;
  #values = 0;

  constructor(memory: StateMemory, debug: DebugInfo, limits: InspectLimits) {
    this.memory = memory;
    this.#classes = new Map(debug.classes.map((each) => [each.id, each]));
    this.#limits = limits;
  }

  /** A value of a type by its bits; `path` are the pointers of the objects that it lies in. */
  valueOf(type: DebugType, bits: bigint, path: readonly number[]): Inspected {
    const named = { type: shortName(type.name) };
    if (++this.#values > valuesMax) return { ...named, note: `more than ${valuesMax} values` };
    if (type.class === null) return { ...named, value: scalar(type.name, bits) };
    const pointer = Number(BigInt.asUintN(32, bits));
    if (pointer === 0) return { ...named, value: null };
    const header = this.memory.objectAt(pointer);
    if (header === null) return { ...named, note: `no object at ${pointer}` };
    const found = this.#classes.get(header.classId);
    if (found === undefined)
      return { ...named, note: `class ${header.classId} is not this module's` };
    if (path.includes(pointer)) return { type: shortName(found.name), note: "this object again" };
    return this.#object(found, pointer, [...path, pointer]);
  }

  /** A field or element that lies at an address. */
  valueAt(type: DebugType, address: number, path: readonly number[]): Inspected {
    const bits = this.memory.bits(address, sizeOf(type));
    if (bits === null) return { type: shortName(type.name), note: `${address} is not in memory` };
    return this.valueOf(type, bits, path);
  }

  /** The bits of an object's field; null where there is none of that name. */
  fieldBits(of: DebugClass, pointer: number, name: string): bigint | null {
    const field = of.fields.find((each) => each.name === name);
    return field === undefined
      ? null
      : this.memory.bits(pointer + field.offset, sizeOf(field.type));
  }

  classOf(id: number): DebugClass | null {
    return this.#classes.get(id) ?? null;
  }

  #object(of: DebugClass, pointer: number, path: readonly number[]): Inspected {
    const type = shortName(of.name);
    if (of.name === "~lib/string/String") {
      const { text, length } = this.memory.text(pointer, textUnitsMax);
      return { type, value: text, length, ...cutNote(length - textUnitsMax, "units") };
    }
    if (of.name === "~lib/arraybuffer/ArrayBuffer") {
      const { size: length = 0 } = this.memory.objectAt(pointer) ?? {};
      const bytes = this.memory.buffer(pointer, bufferBytesMax);
      const value = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      return { type, value, length, ...cutNote(length - bufferBytesMax, "bytes") };
    }
    const known = knownValue(this, of, pointer);
    if (known !== null) return { type, value: known };
    const collection = collectionOf(this, of, pointer, this.#limits.items);
    if (path.length > this.#limits.depth) {
      const length = collection === null ? {} : { length: collection.length };
      return { type, ...length, note: "deeper than asked for" };
    }
    if (collection !== null) return { type, ...this.#collection(collection, path) };
    return {
      type,
      fields: of.fields.map(({ name, offset, type: own }) => {
        return { name, value: this.valueAt(own, pointer + offset, path) };
      }),
    };
  }

  #placed(type: DebugType, placed: Placed, path: readonly number[]): Inspected {
    if ("bits" in placed) return this.valueOf(type, placed.bits, path);
    this.#values++;
    const of = type.class === null ? null : this.classOf(type.class);
    const known = of === null ? null : knownValue(this, of, placed.inlineAt);
    return { type: shortName(type.name), value: known };
  }

  #collection(
    { length, key, value, entries }: Collection,
    path: readonly number[],
  ): Omit<Inspected, "type"> {
    const begin = { length, ...cutNote(length - entries.length, "entries") };
    if (value === null) {
      return { ...begin, items: entries.map((each) => this.#placed(key, each.key, path)) };
    }
    return {
      ...begin,
      entries: entries.map((each) => ({
        key: this.#placed(key, each.key, path),
        value: this.#placed(value, each.value, path),
      })),
    };
  }
}

function cutNote(left: number, what: string): { readonly note?: string } {
  return left > 0 ? { note: `${left} more ${what}` } : {};
}

/** A number of the type's width and sign. */
function scalar(name: string, bits: bigint): number | string | boolean {
  if (name === "bool") return bits !== 0n;
  const width = 8 * sizeOf({ name, class: null });
  const value = name.startsWith("i") ? BigInt.asIntN(width, bits) : BigInt.asUintN(width, bits);
  return width === 64 ? String(value) : Number(value);
}
