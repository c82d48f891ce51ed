import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { expect, test } from "vitest";
import { equalBytes, toHex, utf8Bytes } from "../base/bytes.ts";
import { systemRandom } from "../base/random.ts";
import { addressOf } from "./address.ts";
import { sha256, taggedHash } from "./hash.ts";
import { createIdentity, identityFromSeed } from "./identity.ts";
import { pseudonymSeed, seedFor } from "./key-derivation.ts";
import { algorithmMlDsa65, referenceVerifier, signedBytes, verifySignature } from "./signature.ts";

const seed = new Uint8Array(32).fill(7);
const identity = identityFromSeed(seed);
const tag = "nymcompute/message-signature/v1";
const payload = utf8Bytes("pay Bob 5");

test("derives a signing key that is not the master seed's own", () => {
  expect(equalBytes(identity.publicKey, ml_dsa65.keygen(seed).publicKey)).toBe(false);
  expect(identity.publicKey).toEqual(ml_dsa65.keygen(seedFor(seed, "sign65")).publicKey);
});

test("derives different seeds for different purposes and pseudonyms", () => {
  const seeds = [
    seed,
    seedFor(seed, "sign65"),
    seedFor(seed, "head44"),
    seedFor(seed, "kem768").slice(0, 32),
    seedFor(seed, "kem768").slice(32),
    pseudonymSeed(seed, 0),
    pseudonymSeed(seed, 1),
    pseudonymSeed(pseudonymSeed(seed, 0), 0),
  ];
  expect(new Set(seeds.map(toHex)).size).toBe(seeds.length);
});

test("refuses a master seed of another length", () => {
  for (const length of [0, 31, 33, 64]) {
    expect(() => identityFromSeed(new Uint8Array(length)), `${length} bytes`).toThrow(/32 bytes/);
  }
});

test("hashes the algorithm byte and the key into the address", () => {
  const preimage = Uint8Array.of(...utf8Bytes("nymcompute/address/v1"), 0, 1, 5, 6);
  expect(addressOf(1, Uint8Array.of(5, 6))).toEqual(sha256(preimage));
  expect(identity.address).toEqual(addressOf(algorithmMlDsa65, identity.publicKey));
  expect(addressOf(2, identity.publicKey)).not.toEqual(identity.address);
  expect(taggedHash("nymcompute/address/v1", identity.publicKey)).not.toEqual(identity.address);
});

test("writes the signed bytes as zero, tag with length, payload with length", () => {
  const bytes = signedBytes("nymcompute/bundle/v1", Uint8Array.of(0xaa, 0xbb));
  const tagHex = Buffer.from("nymcompute/bundle/v1").toString("hex");
  expect(toHex(bytes)).toBe(`0014${tagHex}0000000000000002aabb`);
});

test("signs differently each time unless told to be deterministic, and all signatures hold", async () => {
  const signatures = [
    identity.sign(tag, payload),
    identity.sign(tag, payload),
    identity.sign(tag, payload, "deterministic"),
    identityFromSeed(seed, "deterministic").sign(tag, payload),
  ];
  expect(new Set(signatures.map(toHex)).size).toBe(3);
  expect(signatures[3]).toEqual(signatures[2]);
  const claims = signatures.map((signature) => ({ ...identity, signature, tag, payload }) as const);
  expect(await referenceVerifier.verify(claims)).toEqual([true, true, true, true]);
});

test("a signature of one tag is none of another, nor of another payload, key or algorithm", () => {
  const signature = identity.sign(tag, payload);
  const claim = { ...identity, signature, tag, payload } as const;
  expect(verifySignature(claim)).toBe(true);
  expect(verifySignature({ ...claim, tag: "nymcompute/bundle/v1" })).toBe(false);
  expect(verifySignature({ ...claim, tag: "nymcompute/other/v1" as typeof tag })).toBe(false);
  expect(verifySignature({ ...claim, payload: utf8Bytes("pay Bob 6") })).toBe(false);
  expect(verifySignature({ ...claim, algorithm: 2 })).toBe(false);
  const { publicKey } = createIdentity(systemRandom);
  expect(verifySignature({ ...claim, publicKey })).toBe(false);
});

test("what is signed under a tag that is not on the list holds for nobody", () => {
  const other = "nymcompute/other/v1" as typeof tag;
  const signature = identity.sign(other, payload);
  expect(verifySignature({ ...identity, signature, tag: other, payload })).toBe(false);
});

test("returns false and does not throw for keys and signatures of wrong lengths", () => {
  const signature = identity.sign(tag, payload);
  const claim = { ...identity, signature, tag, payload } as const;
  for (const length of [0, 1, 3308, 3310, 6000]) {
    expect(verifySignature({ ...claim, signature: new Uint8Array(length) }), `${length}`).toBe(
      false,
    );
  }
  for (const length of [0, 1, 1951, 1953, 4000]) {
    expect(verifySignature({ ...claim, publicKey: new Uint8Array(length) }), `${length}`).toBe(
      false,
    );
  }
});

test("creates an identity from the source it is given, with the seed to restore it", () => {
  const created = createIdentity({ bytes: (length) => new Uint8Array(length).fill(9) });
  expect(created.seed).toEqual(new Uint8Array(32).fill(9));
  expect(identityFromSeed(created.seed).address).toEqual(created.address);
});
