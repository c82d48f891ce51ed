/**
 * Where a process's state lies in its tree (spec/12-state.md §4): 2^24 chunks of 32 bytes, the first
 * half linear memory, the second half the page count and then every mutable global.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { P } from "../field/koala-bear.ts";
import { compress, compressPair, digestLength } from "./poseidon2.ts";

/** Levels between a chunk and the root. */
export const treeDepth = 24;

/** Bytes of a chunk: 16 limbs of 16 bits, little-endian. */
export const chunkBytes = 32;

/** Levels of the tree inside a block: the unit in which changes are told, 8 chunks. */
export const blockLevels = 3;

/** Bytes of a block. */
export const blockBytes: number = 2 ** blockLevels * chunkBytes;

/** Index of the first chunk that is not memory. */
export const metaChunkIndex: number = 2 ** 23;

/** Bytes of a WebAssembly page. */
export const pageBytes = 65_536;

/** Pages that the memory half holds: 256 MiB. */
export const pageCountMax = 4096;

/** Mutable globals that a process may have; the profile's limit. */
export const globalCountMax = 1024;

/** The digest of a chunk: its limbs are the elements that are compressed. */
export function hashChunk(chunk: Uint8Array): Uint32Array {
  assert(chunk.length === chunkBytes, `not a chunk: ${chunk.length} bytes`);
  const limbs = new Uint32Array(16);
  for (let i = 0; i < limbs.length; i++) limbs[i] = chunk[2 * i]! | (chunk[2 * i + 1]! << 8);
  return compress(limbs);
}

/** Entry k is the digest of a subtree of 2^k chunks of zeros. */
export const zeroDigests: readonly Uint32Array[] = computeZeroDigests();

function computeZeroDigests(): readonly Uint32Array[] {
  const digests = [hashChunk(new Uint8Array(chunkBytes))];
  for (let level = 1; level <= treeDepth; level++) {
    const below = digests[level - 1]!;
    digests.push(compressPair(below, below));
  }
  return digests;
}

/**
 * The chunks from `metaChunkIndex` on: the page count, then every mutable global in index order,
 * 8 bytes little-endian each, filled up with zeros to a multiple of `alignment` bytes.
 */
export function encodeMeta(
  { pageCount, globals }: { readonly pageCount: number; readonly globals: BigUint64Array },
  alignment: number = chunkBytes,
): Uint8Array {
  assert(pageCount >= 0 && pageCount <= pageCountMax, `page count out of range: ${pageCount}`);
  assert(globals.length <= globalCountMax, `too many globals: ${globals.length}`);
  const length = 8 * (1 + globals.length);
  const meta = new Uint8Array(Math.ceil(length / alignment) * alignment);
  const view = new DataView(meta.buffer);
  view.setBigUint64(0, BigInt(pageCount), true);
  globals.forEach((value, i) => {
    view.setBigUint64(8 * (i + 1), value, true);
  });
  return meta;
}

/** A digest as 32 bytes: 8 words, little-endian. */
export function digestBytes(digest: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * digestLength);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < digestLength; i++) view.setUint32(4 * i, digest[i]!, true);
  return bytes;
}

/** The digest of 32 bytes, or null where they are not 8 canonical elements. */
export function digestFromBytes(bytes: Uint8Array): Uint32Array | null {
  if (bytes.length !== 4 * digestLength) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const digest = new Uint32Array(digestLength);
  for (let i = 0; i < digestLength; i++) {
    const element = view.getUint32(4 * i, true);
    if (element >= P) return null;
    digest[i] = element;
  }
  return digest;
}
