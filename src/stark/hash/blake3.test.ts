import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { hashBytes, hashPair, hashWords, wordBytes } from "./blake3.ts";

const vectors = new URL("../../../../shared/vectors/blake3/test_vectors.json", import.meta.url);

/** The vectors' input: the bytes 0, 1, ..., 250, and again. */
function patternBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

if (existsSync(vectors)) {
  test("agrees with the official BLAKE3 vectors of every length", () => {
    const parsed = JSON.parse(readFileSync(vectors, "utf8")) as {
      cases: { input_len: number; hash: string }[];
    };
    expect(parsed.cases.length).toBeGreaterThan(30);
    for (const { input_len: length, hash } of parsed.cases) {
      expect(toHex(wordBytes(hashBytes(patternBytes(length)))), `length ${length}`).toBe(
        hash.slice(0, 64),
      );
    }
  });
} else {
  test("official BLAKE3 vectors absent (BLAKE3-team/BLAKE3 test_vectors.json), passed over", () => {
    expect(existsSync(vectors)).toBe(false);
  });
}

test("agrees with BLAKE3's published digest of the empty input and of one chunk and a byte", () => {
  expect(toHex(wordBytes(hashBytes(new Uint8Array())))).toBe(
    "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
  );
  expect(toHex(wordBytes(hashBytes(patternBytes(1025))))).toBe(
    "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
  );
});

test("hashes words as their little-endian bytes", () => {
  for (const length of [0, 1, 15, 16, 17, 255, 256, 257, 700]) {
    const bytes = patternBytes(4 * length);
    const words = new Uint32Array(bytes.buffer);
    expect(hashWords(words), `${length} words`).toEqual(hashBytes(bytes));
  }
});

test("a node over two digests differs from the leaf with the same bytes and from the swapped node", () => {
  const left = hashBytes(Uint8Array.of(1));
  const right = hashBytes(Uint8Array.of(2));
  const leaf = hashWords(Uint32Array.of(...left, ...right));
  expect(hashPair(left, right)).not.toEqual(leaf);
  expect(hashPair(left, right)).not.toEqual(hashPair(right, left));
});
