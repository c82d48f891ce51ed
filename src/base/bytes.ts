/**
 * Byte strings: comparison, concatenation, and the text forms of spec/02-encoding.md (unpadded
 * base64url, lower-case hexadecimal). Text has exactly one spelling per byte string.
 *
 * @module
 */

const utf8Encoder = new TextEncoder();
// `ignoreBOM` keeps a leading U+FEFF, so that decoding loses nothing; `fatal` refuses ill-formed bytes.
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** True if both byte strings have the same length and the same bytes. Not constant time. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** Orders byte strings as unsigned bytes, a prefix first: -1, 0 or 1. */
export function compareBytes(left: Uint8Array, right: Uint8Array): -1 | 0 | 1 {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = (left[i] as number) - (right[i] as number);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return left.length === right.length ? 0 : left.length < right.length ? -1 : 1;
}

/** One byte string after the other, in a new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** The UTF-8 bytes of well-formed text; a lone surrogate is our own mistake here. */
export function utf8Bytes(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** The text of UTF-8 bytes, or null where the bytes are not well-formed UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    return null;
  }
}

/** An unsigned integer below 2^53 as eight bytes, big-endian. */
export function u64be(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a u53: ${value}`);
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / 2 ** 32));
  view.setUint32(4, value >>> 0);
  return bytes;
}

/** An unsigned integer below 2^32 as four bytes, big-endian. */
export function u32be(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`not a u32: ${value}`);
  }
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const hexDigits = "0123456789abcdef";

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (hexDigits[byte >> 4] ?? "") + (hexDigits[byte & 15] ?? "");
  return text;
}

/** The bytes of hexadecimal text in either case, or null where it is not that. */
export function fromHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const base64urlDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const base64urlValues: ReadonlyMap<string, number> = new Map(
  Array.from(base64urlDigits, (digit, value): [string, number] => [digit, value]),
);

/** Every pair of digits, for twelve bits at a time: ids are written several times a message. */
const base64urlPairs: readonly string[] = Array.from(
  { length: 4096 },
  (_, bits) => `${base64urlDigits[bits >> 6]}${base64urlDigits[bits & 63]}`,
);

/** Unpadded base64url (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  const whole = bytes.length - (bytes.length % 3);
  let text = "";
  for (let i = 0; i < whole; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += (base64urlPairs[group >> 12] ?? "") + (base64urlPairs[group & 4095] ?? "");
  }
  if (bytes.length === whole) return text;
  const [first = 0, second = 0] = [bytes[whole], bytes[whole + 1]];
  text += base64urlPairs[(first << 4) | (second >> 4)] ?? "";
  return bytes.length - whole === 1 ? text : text + (base64urlDigits[(second & 15) << 2] ?? "");
}

/**
 * The bytes of unpadded base64url text, or null where the text is not the one spelling of some
 * bytes: padding, foreign characters, an impossible length, spare bits that are not zero.
 */
export function fromBase64url(text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let bitCount = 0;
  let offset = 0;
  for (const digit of text) {
    const value = base64urlValues.get(digit);
    if (value === undefined) return null;
    bits = ((bits << 6) | value) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[offset++] = (bits >> bitCount) & 0xff;
    }
  }
  return (bits & ((1 << bitCount) - 1)) === 0 ? bytes : null;
}
