import { expect, test } from "vitest";
import { headKeyFromSeed } from "../src/crypto/head-key.ts";
import { cosign, parseHead } from "../src/log/head.ts";
import { testIdentity } from "../src/testing/sender.ts";
import { SignedLog } from "../src/testing/signed-log.ts";
import { SignedHeads } from "./signed-heads.ts";

const log = new SignedLog({ network: new Uint8Array(32).fill(5), scheduler: testIdentity(2) });
for (let i = 0; i < 80; i++) log.append(Uint8Array.of(i));
const key = headKeyFromSeed(new Uint8Array(32).fill(20));
const lineOf = (size: number, name: string) =>
  cosign(parseHead(log.head(size)).head, { name, key, seconds: 5 });

function opened(...sizes: readonly number[]): SignedHeads {
  const heads = new SignedHeads((place) => log.tile(place));
  for (const size of sizes) heads.publish(log.head(size));
  return heads;
}

test("a cosignature that comes late counts for what its own head covers, and for no more", () => {
  const heads = opened(3, 5, 9);
  expect(heads.cosign(5, lineOf(5, "w1"))?.signed.head.size).toBe(5);
  expect(heads.covering(4, 1)?.signed.head.size).toBe(5);
  expect(heads.covering(5, 1)).toBeNull();
  expect(heads.covering(5, 0)?.signed.head.size).toBe(9);
  expect(heads.newest?.signed.signatures).toHaveLength(1);
});

test("an older cosignature puts no newer one away", () => {
  const heads = opened(3, 5, 9);
  heads.cosign(9, lineOf(9, "w1"));
  heads.cosign(3, lineOf(3, "w2"));
  expect(heads.covering(4, 1)?.signed.head.size).toBe(9);
  heads.cosign(3, lineOf(3, "w1"));
  expect(heads.covering(2, 2)?.signed.head.size).toBe(3);
  expect(heads.covering(4, 2)).toBeNull();
  // Twice by one witness is once.
  heads.cosign(9, lineOf(9, "w1"));
  expect(heads.covering(4, 2)).toBeNull();
});

test("whoever demands certain witnesses finds the newest head that they are under", () => {
  const heads = opened(3, 5, 9);
  heads.cosign(3, lineOf(3, "slow"));
  heads.cosign(9, lineOf(9, "quick"));
  const found = heads
    .newestFirst()
    .find(({ signed }) => signed.signatures.some(({ name }) => name === "slow"));
  expect(found?.signed.head.size).toBe(3);
});

test("heads are kept in a bounded number, and those with cosignatures longer", () => {
  const sizes = Array.from({ length: 70 }, (_, i) => i + 2);
  const heads = opened(2, 3, 4);
  heads.cosign(3, lineOf(3, "w1"));
  for (const size of sizes.slice(3)) heads.publish(log.head(size));
  expect(heads.cosign(4, lineOf(4, "w1"))).toBeNull();
  expect(heads.newestFirst().length).toBeLessThanOrEqual(65);
  expect(heads.covering(2, 1)?.signed.head.size).toBe(3);
  expect(heads.cosign(71, lineOf(71, "w1"))?.signed.head.size).toBe(71);
});
