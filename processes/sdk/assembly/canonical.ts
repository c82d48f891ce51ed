/**
 * The check of canonical bytes (spec/02-encoding.md): one value, every integer and length in its
 * shortest form, well-formed UTF-8, no maps, floats, negative integers or extensions, values at most
 * eight deep, nothing after the value. Bytes that pass have no other encoding.
 *
 * @module
 */

import { isUtf8 } from "./utf8";

/** The outermost value has depth 1, a value within an array one more than the array. */
const depthMax: i32 = 8;

/** The n-byte big-endian integer at `pointer`. */
function bigEndian(pointer: usize, bytes: usize): u64 {
  let value: u64 = 0;
  for (let at: usize = 0; at < bytes; at++) value = (value << 8) | <u64>load<u8>(pointer + at);
  return value;
}

// What `readHead` found: a value's kind, its length or count, and where its bytes begin.
export const enum Kind {
  Refused,
  Nil,
  Bool,
  Uint,
  Text,
  Bytes,
  Array,
}
export let headValue: u64 = 0;
export let headEnd: usize = 0;

/** A head of `bytes` more bytes whose value has no shorter form below `least`. */
function longHead(pointer: usize, end: usize, bytes: usize, least: u64): bool {
  if (pointer + 1 + bytes > end) return false;
  headValue = bigEndian(pointer + 1, bytes);
  headEnd = pointer + 1 + bytes;
  return headValue >= least;
}

/** Reads the head of the value at `pointer`, below `end`; its kind, or `Refused`. */
export function readHead(pointer: usize, end: usize): Kind {
  if (pointer >= end) return Kind.Refused;
  const first = <u32>load<u8>(pointer);
  headEnd = pointer + 1;
  if (first < 0x80) {
    headValue = first;
    return Kind.Uint;
  }
  if (first >= 0x90 && first < 0xa0) {
    headValue = first & 15;
    return Kind.Array;
  }
  if (first >= 0xa0 && first < 0xc0) {
    headValue = first & 31;
    return Kind.Text;
  }
  switch (first) {
    case 0xc0:
      return Kind.Nil;
    case 0xc2:
    case 0xc3:
      headValue = first & 1;
      return Kind.Bool;
    case 0xc4:
      return longHead(pointer, end, 1, 0) ? Kind.Bytes : Kind.Refused;
    case 0xc5:
      return longHead(pointer, end, 2, 0x100) ? Kind.Bytes : Kind.Refused;
    case 0xc6:
      return longHead(pointer, end, 4, 0x1_0000) ? Kind.Bytes : Kind.Refused;
    case 0xcc:
      return longHead(pointer, end, 1, 0x80) ? Kind.Uint : Kind.Refused;
    case 0xcd:
      return longHead(pointer, end, 2, 0x100) ? Kind.Uint : Kind.Refused;
    case 0xce:
      return longHead(pointer, end, 4, 0x1_0000) ? Kind.Uint : Kind.Refused;
    case 0xcf:
      return longHead(pointer, end, 8, 0x1_0000_0000) ? Kind.Uint : Kind.Refused;
    case 0xd9:
      return longHead(pointer, end, 1, 32) ? Kind.Text : Kind.Refused;
    case 0xda:
      return longHead(pointer, end, 2, 0x100) ? Kind.Text : Kind.Refused;
    case 0xdb:
      return longHead(pointer, end, 4, 0x1_0000) ? Kind.Text : Kind.Refused;
    case 0xdc:
      return longHead(pointer, end, 2, 16) ? Kind.Array : Kind.Refused;
    case 0xdd:
      return longHead(pointer, end, 4, 0x1_0000) ? Kind.Array : Kind.Refused;
    default:
      return Kind.Refused;
  }
}

/** The end of the value at `pointer`, or 0 where it is not canonical. */
function checkedEnd(pointer: usize, end: usize, depth: i32): usize {
  const kind = depth > depthMax ? Kind.Refused : readHead(pointer, end);
  if (kind == Kind.Refused) return 0;
  if (kind == Kind.Text || kind == Kind.Bytes) {
    if (headValue > <u64>(end - headEnd)) return 0;
    const content = headEnd;
    if (kind == Kind.Text && !isUtf8(content, <i32>headValue)) return 0;
    return content + <usize>headValue;
  }
  let next = headEnd;
  if (kind == Kind.Array) {
    for (let left = headValue; left > 0; left--) {
      next = checkedEnd(next, end, depth + 1);
      if (next == 0) return 0;
    }
  }
  return next;
}

/** True if the `length` bytes at `pointer` are one canonical value and nothing else. */
export function isCanonicalAt(pointer: usize, length: i32): bool {
  const end = pointer + <usize>length;
  return length > 0 && checkedEnd(pointer, end, 1) == end;
}
