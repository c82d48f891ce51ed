/**
 * Where everything that a process says is collected while it handles a message: one buffer, used
 * again for every message, so that the same few chunks of memory change and the collector has
 * nothing to do. Chains of parts grow side by side in it; at the end they are copied in order.
 *
 * Inside, there are only offsets and pointers, no references: a reference that is handed to a
 * function costs about 40 gas on AssemblyScript's shadow stack.
 *
 * @module
 */

/** The buffer is kept between messages up to this size. */
const keptMax: i32 = 16_384;
const capacityMin: i32 = 2048;

let buffer: ArrayBuffer = new ArrayBuffer(capacityMin);
let used: i32 = 0;

/** Begins again. */
export function clearArena(): void {
  // Offset 0 is no part: a chain that begins there is empty.
  used = 4;
  if (buffer.byteLength > keptMax) buffer = new ArrayBuffer(capacityMin);
}

/** Where the next byte goes; `length` bytes are free there. Earlier pointers are no longer valid. */
export function room(length: i32): usize {
  const end = used + length;
  assert(length >= 0 && end >= used, "more than 2^31 - 1 bytes");
  if (end > buffer.byteLength) grow(end);
  return changetype<usize>(buffer) + <usize>used;
}

/** Keeps `length` bytes that were written at `room`. */
export function keep(length: i32): void {
  used += length;
}

/** How many bytes are kept. */
export function position(): i32 {
  return used;
}

export function pointerTo(offset: i32): usize {
  return changetype<usize>(buffer) + <usize>offset;
}

function grow(needed: i32): void {
  const larger = new ArrayBuffer(max(needed, buffer.byteLength * 2));
  memory.copy(changetype<usize>(larger), changetype<usize>(buffer), <usize>used);
  buffer = larger;
}

/** A part: offset of the next part u32 (0: none) | length u32 | bytes. */
export const partHead: i32 = 8;

/**
 * A chain at `offset`: first part u32 | last part u32 | bytes in all parts u32 | parts u32. Chains lie
 * in the arena too.
 */
export const chainBytes: i32 = 16;

/** Makes an empty chain; its offset. */
export function newChain(): i32 {
  const pointer = room(chainBytes);
  store<u64>(pointer, 0, 0);
  store<u64>(pointer, 0, 8);
  const offset = used;
  used += chainBytes;
  return offset;
}

/** Adds a part of `length` bytes that were written at `room` + `partHead`. */
export function addPart(chain: i32, length: i32): void {
  const part = used;
  used += partHead + length;
  const head = pointerTo(part);
  store<u32>(head, 0, 0);
  store<u32>(head, <u32>length, 4);
  const entry = pointerTo(chain);
  const last = load<u32>(entry, 4);
  store<u32>(last == 0 ? entry : pointerTo(<i32>last), <u32>part);
  store<u32>(entry, <u32>part, 4);
  store<u32>(entry, load<u32>(entry, 8) + <u32>length, 8);
  store<u32>(entry, load<u32>(entry, 12) + 1, 12);
}

/** Bytes in all parts of a chain. */
export function chainLength(chain: i32): i32 {
  return load<i32>(pointerTo(chain), 8);
}

/** How many parts a chain has. */
export function chainCount(chain: i32): i32 {
  return load<i32>(pointerTo(chain), 12);
}

/** Copies all parts of a chain, in order, to the end of the arena. */
export function copyChain(chain: i32): void {
  const length = chainLength(chain);
  let target = room(length);
  let part = load<i32>(pointerTo(chain));
  while (part != 0) {
    const head = pointerTo(part);
    const bytes = load<u32>(head, 4);
    memory.copy(target, head + <usize>partHead, <usize>bytes);
    target += <usize>bytes;
    part = load<i32>(head);
  }
  used += length;
}
