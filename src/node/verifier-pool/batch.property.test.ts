import fc from "fast-check";
import { expect, test } from "vitest";
import type { MlDsaClaim } from "../../crypto/ml-dsa.ts";
import { AcceptedClaims } from "./accepted-claims.ts";
import { packBatch, unpackBatch } from "./batch.ts";

const claimOf = (publicKeyBytes: number, signatureBytes: number): fc.Arbitrary<MlDsaClaim> =>
  fc.record({
    publicKey: fc.nat(255).map((byte) => new Uint8Array(publicKeyBytes).fill(byte)),
    signature: fc.nat(255).map((byte) => new Uint8Array(signatureBytes).fill(byte)),
    bytes: fc.uint8Array({ maxLength: 100 }),
  });

const claims: fc.Arbitrary<MlDsaClaim[]> = fc.array(
  fc.oneof(claimOf(1952, 3309), claimOf(1312, 2420)),
  { maxLength: 5 },
);

test("property: unpacking a packed batch gives the claims in order", () => {
  fc.assert(
    fc.property(claims, (batch) => {
      expect(unpackBatch(packBatch(batch))).toEqual(batch);
    }),
    { numRuns: 25 },
  );
});

test("property: two claims have one name only if they are equal", () => {
  const accepted = new AcceptedClaims(1);
  fc.assert(
    fc.property(claims, (batch) => {
      const names = new Set(batch.map((claim) => accepted.nameOf(claim)));
      const texts = new Set(batch.map((claim) => Buffer.from(packBatch([claim])).toString("hex")));
      expect(names.size).toBe(texts.size);
    }),
  );
});

test("remembers only so many claims and forgets the one that was longest unused", () => {
  const accepted = new AcceptedClaims(2);
  accepted.add("a");
  accepted.add("b");
  expect(accepted.has("a")).toBe(true);
  accepted.add("c");
  expect([accepted.has("a"), accepted.has("b"), accepted.has("c")]).toEqual([true, false, true]);
  const none = new AcceptedClaims(0);
  none.add("a");
  expect(none.has("a")).toBe(false);
});
