/**
 * Collections in a process's memory: arrays, the compiler's `Map` and `Set` (a list of entries in the
 * order of insertion, with holes), the SDK's `SortedMap` (a B+ tree whose leaves are linked).
 *
 * @module
 */

import type { DebugClass, DebugType } from "./compile-debug.ts";
import { knownBytes } from "./inspect-known.ts";
import type { Inspector } from "./inspect-state.ts";
import { elementType, sizeOf } from "./state-memory.ts";

export interface Collection {
  /** As the collection itself says, which may be anything. */
  readonly length: number;
  readonly key: DebugType;
  /** Null where there are keys alone: arrays and sets. */
  readonly value: DebugType | null;
  /** The first ones, at most as many as asked for. */
  readonly entries: readonly Entry[];
}

/** A value's bits, or where an object lies that has no header of its own. */
export type Placed = { readonly bits: bigint } | { readonly inlineAt: number };

export interface Entry {
  readonly key: Placed;
  readonly value: Placed;
}

const nothing: Placed = { bits: 0n };

/** Holes that are passed over in search of entries. */
const holesMax = 100_000;
/** A tree of this height holds more than memory does. */
const heightMax = 32;

/** The collection that an object is; null where it is none. */
export function collectionOf(
  inspector: Inspector,
  of: DebugClass,
  pointer: number,
  items: number,
): Collection | null {
  const element = elementType(of);
  if (element !== null) return arrayAt(inspector, element, pointer, items);
  const [key, value = null] = of.typeArguments;
  if (key === undefined) return null;
  const object = { inspector, of, pointer, items };
  if (of.name.startsWith("~lib/map/Map<") && value !== null) return hashed(object, key, value);
  if (of.name.startsWith("~lib/set/Set<")) return hashed(object, key, null);
  const isSorted = of.name.startsWith("~lib/nymcompute/sdk/sorted-map/SortedMap<");
  return isSorted && value !== null ? sorted(object, key, value) : null;
}

interface CollectionObject {
  readonly inspector: Inspector;
  readonly of: DebugClass;
  readonly pointer: number;
  readonly items: number;
}

function arrayAt(
  { memory }: Inspector,
  element: DebugType,
  pointer: number,
  items: number,
): Collection {
  const all = memory.elements(pointer);
  const entries: Entry[] = [];
  for (let i = 0; i < Math.min(all.length, items); i++) {
    const bits = BigInt.asUintN(64, BigInt(all[i] ?? 0));
    entries.push({ key: { bits }, value: nothing });
  }
  return { length: all.length, key: element, value: null, entries };
}

/** `MapEntry` and `SetEntry` of the compiler: key, value, then a word whose lowest bit marks a hole. */
function hashed(
  { inspector, of, pointer, items }: CollectionObject,
  key: DebugType,
  value: DebugType | null,
): Collection {
  const field = (name: string): number => Number(inspector.fieldBits(of, pointer, name) ?? 0n);
  const { memory } = inspector;
  const valueAt = value === null ? 0 : upTo(sizeOf(key), sizeOf(value));
  const tagAt = upTo(value === null ? sizeOf(key) : valueAt + sizeOf(value), 4);
  const widest = Math.max(sizeOf(key), value === null ? 0 : sizeOf(value), 4);
  const stride = upTo(tagAt + 4, widest);
  const entries: Entry[] = [];
  const begin = field("entries");
  const end = Math.min(field("entriesOffset"), items + holesMax);
  for (let i = 0; i < end && entries.length < items; i++) {
    const at = begin + i * stride;
    const tag = memory.bits(at + tagAt, 4);
    const keyBits = memory.bits(at, sizeOf(key));
    const valueBits = value === null ? 0n : memory.bits(at + valueAt, sizeOf(value));
    if (tag === null || keyBits === null || valueBits === null) break;
    if ((tag & 1n) !== 0n) continue;
    entries.push({ key: { bits: keyBits }, value: { bits: valueBits } });
  }
  return { length: field("entriesCount"), key, value, entries };
}

function upTo(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment;
}

function sorted(
  { inspector, of, pointer, items }: CollectionObject,
  key: DebugType,
  value: DebugType,
): Collection {
  const length = Number(inspector.fieldBits(of, pointer, "entryCount") ?? 0n);
  const entries: Entry[] = [];
  const root = nodeAt(inspector, inspector.fieldBits(of, pointer, "root"));
  let leaf = root === null ? null : firstLeaf(inspector, root);
  // Each leaf that is gone through has an entry, or ends the way.
  for (; leaf !== null && entries.length < items; leaf = nodeAt(inspector, leaf("next"))) {
    const count = Math.min(Number(leaf("count") ?? 0n), items - entries.length);
    const [keys, values] = [leaf("keys"), leaf("values")];
    let found = 0;
    for (; found < count; found++) {
      const own = slotAt(inspector, key, keys, found);
      const its = slotAt(inspector, value, values, found);
      if (own === null || its === null) break;
      entries.push({ key: own, value: its });
    }
    if (found === 0) break;
  }
  return { length, key, value, entries };
}

/** A slot of a node: addresses and amounts lie in it by value (processes/sdk/assembly/slots.ts). */
function slotAt(
  inspector: Inspector,
  type: DebugType,
  slots: bigint | null,
  index: number,
): Placed | null {
  const pointer = Number(slots ?? 0n);
  const header = inspector.memory.objectAt(pointer);
  const inline = type.class === null ? null : knownBytes(inspector.classOf(type.class));
  const width = inline ?? sizeOf(type);
  if (header === null || (index + 1) * width > header.size) return null;
  const address = pointer + index * width;
  if (inline !== null) return { inlineAt: address };
  const bits = inspector.memory.bits(address, width);
  return bits === null ? null : { bits };
}

/** The fields of a node, by name. */
type TreeNode = (field: string) => bigint | null;

function nodeAt(inspector: Inspector, bits: bigint | null): TreeNode | null {
  const pointer = Number(bits ?? 0n);
  const header = inspector.memory.objectAt(pointer);
  const of = header === null ? null : inspector.classOf(header.classId);
  return of === null ? null : (field) => inspector.fieldBits(of, pointer, field);
}

function firstLeaf(inspector: Inspector, root: TreeNode): TreeNode | null {
  let node: TreeNode | null = root;
  for (let height = 0; height < heightMax && node !== null; height++) {
    if (node("isLeaf") !== 0n) return node;
    const children = Number(node("children") ?? 0n);
    node = nodeAt(inspector, inspector.memory.bits(children, 4));
  }
  return null;
}
