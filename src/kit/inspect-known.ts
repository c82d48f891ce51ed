/**
 * Objects of the SDK that have a spelling of their own: an address, a number of 128 bits.
 *
 * @module
 */

import { toBase64url } from "../base/bytes.ts";
import type { DebugClass } from "./compile-debug.ts";
import type { Inspector } from "./inspect-state.ts";

const sdk = "~lib/nymcompute/sdk/";

/** Bytes of such an object; null for any other class. */
export function knownBytes(of: DebugClass | null): number | null {
  if (of?.name === `${sdk}address/Address`) return 32;
  return of?.name === `${sdk}u128/U128` ? 16 : null;
}

/** The object as its own `toString` writes it; null where it has no such spelling. */
export function knownValue(inspector: Inspector, of: DebugClass, pointer: number): string | null {
  if (of.name === `${sdk}address/Address`) return addressAt(inspector, of, pointer);
  if (of.name === `${sdk}u128/U128`) return amountAt(inspector, of, pointer);
  return null;
}

/** Four big-endian words. */
function addressAt(inspector: Inspector, of: DebugClass, pointer: number): string | null {
  const bytes = new DataView(new ArrayBuffer(32));
  for (const [i, name] of ["word0", "word1", "word2", "word3"].entries()) {
    const word = inspector.fieldBits(of, pointer, name);
    if (word === null) return null;
    bytes.setBigUint64(8 * i, word);
  }
  return toBase64url(new Uint8Array(bytes.buffer));
}

function amountAt(inspector: Inspector, of: DebugClass, pointer: number): string | null {
  const low = inspector.fieldBits(of, pointer, "low");
  const high = inspector.fieldBits(of, pointer, "high");
  return low === null || high === null ? null : String((high << 64n) | low);
}
