import { expect, test } from "vitest";
import { headKeyFromSeed, verifyHeadSignature } from "../../crypto/head-key.ts";
import { identityFromSeed } from "../../crypto/identity.ts";
import { verifySignature } from "../../crypto/signature.ts";
import { quietLogger } from "../../testing/in-process-network.ts";
import { unitHeadKey, unitIdentity } from "./unit-identity.ts";

const seed = new Uint8Array(32).fill(7);
const tag = "nymcompute/attestation/v1";
const payload = Uint8Array.of(1, 2, 3);

test("a unit's identity is that of its seed, and the reference accepts what it signs", async () => {
  const unit = await unitIdentity(seed, quietLogger);
  const { address, algorithm, publicKey } = identityFromSeed(seed);
  expect(unit).toMatchObject({ address, algorithm, publicKey });
  for (let length = 0; length < 200; length += 40) {
    const claim = {
      algorithm,
      publicKey,
      tag,
      payload: new Uint8Array(length).fill(length),
    } as const;
    const signature = unit.sign(tag, claim.payload);
    expect(verifySignature({ ...claim, signature })).toBe(true);
    const other = { ...claim, payload, signature };
    expect(verifySignature(other)).toBe(false);
  }
});

test("a unit hedges: one payload is signed in two ways", async () => {
  const unit = await unitIdentity(seed, quietLogger);
  expect(unit.sign(tag, payload)).not.toEqual(unit.sign(tag, payload));
});

test("where vectors ask for it, a unit signs without randomness as the reference does", async () => {
  const unit = await unitIdentity(seed, quietLogger);
  const reference = identityFromSeed(seed, "deterministic").sign(tag, payload);
  expect(unit.sign(tag, payload, "deterministic")).toEqual(reference);
});

test("a unit's head key is that of its seed, and the reference accepts what it signs", async () => {
  const key = await unitHeadKey(seed, quietLogger);
  const reference = headKeyFromSeed(seed, "deterministic");
  const { publicKey } = reference;
  expect(key.publicKey).toEqual(publicKey);
  for (const bytes of [payload, new Uint8Array(0), new Uint8Array(300).fill(9)]) {
    const signature = key.sign(bytes);
    expect(verifyHeadSignature({ publicKey, signature, bytes })).toBe(true);
    const other = Uint8Array.of(...bytes, 1);
    expect(verifyHeadSignature({ publicKey, signature, bytes: other })).toBe(false);
  }
  expect(key.sign(payload)).not.toEqual(key.sign(payload));
  expect(key.sign(payload, "deterministic")).toEqual(reference.sign(payload));
});
