/**
 * How messages and new processes lie in the arena while they are collected: each item is target 32
 * bytes (zero for a new process) | next item u32 (0: none) | chain of tags u32 | chain of data u32 |
 * has data u32. Tags and data are encoded as they are given.
 *
 * @module
 */

import * as arena from "./arena";
import { headMax, storeArrayHead, storeBytesHead, storeTextHead, storeUint } from "./heads";
import * as inbox from "./inbox";
import { storeAscii, storeUtf8, utf8Length } from "./utf8";

// Caps of spec/11-limits.md that a process can run into; the host refuses what is above them.
const tagsMax: i32 = 64;
const tagNameMax: i32 = 64;
const tagValueMax: i32 = 3072;
const dataMax: i32 = 262_144;

const itemBytes: i32 = 48;
const nextAt: usize = 32;
const tagsAt: usize = 36;
const dataAt: usize = 40;
const hasDataAt: usize = 44;

/** Adds text to a chain as it is. */
export function addText(chain: i32, units: usize, count: i32): void {
  const target = arena.room(arena.partHead + count) + <usize>arena.partHead;
  if (storeAscii(units, count, target)) return arena.addPart(chain, count);
  const length = utf8Length(units, count);
  const wide = arena.room(arena.partHead + length) + <usize>arena.partHead;
  storeUtf8(units, count, wide);
  arena.addPart(chain, length);
}

/** Adds bytes to a chain as they are. */
export function addBytes(chain: i32, pointer: usize, length: i32): void {
  const target = arena.room(arena.partHead + length) + <usize>arena.partHead;
  memory.copy(target, pointer, <usize>length);
  arena.addPart(chain, length);
}

/** Writes text with its head at `target`; the bytes written. */
export function storeText(target: usize, units: usize, count: i32, length: i32): i32 {
  const head = storeTextHead(target, length);
  storeUtf8(units, count, target + <usize>head);
  return head + length;
}

/**
 * Begins a tag whose value takes at most `valueBytes`: the pair's head and the name are written, the
 * value follows where the pointer that is answered says. `endTag` ends it.
 */
export function beginTag(item: i32, units: usize, count: i32, valueBytes: i32): usize {
  const nameBytes = utf8Length(units, count);
  assert(nameBytes > 0 && nameBytes <= tagNameMax, "a tag's name has 1 to 64 bytes");
  assert(valueBytes <= tagValueMax, "a tag's value has at most 3072 bytes");
  const start = arena.room(arena.partHead + nameBytes + valueBytes + 3 * headMax);
  const chain = load<i32>(arena.pointerTo(item), tagsAt);
  assert(arena.chainCount(chain) < tagsMax, "a message has at most 64 tags");
  const pair = start + <usize>arena.partHead;
  const head = storeArrayHead(pair, 2);
  return pair + <usize>head + <usize>storeText(pair + <usize>head, units, count, nameBytes);
}

export function endTag(item: i32, end: usize): void {
  const start = arena.pointerTo(arena.position()) + <usize>arena.partHead;
  arena.addPart(load<i32>(arena.pointerTo(item), tagsAt), <i32>(end - start));
}

/** Adds a tag of the message being handled, as it came. */
export function copyTag(item: i32, tag: i32): void {
  const nameLength = inbox.nameLength(tag);
  const valueLength = inbox.valueLength(tag);
  const start = arena.room(arena.partHead + nameLength + valueLength + 3 * headMax);
  const chain = load<i32>(arena.pointerTo(item), tagsAt);
  assert(arena.chainCount(chain) < tagsMax, "a message has at most 64 tags");
  let at = start + <usize>arena.partHead;
  at += <usize>storeArrayHead(at, 2);
  at += <usize>storeTextHead(at, nameLength);
  memory.copy(at, inbox.namePointer(tag), <usize>nameLength);
  at += <usize>nameLength;
  at += <usize>storeTextHead(at, valueLength);
  memory.copy(at, inbox.valuePointer(tag), <usize>valueLength);
  endTag(item, at + <usize>valueLength);
}

/** The chain of an item's data. */
export function dataOf(item: i32): i32 {
  const entry = arena.pointerTo(item);
  store<u32>(entry, 1, hasDataAt);
  return load<i32>(entry, dataAt);
}

/** Makes an item; its offset. */
export function newItem(): i32 {
  const tags = arena.newChain();
  const data = arena.newChain();
  const pointer = arena.room(itemBytes);
  memory.fill(pointer, 0, <usize>itemBytes);
  store<u32>(pointer, <u32>tags, tagsAt);
  store<u32>(pointer, <u32>data, dataAt);
  const offset = arena.position();
  arena.keep(itemBytes);
  return offset;
}

/** The item after `item`, or 0. */
export function nextItem(item: i32): i32 {
  return load<i32>(arena.pointerTo(item), nextAt);
}

export function setNextItem(item: i32, next: i32): void {
  store<u32>(arena.pointerTo(item), <u32>next, nextAt);
}

/** The chain of an item's data, as it is. */
export function dataChain(item: i32): i32 {
  return load<i32>(arena.pointerTo(item), dataAt);
}

/** Writes the head of an array at the end of the arena. */
export function putArray(count: i32): void {
  arena.keep(storeArrayHead(arena.room(headMax), count));
}

/** Writes an integer at the end of the arena. */
export function putUint(value: u64): void {
  arena.keep(storeUint(arena.room(headMax), value));
}

/** Writes a chain as a byte string at the end of the arena. */
export function putBytes(chain: i32): void {
  arena.keep(storeBytesHead(arena.room(headMax), arena.chainLength(chain)));
  arena.copyChain(chain);
}

/** Writes an item's target at the end of the arena. */
export function putTarget(item: i32): void {
  const target = arena.room(headMax + 32);
  const head = storeBytesHead(target, 32);
  memory.copy(target + <usize>head, arena.pointerTo(item), 32);
  arena.keep(head + 32);
}

/** Writes an item's tags and data at the end of the arena. */
export function putTagsAndData(item: i32): void {
  const tags = load<i32>(arena.pointerTo(item), tagsAt);
  putArray(arena.chainCount(tags));
  arena.copyChain(tags);
  const entry = arena.pointerTo(item);
  if (load<u32>(entry, hasDataAt) == 0) {
    store<u8>(arena.room(1), 0xc0);
    arena.keep(1);
    return;
  }
  const data = load<i32>(entry, dataAt);
  assert(arena.chainLength(data) <= dataMax, "a message's data has at most 256 KiB");
  putBytes(data);
}
