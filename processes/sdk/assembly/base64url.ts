/**
 * Unpadded base64url and lower-case hexadecimal (spec/02-encoding.md). Bytes have exactly one
 * spelling: padding, foreign characters and spare bits that are not zero are refused.
 *
 * @module
 */

// Tables rather than ranges: two gas a digit instead of about ten.
/** The 64 digits of RFC 4648 §5. */
export const digitTable: usize = memory.data<u8>([
  65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88,
  89, 90, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114,
  115, 116, 117, 118, 119, 120, 121, 122, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 45, 95,
]);

/** The value of each character below 256 as a digit; 255 where it is none. */
export const valueTable: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 62, 255, 255, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 255, 255,
  255, 255, 255, 255, 255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
  21, 22, 23, 24, 25, 255, 255, 255, 255, 63, 255, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37,
  38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
]);

/** Unpadded base64url of the bytes. */
export function toBase64url(bytes: Uint8Array): string {
  const length = <usize>bytes.length;
  const text = changetype<string>(__new(((length * 4 + 2) / 3) << 1, idof<string>()));
  let target = changetype<usize>(text);
  let pointer = bytes.dataStart;
  const end = pointer + length;
  while (pointer < end) {
    const left = min<usize>(3, end - pointer);
    let group = (<u32>load<u8>(pointer)) << 16;
    if (left > 1) group |= (<u32>load<u8>(pointer, 1)) << 8;
    if (left > 2) group |= <u32>load<u8>(pointer, 2);
    for (let digit: usize = 0; digit <= left; digit++) {
      const value = (group >> (18 - 6 * <u32>digit)) & 63;
      store<u16>(target, <u16>load<u8>(digitTable + <usize>value));
      target += 2;
    }
    pointer += left;
  }
  return text;
}

/** The bytes of unpadded base64url, or null where the text is not the one spelling of some bytes. */
export function fromBase64url(text: string): Uint8Array | null {
  const length = text.length;
  if (length % 4 == 1) return null;
  const bytes = new Uint8Array((length * 3) / 4);
  let target = bytes.dataStart;
  let bits: u32 = 0;
  let bitCount: u32 = 0;
  for (let at = 0; at < length; at++) {
    const character = <u32>text.charCodeAt(at);
    const value = character < 256 ? <u32>load<u8>(valueTable + <usize>character) : 255;
    if (value == 255) return null;
    bits = ((bits << 6) | value) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      store<u8>(target++, <u8>(bits >> bitCount));
    }
  }
  return (bits & ((1 << bitCount) - 1)) == 0 ? bytes : null;
}

/** Lower-case hexadecimal of the bytes. */
export function toHex(bytes: Uint8Array): string {
  const text = changetype<string>(__new((<usize>bytes.length) << 2, idof<string>()));
  let target = changetype<usize>(text);
  for (let at = 0; at < bytes.length; at++) {
    store<u16>(target, hexDigit(bytes[at] >> 4));
    store<u16>(target, hexDigit(bytes[at] & 15), 2);
    target += 4;
  }
  return text;
}

function hexDigit(value: u32): u16 {
  return <u16>(value < 10 ? 48 + value : 87 + value);
}

/** The bytes of hexadecimal text in either case, or null where it is not that. */
export function fromHex(text: string): Uint8Array | null {
  if ((text.length & 1) != 0) return null;
  const bytes = new Uint8Array(text.length >> 1);
  for (let at = 0; at < bytes.length; at++) {
    const high = hexValue(text.charCodeAt(2 * at));
    const low = hexValue(text.charCodeAt(2 * at + 1));
    if ((high | low) > 15) return null;
    bytes[at] = <u8>((high << 4) | low);
  }
  return bytes;
}

function hexValue(character: i32): u32 {
  if (character >= 48 && character <= 57) return character - 48;
  if (character >= 97 && character <= 102) return character - 87;
  if (character >= 65 && character <= 70) return character - 55;
  return 255;
}
