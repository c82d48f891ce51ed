import { expect, test } from "vitest";
import { identityFromSeed } from "../../crypto/identity.ts";
import { verifySignature } from "../../crypto/signature.ts";
import { quietLogger } from "../../testing/in-process-network.ts";
import { unitIdentity } from "./unit-identity.ts";

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
