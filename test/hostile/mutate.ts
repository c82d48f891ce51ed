/**
 * Mutations of valid inputs: of bytes, of canonical values (the result is canonical again, so it gets
 * past the codec), of JSON and of text.
 *
 * @module
 */

import { concatBytes } from "../../src/base/bytes.ts";
import { type Canonical, encodeCanonical } from "../../src/protocol/codec.ts";
import { decodeCanonical } from "../../src/protocol/decode.ts";
import type { Json } from "../../src/protocol/record.ts";
import type { Chance } from "./chance.ts";

/** Heads of lengths, types and sections that decoders trip over. */
const tellingBytes = [0, 1, 0x0b, 0x7f, 0x80, 0x90, 0xc0, 0xc4, 0xc6, 0xcf, 0xdb, 0xdd, 0xff];
const tellingNumbers = [0, 1, 2, 31, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32];
const hugeNumbers = [2 ** 53 - 1, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
const tellingTexts = [
  "",
  "\0",
  "\u{feff}",
  "\u{10ffff}",
  "-1",
  "1e9",
  "__proto__",
  "Module",
  "a/b",
];

/** One to four changes of bytes; `other` is spliced in at times. */
export function mutateBytes(chance: Chance, seed: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(seed);
  for (let left = 1 + chance.below(4); left > 0; left--) bytes = changeBytes(chance, bytes, other);
  return bytes;
}

function changeBytes(chance: Chance, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = chance.below(bytes.length + 1);
  const length = chance.below(1 + Math.min(64, bytes.length - at));
  switch (chance.below(8)) {
    case 0:
    case 1:
      if (at < bytes.length) bytes[at] = bytes[at]! ^ (1 << chance.below(8));
      return bytes;
    case 2:
      if (at < bytes.length) bytes[at] = chance.pick(tellingBytes);
      return bytes;
    case 3:
      return concatBytes(bytes.subarray(0, at), bytes.subarray(at + length));
    case 4:
      return concatBytes(bytes.subarray(0, at), chance.bytes(length), bytes.subarray(at));
    case 5:
      return concatBytes(bytes.subarray(0, at + length), bytes.subarray(at));
    case 6:
      return bytes.slice(0, at);
    default: {
      const from = chance.below(other.length + 1);
      return concatBytes(bytes.subarray(0, at), other.subarray(from, from + 256));
    }
  }
}

/** One or two changes of the value that canonical bytes hold: canonical bytes again. */
export function mutateCanonical(chance: Chance, seed: Uint8Array): Uint8Array {
  let value = decodeCanonical(seed);
  for (let left = 1 + chance.below(2); left > 0; left--) value = changeValue(chance, value, 1);
  return encodeCanonical(value);
}

function changeValue(chance: Chance, value: Canonical, depth: number): Canonical {
  if (!isList(value) || value.length === 0 || chance.below(8) === 0) {
    return replaced(chance, value, depth);
  }
  const items: Canonical[] = [...value];
  const at = chance.below(items.length);
  const item = items[at] as Canonical;
  switch (chance.below(10)) {
    case 0:
      items.splice(at, 1);
      break;
    case 1:
      items.splice(at, 0, item);
      break;
    case 2:
      items.push(chance.pick(items));
      break;
    case 3:
      items[at] = chance.pick(items);
      break;
    default:
      items[at] = changeValue(chance, item, depth + 1);
  }
  return items;
}

function replaced(chance: Chance, value: Canonical, depth: number): Canonical {
  if (value instanceof Uint8Array && chance.below(4) > 0) {
    return mutateBytes(chance, value, value).slice(0, 300_000);
  }
  if (typeof value === "number" && chance.below(2) === 0) {
    return Math.max(0, value + chance.below(3) - 1);
  }
  switch (chance.below(8)) {
    case 0:
      return null;
    case 1:
      return chance.below(2) === 0;
    case 2:
      return chance.pick(tellingNumbers);
    case 3:
      return chance.pick(hugeNumbers);
    case 4:
      return chance.pick(tellingTexts);
    case 5:
      return "x".repeat(chance.pick(tellingNumbers.slice(0, 10)));
    case 6:
      return chance.bytes(chance.pick([0, 1, 12, 31, 32, 33, 1952, 3309]));
    default:
      return depth < 7 ? Array<Canonical>(chance.below(20)).fill(depth < 6 ? [null] : null) : 0;
  }
}

function isList(value: Canonical): value is readonly Canonical[] {
  return Array.isArray(value);
}

/** One or two changes of a JSON value. */
export function mutateJson(chance: Chance, seed: Json): Json {
  const once = changeJson(chance, seed);
  return chance.below(2) === 0 ? once : changeJson(chance, once);
}

function changeJson(chance: Chance, value: Json): Json {
  if (typeof value !== "object" || value === null || chance.below(10) === 0) {
    return otherJson(chance, value);
  }
  if (Array.isArray(value)) {
    const items: Json[] = [...value];
    if (items.length === 0 || chance.below(5) === 0) return [...items, ...items, null];
    const at = chance.below(items.length);
    items[at] = changeJson(chance, items[at] as Json);
    return items;
  }
  const members: Record<string, Json> = { ...(value as Readonly<Record<string, Json>>) };
  const names = Object.keys(members);
  if (names.length === 0) return { more: 1 };
  const name = chance.pick(names);
  const member = members[name] as Json;
  const how = chance.below(6);
  if (how === 0) delete members[name];
  else if (how === 1) members[chance.pick(["__proto__x", "toString", "length", ""])] = member;
  else members[name] = changeJson(chance, member);
  return members;
}

function otherJson(chance: Chance, value: Json): Json {
  if (typeof value === "string" && chance.below(3) > 0) return mutateText(chance, value);
  const others: readonly Json[] = [null, true, -1, 0.5, 1e300, 2 ** 53, "", "=", [], {}, [[[]]]];
  return chance.pick(others);
}

/** One to three changes of a text. */
export function mutateText(chance: Chance, seed: string): string {
  let text = seed;
  for (let left = 1 + chance.below(3); left > 0; left--) {
    const at = chance.below(text.length + 1);
    const length = chance.below(4);
    const inserted = chance.pick([
      ...tellingTexts,
      String.fromCharCode(chance.below(0x180)),
      "%",
      "%2e%2e",
      "/",
      "9".repeat(chance.below(20)),
      text.slice(at, at + 8),
    ]);
    text = text.slice(0, at) + inserted + text.slice(at + length);
  }
  return text.slice(0, 100_000);
}
