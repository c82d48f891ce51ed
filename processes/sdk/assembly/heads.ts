/**
 * The heads of canonical values (spec/02-encoding.md), written at a pointer: each function answers
 * how many bytes it wrote, at most `headMax`. Shared by everything that encodes.
 *
 * @module
 */

/** Bytes of the longest head, that of an integer above 2^32. */
export const headMax: i32 = 9;

function head8(target: usize, first: u8, value: u32): i32 {
  store<u8>(target, first);
  store<u8>(target, <u8>value, 1);
  return 2;
}

function head16(target: usize, first: u8, value: u32): i32 {
  store<u8>(target, first);
  store<u16>(target, bswap(<u16>value), 1);
  return 3;
}

function head32(target: usize, first: u8, value: u32): i32 {
  store<u8>(target, first);
  store<u32>(target, bswap(value), 1);
  return 5;
}

export function storeUint(target: usize, value: u64): i32 {
  if (value < 0x80) {
    store<u8>(target, <u8>value);
    return 1;
  }
  if (value <= 0xff) return head8(target, 0xcc, <u32>value);
  if (value <= 0xffff) return head16(target, 0xcd, <u32>value);
  if (value <= 0xffff_ffff) return head32(target, 0xce, <u32>value);
  store<u8>(target, 0xcf);
  store<u64>(target, bswap(value), 1);
  return 9;
}

export function storeArrayHead(target: usize, count: i32): i32 {
  if (count < 16) {
    store<u8>(target, <u8>(0x90 | count));
    return 1;
  }
  return count <= 0xffff ? head16(target, 0xdc, <u32>count) : head32(target, 0xdd, <u32>count);
}

export function storeTextHead(target: usize, length: i32): i32 {
  if (length < 32) {
    store<u8>(target, <u8>(0xa0 | length));
    return 1;
  }
  if (length <= 0xff) return head8(target, 0xd9, <u32>length);
  return length <= 0xffff ? head16(target, 0xda, <u32>length) : head32(target, 0xdb, <u32>length);
}

export function storeBytesHead(target: usize, length: i32): i32 {
  if (length <= 0xff) return head8(target, 0xc4, <u32>length);
  return length <= 0xffff ? head16(target, 0xc5, <u32>length) : head32(target, 0xc6, <u32>length);
}
