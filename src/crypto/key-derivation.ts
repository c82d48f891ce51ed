/**
 * Key derivation (spec/03-identity.md §1). One master seed of 32 bytes is input of HKDF-SHA-256
 * (RFC 5869) and of nothing else: every key has its own purpose, so a leaked derived seed says
 * nothing about the master or about another purpose.
 *
 * @module
 */

import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { assert } from "../base/assert.ts";
import { concatBytes, u32be, utf8Bytes } from "../base/bytes.ts";

/** The length of a master seed. */
export const masterSeedBytes = 32;

/** What a derived seed is for, with the length its algorithm wants. */
export const seedBytesOf = { sign65: 32, head44: 32, kem768: 64 } as const;
export type SeedPurpose = keyof typeof seedBytesOf;

const salt = utf8Bytes("nymcompute/identity/v1");

/** HKDF-SHA-256 (RFC 5869): extract and expand to `length` bytes, at most 8,160. */
export function hkdfSha256(input: {
  readonly keyMaterial: Uint8Array;
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
  readonly length: number;
}): Uint8Array {
  return hkdf(sha256, input.keyMaterial, input.salt, input.info, input.length);
}

function derive(masterSeed: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  assert(masterSeed.length === masterSeedBytes, "a master seed has 32 bytes");
  return hkdfSha256({ keyMaterial: masterSeed, salt, info, length });
}

/** The seed of one purpose: 32 bytes for the ML-DSA keys, 64 for ML-KEM-768 (`d ‖ z`). */
export function seedFor(masterSeed: Uint8Array, purpose: SeedPurpose): Uint8Array {
  return derive(masterSeed, utf8Bytes(purpose), seedBytesOf[purpose]);
}

/**
 * The master seed of pseudonym number `index` (a u32): a whole identity of its own, which nobody
 * without the first master can link to it or to another pseudonym.
 */
export function pseudonymSeed(masterSeed: Uint8Array, index: number): Uint8Array {
  const info = concatBytes(utf8Bytes("pseudonym"), Uint8Array.of(0), u32be(index));
  return derive(masterSeed, info, masterSeedBytes);
}
