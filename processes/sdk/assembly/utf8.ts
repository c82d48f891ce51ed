/**
 * UTF-8 and AssemblyScript's UTF-16 strings. Almost all text of a process is ASCII, so the loops take
 * four characters at a time and leave the rest to the standard library: about 4 gas a character
 * instead of 20. What is not well-formed aborts; nothing is replaced silently.
 *
 * @module
 */

/** Set in four UTF-16 code units, where one of them is not ASCII. */
const notAsciiUnits: u64 = 0xff80_ff80_ff80_ff80;
const notAsciiBytes: u32 = 0x8080_8080;

/** Four ASCII bytes as four UTF-16 code units. */
function widen(bytes: u32): u64 {
  let units = <u64>bytes;
  units = (units | (units << 16)) & 0x0000_ffff_0000_ffff;
  return (units | (units << 8)) & 0x00ff_00ff_00ff_00ff;
}

/**
 * How many code units the string at `units` has: the runtime keeps its bytes before them. Functions
 * here take pointers, because a reference that is handed on costs about 40 gas; the caller holds it.
 */
export function countOf(units: usize): i32 {
  return <i32>(load<u32>(units - 4) >> 1);
}

/** True if all `count` code units are ASCII. */
export function isAscii(units: usize, count: i32): bool {
  const end = units + ((<usize>count) << 1);
  while (units + 8 <= end) {
    if ((load<u64>(units) & notAsciiUnits) != 0) return false;
    units += 8;
  }
  while (units < end) {
    if (load<u16>(units) >= 0x80) return false;
    units += 2;
  }
  return true;
}

/**
 * Writes ASCII code units at `target`, one byte each, where `count` bytes are free. False where it
 * met another one; what it wrote is then of no use.
 */
export function storeAscii(units: usize, count: i32, target: usize): bool {
  const end = units + ((<usize>count) << 1);
  while (units + 8 <= end) {
    let four = load<u64>(units);
    if ((four & notAsciiUnits) != 0) return false;
    four = (four | (four >> 8)) & 0x0000_ffff_0000_ffff;
    store<u32>(target, <u32>(four | (four >> 16)));
    units += 8;
    target += 4;
  }
  while (units < end) {
    const unit = <u32>load<u16>(units);
    if (unit >= 0x80) return false;
    store<u8>(target, <u8>unit);
    units += 2;
    target += 1;
  }
  return true;
}

/** Bytes of code units in UTF-8; aborts where half a surrogate pair is among them. */
export function utf8Length(units: usize, count: i32): i32 {
  if (isAscii(units, count)) return count;
  let length = 0;
  for (let at = 0; at < count; at++) {
    const unit = <u32>load<u16>(units + ((<usize>at) << 1));
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if ((unit & 0xf800) != 0xd800) length += 3;
    else {
      at += 1;
      const low = at < count ? <u32>load<u16>(units + ((<usize>at) << 1)) : 0;
      assert(unit < 0xdc00 && (low & 0xfc00) == 0xdc00, "text holds half a surrogate pair");
      length += 4;
    }
  }
  return length;
}

/** Writes code units at `target`, where `utf8Length` bytes are free. */
export function storeUtf8(units: usize, count: i32, target: usize): void {
  if (storeAscii(units, count, target)) return;
  String.UTF8.encodeUnsafe(units, count, target, false);
}

/** The text of well-formed UTF-8 at `pointer`. */
export function loadUtf8(pointer: usize, length: i32): string {
  const end = pointer + <usize>length;
  let ahead = pointer;
  while (ahead + 4 <= end && (load<u32>(ahead) & notAsciiBytes) == 0) ahead += 4;
  while (ahead < end && load<u8>(ahead) < 0x80) ahead += 1;
  if (ahead != end) return String.UTF8.decodeUnsafe(pointer, <usize>length);
  const text = changetype<string>(__new((<usize>length) << 1, idof<string>()));
  let target = changetype<usize>(text);
  while (pointer + 4 <= end) {
    store<u64>(target, widen(load<u32>(pointer)));
    pointer += 4;
    target += 8;
  }
  while (pointer < end) {
    store<u16>(target, <u16>load<u8>(pointer));
    pointer += 1;
    target += 2;
  }
  return text;
}

/** True if the UTF-8 at `pointer` spells `count` code units. */
export function equalsUtf8(pointer: usize, length: i32, units: usize, count: i32): bool {
  // Only code units above ASCII are longer in UTF-8.
  if (length != count) return length > count && equalsWide(pointer, length, units, count);
  const end = pointer + <usize>length;
  while (pointer + 4 <= end) {
    const bytes = load<u32>(pointer);
    // A byte above 0x7f here belongs to another text: one of this length would be ASCII.
    if ((bytes & notAsciiBytes) != 0 || widen(bytes) != load<u64>(units)) return false;
    pointer += 4;
    units += 8;
  }
  while (pointer < end) {
    const byte = load<u8>(pointer);
    if (byte >= 0x80 || <u16>byte != load<u16>(units)) return false;
    pointer += 1;
    units += 2;
  }
  return true;
}

function equalsWide(pointer: usize, length: i32, units: usize, count: i32): bool {
  const first = load<u16>(units);
  if (count == 0 || (first < 0x80 && first != <u16>load<u8>(pointer))) return false;
  if (isAscii(units, count)) return false;
  const text = loadUtf8(pointer, length);
  return (
    text.length == count && memory.compare(changetype<usize>(text), units, (<usize>count) << 1) == 0
  );
}

/** True if the UTF-8 at `pointer` begins with `count` ASCII code units. */
export function startsWithUtf8(pointer: usize, length: i32, units: usize, count: i32): bool {
  return length >= count && equalsUtf8(pointer, count, units, count);
}

/** Bytes of the sequence that `first` opens, by RFC 3629 §4; 0 for a byte that opens none. */
function sequenceLength(first: u32): usize {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/** True if the bytes are well-formed UTF-8: shortest forms, no surrogates, nothing above U+10FFFF. */
export function isUtf8(pointer: usize, length: i32): bool {
  const end = pointer + <usize>length;
  while (pointer < end) {
    const first = <u32>load<u8>(pointer);
    const bytes = sequenceLength(first);
    if (bytes == 0 || pointer + bytes > end) return false;
    if (bytes > 1) {
      const second = <u32>load<u8>(pointer, 1);
      if ((second & 0xc0) != 0x80) return false;
      if (first == 0xe0 && second < 0xa0) return false;
      if (first == 0xed && second > 0x9f) return false;
      if (first == 0xf0 && second < 0x90) return false;
      if (first == 0xf4 && second > 0x8f) return false;
    }
    for (let at: usize = 2; at < bytes; at++) {
      if ((load<u8>(pointer + at) & 0xc0) != 0x80) return false;
    }
    pointer += bytes;
  }
  return true;
}

/** The UTF-8 bytes of the text. */
export function toUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(changetype<usize>(text), text.length));
  storeUtf8(changetype<usize>(text), text.length, bytes.dataStart);
  return bytes;
}

/** The text of the bytes; aborts where they are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  assert(isUtf8(bytes.dataStart, bytes.length), "the bytes are not well-formed UTF-8");
  return loadUtf8(bytes.dataStart, bytes.length);
}
