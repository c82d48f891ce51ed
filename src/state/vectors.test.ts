import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../base/bytes.ts";
import { imageRoot } from "./image-root.ts";
import { StateKernel } from "./kernel.ts";
import { digestBytes, pageBytes, zeroDigests } from "./layout.ts";
import { decodeMultiproof, verifyMultiproof } from "./multiproof.ts";
import { compress, permute } from "./poseidon2.ts";
import { StateTree } from "./state-tree.ts";

interface ImageVector {
  readonly name: string;
  readonly pageCount: number;
  readonly writes: readonly { readonly at: number; readonly hex: string }[];
  readonly globals: readonly string[];
  readonly root: string;
}

/** A committed file of spec/vectors/state; the tests below give it its shape. */
function readVectors<Shape>(name: string): Shape {
  const url = new URL(`../../spec/vectors/state/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Shape;
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === null) throw new Error(`not hexadecimal: ${hex}`);
  return bytes;
}

const kernel = new StateKernel();

test("the permutation and its compression are those of the vectors", () => {
  const vectors =
    readVectors<{ input: number[]; permuted: number[]; compressed: number[] }[]>(
      "poseidon2_v1.json",
    );
  expect(vectors.length).toBeGreaterThan(0);
  for (const { input, permuted, compressed } of vectors) {
    const state = Uint32Array.from(input);
    expect(Array.from(compress(state))).toEqual(compressed);
    const digest = new Uint32Array(8);
    kernel.compressPairs(state, digest);
    expect(Array.from(digest)).toEqual(compressed);
    permute(state);
    expect(Array.from(state)).toEqual(permuted);
  }
});

test("zero subtrees and the roots of images are those of the vectors", () => {
  const vectors = readVectors<{ zeroDigests: string[]; images: ImageVector[] }>("tree_v1.json");
  expect(zeroDigests.map((digest) => toHex(digestBytes(digest)))).toEqual(vectors.zeroDigests);
  expect(vectors.images.length).toBeGreaterThan(0);
  for (const image of vectors.images) {
    const memory = new Uint8Array(image.pageCount * pageBytes);
    for (const { at, hex } of image.writes) memory.set(bytesOf(hex), at);
    const globals = BigUint64Array.from(image.globals, BigInt);
    expect(toHex(imageRoot({ memory, globals })), image.name).toBe(image.root);
    const tree = StateTree.build({ kernel, memory, globals });
    expect(toHex(tree.root()), image.name).toBe(image.root);
  }
});

test("multiproofs hold or are refused, and for the reason, that the vectors say", () => {
  const vectors = readVectors<{
    root: string;
    valid: { indices: number[]; proof: string }[];
    refused: { name: string; reason: string; proof: string }[];
  }>("multiproof_v1.json");
  const root = bytesOf(vectors.root);
  const verdictOf = (bytes: Uint8Array): unknown => {
    const decoded = decodeMultiproof(bytes);
    return decoded.ok ? verifyMultiproof(decoded.proof, root) : decoded;
  };
  expect(vectors.valid.length).toBeGreaterThan(0);
  for (const { indices, proof } of vectors.valid) {
    expect(verdictOf(bytesOf(proof)), String(indices)).toEqual({ ok: true });
    const decoded = decodeMultiproof(bytesOf(proof));
    expect(decoded.ok && Array.from(decoded.proof.indices)).toEqual(indices);
  }
  expect(vectors.refused.length).toBeGreaterThan(0);
  for (const { name, reason, proof } of vectors.refused) {
    expect(verdictOf(bytesOf(proof)), name).toEqual({ ok: false, reason });
  }
});
