/**
 * Base64 with padding (RFC 4648 §4), as the C2SP formats write hashes, keys and signatures. Decoding
 * takes the one canonical spelling of its bytes and nothing else.
 *
 * @module
 */

import { fromBase64url, toBase64url } from "./bytes.ts";

/** The text of bytes, padded to a multiple of four characters. */
export function toBase64(bytes: Uint8Array): string {
  const text = toBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** The bytes of a text; null where it is not how `toBase64` writes them. */
export function fromBase64(text: string): Uint8Array | null {
  if (/[-_]/.test(text)) return null;
  const unpadded = text.replace(/={0,2}$/, "");
  const bytes = fromBase64url(unpadded.replaceAll("+", "-").replaceAll("/", "_"));
  return bytes !== null && toBase64(bytes) === text ? bytes : null;
}
