import { expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { headKeyFromSeed, headPublicKeyBytes, verifyHeadSignature } from "./head-key.ts";
import { seedFor } from "./key-derivation.ts";
import { mlDsa44 } from "./ml-dsa.ts";

const masterSeed = new Uint8Array(32).fill(3);
const key = headKeyFromSeed(masterSeed);
const bytes = utf8Bytes("example.org/log\n12\nAAAA\n");

test("signs a head's very bytes with the head44 seed's ML-DSA-44 key", () => {
  const plain = mlDsa44.keyFromSeed(seedFor(masterSeed, "head44"));
  expect(key.publicKey).toEqual(plain.publicKey);
  expect(key.publicKey.length).toBe(headPublicKeyBytes);
  expect(key.sign(bytes, "deterministic")).toEqual(plain.sign(bytes, "deterministic"));
});

test("a hedged signature holds for its bytes and its key alone", () => {
  const signature = key.sign(bytes);
  const claim = { publicKey: key.publicKey, signature, bytes };
  expect(signature).not.toEqual(key.sign(bytes));
  expect(verifyHeadSignature(claim)).toBe(true);
  expect(verifyHeadSignature({ ...claim, bytes: utf8Bytes("x") })).toBe(false);
  const { publicKey } = headKeyFromSeed(new Uint8Array(32));
  expect(verifyHeadSignature({ ...claim, publicKey })).toBe(false);
});

test("returns false and does not throw for wrong lengths", () => {
  const signature = key.sign(bytes);
  const { publicKey } = key;
  for (const length of [0, 2419, 2421]) {
    const claim = { publicKey, bytes, signature: new Uint8Array(length) };
    expect(verifyHeadSignature(claim), `${length} bytes`).toBe(false);
  }
  const short = publicKey.subarray(1);
  expect(verifyHeadSignature({ signature, bytes, publicKey: short })).toBe(false);
});
