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

/** True if every character of the text is ASCII. */
export function isAscii(text: string): bool {
  let pointer = changetype<usize>(text);
  const end = pointer + ((<usize>text.length) << 1);
  while (pointer + 8 <= end) {
    if ((load<u64>(pointer) & notAsciiUnits) != 0) return false;
    pointer += 8;
  }
  while (pointer < end) {
    if (load<u16>(pointer) >= 0x80) return false;
    pointer += 2;
  }
  return true;
}

/** Writes ASCII text at `target`: one byte a character. */
export function storeAscii(text: string, target: usize): void {
  let pointer = changetype<usize>(text);
  const end = pointer + ((<usize>text.length) << 1);
  while (pointer + 8 <= end) {
    let units = load<u64>(pointer);
    units = (units | (units >> 8)) & 0x0000_ffff_0000_ffff;
    store<u32>(target, <u32>(units | (units >> 16)));
    pointer += 8;
    target += 4;
  }
  while (pointer < end) {
    store<u8>(target, load<u8>(pointer));
    pointer += 2;
    target += 1;
  }
}

/** Bytes of the text in UTF-8. */
export function utf8Length(text: string): i32 {
  return isAscii(text) ? text.length : String.UTF8.byteLength(text);
}

/** Writes the text at `target`, where `utf8Length(text)` bytes are free. */
export function storeUtf8(text: string, target: usize): void {
  if (isAscii(text)) return storeAscii(text, target);
  String.UTF8.encodeUnsafe(
    changetype<usize>(text),
    text.length,
    target,
    false,
    String.UTF8.ErrorMode.ERROR,
  );
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

/** True if the UTF-8 at `pointer` spells `text`. */
export function equalsUtf8(pointer: usize, length: i32, text: string): bool {
  let unit = changetype<usize>(text);
  if (length != text.length) {
    // Only text with characters above ASCII has another length in UTF-8.
    return length > text.length && !isAscii(text) && loadUtf8(pointer, length) == text;
  }
  const end = pointer + <usize>length;
  while (pointer + 4 <= end) {
    const bytes = load<u32>(pointer);
    // A byte above 0x7f here belongs to another text: `text` of this length would be ASCII.
    if ((bytes & notAsciiBytes) != 0 || widen(bytes) != load<u64>(unit)) return false;
    pointer += 4;
    unit += 8;
  }
  while (pointer < end) {
    const byte = load<u8>(pointer);
    if (byte >= 0x80 || <u16>byte != load<u16>(unit)) return false;
    pointer += 1;
    unit += 2;
  }
  return true;
}

/** True if the UTF-8 at `pointer` begins with the ASCII text `prefix`. */
export function startsWithUtf8(pointer: usize, length: i32, prefix: string): bool {
  return length >= prefix.length && equalsUtf8(pointer, prefix.length, prefix);
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
  const bytes = new Uint8Array(utf8Length(text));
  storeUtf8(text, bytes.dataStart);
  return bytes;
}

/** The text of the bytes; aborts where they are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  assert(isUtf8(bytes.dataStart, bytes.length), "the bytes are not well-formed UTF-8");
  return loadUtf8(bytes.dataStart, bytes.length);
}
