/**
 * The bytes of the message being handled (spec/06-execution.md §4). The host writes canonical
 * bytes where `alloc` says; they are read in place, and text is made only of what is asked for.
 *
 * @module
 */

import { Address } from "./address";
import { headEnd, headValue, Kind, readHead } from "./canonical";
import { equalsUtf8 } from "./utf8";

/** Kept between messages up to this size, so that the same memory is used again and again. */
const inboxKeptMax: i32 = 16_384;

/** A byte string of 32 bytes: 0xc4, 32. */
const digestHead: u16 = 0x20c4;

/** An array of two. */
const pairHead: u8 = 0x92;

/** 64 tags, for each: name pointer, name length, value pointer, value length. */
const tagWords: usize = 4;
const tagsMax: i32 = 64;

// In a global, where the collector finds it: nothing else holds the buffer while the host fills it.
let buffer: ArrayBuffer = new ArrayBuffer(1024);
const tagTable: StaticArray<u32> = new StaticArray<u32>(<i32>tagWords * tagsMax);

let position: usize = 0;
let end: usize = 0;

/** How many messages came before; a `Message` that is read later than its own turn aborts. */
export let turn: u64 = 0;
export let tagCount: i32 = 0;
export let hasData: bool = false;
export let dataPointer: usize = 0;
export let dataLength: i32 = 0;

/** Room for `length` bytes of the next message. */
export function allocateInbox(length: i32): i32 {
  const kept = buffer.byteLength > inboxKeptMax ? 0 : buffer.byteLength;
  if (length > kept || kept == 0) buffer = new ArrayBuffer(max(length, 1024));
  return <i32>changetype<usize>(buffer);
}

/** Begins with a message of `length` bytes. */
export function openInbox(length: i32): void {
  assert(length >= 0 && length <= buffer.byteLength, "the message is longer than its buffer");
  position = changetype<usize>(buffer);
  end = position + <usize>length;
  turn += 1;
}

function expect(kind: Kind): u64 {
  assert(readHead(position, end) == kind, "the inbox is not canonical");
  position = headEnd;
  return headValue;
}

/** Passes over text or a byte string; its content begins at the pointer that is answered. */
function content(kind: Kind): usize {
  const length = <usize>expect(kind);
  const start = position;
  position += length;
  assert(position <= end, "the inbox is not canonical");
  return start;
}

export function readUint(): u64 {
  return expect(Kind.Uint);
}

export function readArray(): i32 {
  return <i32>expect(Kind.Array);
}

/** Passes over a byte string of 32 bytes; where it lies. */
export function readDigest(): usize {
  const pointer = position + 2;
  assert(pointer + 32 <= end && load<u16>(position) == digestHead, "the inbox is not canonical");
  position = pointer + 32;
  return pointer;
}

export function readAddress(): Address {
  return Address.load(readDigest());
}

/** True if the next value is nil, which it then passes over. */
export function readNil(): bool {
  if (load<u8>(position) != 0xc0) return false;
  position += 1;
  return true;
}

/** Passes over a byte string of `headValue` bytes; where it lies. */
export function readBytes(): usize {
  return content(Kind.Bytes);
}

/** Passes over text; writes where it lies and its length at `entry`. */
function readText(entry: usize): void {
  const first = <u32>load<u8>(position);
  // Short text, without the detour over its kind.
  if ((first & 0xe0) == 0xa0) {
    const length = first & 31;
    store<u32>(entry, <u32>position + 1);
    store<u32>(entry, length, 4);
    position += 1 + <usize>length;
    assert(position <= end, "the inbox is not canonical");
    return;
  }
  store<u32>(entry, <u32>content(Kind.Text));
  store<u32>(entry, <u32>headValue, 4);
}

/** The tags and the data: the end of the inbox. */
export function readTagsAndData(): void {
  tagCount = readArray();
  assert(tagCount <= tagsMax, "the inbox is not canonical");
  let entry = changetype<usize>(tagTable);
  for (let at = 0; at < tagCount; at++) {
    assert(position < end && load<u8>(position) == pairHead, "the inbox is not canonical");
    position += 1;
    readText(entry);
    readText(entry + 8);
    entry += tagWords * 4;
  }
  hasData = !readNil();
  dataPointer = hasData ? content(Kind.Bytes) : 0;
  dataLength = hasData ? <i32>headValue : 0;
  assert(position == end, "the inbox is not canonical");
}

function entryAt(tag: i32): usize {
  return changetype<usize>(tagTable) + <usize>tag * tagWords * 4;
}

export function namePointer(tag: i32): usize {
  return <usize>load<u32>(entryAt(tag));
}

export function nameLength(tag: i32): i32 {
  return load<i32>(entryAt(tag), 4);
}

export function valuePointer(tag: i32): usize {
  return <usize>load<u32>(entryAt(tag), 8);
}

export function valueLength(tag: i32): i32 {
  return load<i32>(entryAt(tag), 12);
}

/** The first tag whose name is these code units, or -1. */
export function findTag(units: usize, count: i32): i32 {
  let entry = entryAt(0);
  for (let tag = 0; tag < tagCount; tag++) {
    const length = load<i32>(entry, 4);
    // Most names differ in length already.
    if (length >= count && equalsUtf8(<usize>load<u32>(entry), length, units, count)) return tag;
    entry += tagWords * 4;
  }
  return -1;
}
