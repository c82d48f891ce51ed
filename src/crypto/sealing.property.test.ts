import fc from "fast-check";
import { expect, test } from "vitest";
import { systemRandom } from "../base/random.ts";
import { seal, sealingKeyFromSeed, sealingOverheadBytes } from "./sealing.ts";

const key = sealingKeyFromSeed(new Uint8Array(32).fill(1));
const other = sealingKeyFromSeed(new Uint8Array(32).fill(2));
const text = fc.uint8Array({ maxLength: 300 });
const runs = { numRuns: 30 };

function sealFor(plaintext: Uint8Array, associatedData: Uint8Array): Uint8Array {
  const { publicKey } = key;
  return seal({ publicKey, plaintext, associatedData, random: systemRandom });
}

test("property: open(seal(text)) is the text, and sealing adds a fixed length", () => {
  fc.assert(
    fc.property(text, text, (plaintext, associatedData) => {
      const sealed = sealFor(plaintext, associatedData);
      expect(sealed.length).toBe(plaintext.length + sealingOverheadBytes);
      expect(key.open(sealed, associatedData)).toEqual(plaintext);
    }),
    runs,
  );
});

test("property: a sealed text with any one bit changed is refused with a code", () => {
  fc.assert(
    fc.property(text, fc.nat(), (plaintext, position) => {
      const sealed = sealFor(plaintext, new Uint8Array());
      const bit = position % (sealed.length * 8);
      sealed[bit >> 3] = sealed[bit >> 3]! ^ (1 << (bit & 7));
      expect(() => key.open(sealed, new Uint8Array())).toThrow("SEALED_INVALID");
    }),
    runs,
  );
});

test("property: any bytes that nobody sealed are refused with a code", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1300 }), (sealed) => {
      expect(() => key.open(sealed, new Uint8Array())).toThrow("SEALED_INVALID");
      const versioned = Uint8Array.of(1, ...sealed);
      expect(() => key.open(versioned, new Uint8Array())).toThrow("SEALED_INVALID");
    }),
    runs,
  );
});

test("another key, other associated data or a shortened text does not open", () => {
  const sealed = sealFor(Uint8Array.of(1, 2, 3), Uint8Array.of(9));
  expect(key.open(sealed, Uint8Array.of(9))).toEqual(Uint8Array.of(1, 2, 3));
  expect(() => other.open(sealed, Uint8Array.of(9))).toThrow("SEALED_INVALID");
  expect(() => key.open(sealed, Uint8Array.of(8))).toThrow("SEALED_INVALID");
  expect(() => key.open(sealed.subarray(0, -1), Uint8Array.of(9))).toThrow("SEALED_INVALID");
});

test("sealing twice with one source of randomness in two states gives two texts", () => {
  const plaintext = new Uint8Array(64);
  const first = sealFor(plaintext, new Uint8Array());
  expect(sealFor(plaintext, new Uint8Array())).not.toEqual(first);
});

test("refuses a public key of a wrong length or with a coefficient above the modulus", () => {
  const input = { plaintext: new Uint8Array(), associatedData: new Uint8Array() };
  const random = systemRandom;
  for (const publicKey of [new Uint8Array(1183), new Uint8Array(1184).fill(0xff)]) {
    expect(() => seal({ ...input, publicKey, random })).toThrow("SEALING_KEY_INVALID");
  }
});
