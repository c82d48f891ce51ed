/**
 * BLAKE3 (spec/08-proofs.md §3; the BLAKE3 paper, section 2) in its plain mode with 32-byte output,
 * on 32-bit little-endian words: what the transcript and the Merkle trees need, and nothing else.
 *
 * It is here and not a dependency because the verifier spends half its time in `compress`, and
 * because the tree uses the parent compression by itself. Checked against the official vectors.
 *
 * @module
 */

import { compress, initialState } from "./blake3-compress.ts";

/** Words in a digest. */
export const digestWords = 8;

const blockWords = 16;
const blockBytes = 64;
const chunkBytes = 1024;
const chunkStart = 1;
const chunkEnd = 2;
const parent = 4;
const root = 8;

/** The chaining value of one chunk: bytes `start` to `end` of the input. */
function chunkDigest(
  words: Uint32Array,
  range: { readonly start: number; readonly end: number; readonly flags: number },
): Uint32Array {
  const chain = initialState.slice();
  const counter = range.start / chunkBytes;
  let flags = chunkStart;
  let at = range.start;
  for (; at + blockBytes < range.end; at += blockBytes) {
    compress(chain, words, at / 4, { counter, length: blockBytes, flags });
    flags = 0;
  }
  // The last block is padded with zeros, whatever lies behind it in the array.
  const block = new Uint32Array(blockWords);
  const length = range.end - at;
  for (let i = 0; 4 * i < length; i++) block[i] = words[at / 4 + i]!;
  compress(chain, block, 0, { counter, length, flags: flags | chunkEnd | range.flags });
  return chain;
}

function parentDigest(left: Uint32Array, right: Uint32Array, flags: number): Uint32Array {
  const block = new Uint32Array(blockWords);
  block.set(left);
  block.set(right, digestWords);
  const chain = initialState.slice();
  compress(chain, block, 0, { counter: 0, length: blockBytes, flags: parent | flags });
  return chain;
}

/** The chaining value of a subtree of chunks; the left half is the largest power of two. */
function subtreeDigest(
  words: Uint32Array,
  range: { readonly start: number; readonly end: number; readonly flags: number },
): Uint32Array {
  const length = range.end - range.start;
  if (length <= chunkBytes) return chunkDigest(words, range);
  let leftBytes = chunkBytes;
  while (2 * leftBytes < length) leftBytes *= 2;
  const middle = range.start + leftBytes;
  const left = subtreeDigest(words, { start: range.start, end: middle, flags: 0 });
  const right = subtreeDigest(words, { start: middle, end: range.end, flags: 0 });
  return parentDigest(left, right, range.flags);
}

/** BLAKE3 of the words' little-endian bytes: eight words. */
export function hashWords(words: Uint32Array): Uint32Array {
  return subtreeDigest(words, { start: 0, end: 4 * words.length, flags: root });
}

/** BLAKE3 of bytes: eight words. */
export function hashBytes(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  for (let i = 0; i < bytes.length; i++) {
    words[i >> 2] = words[i >> 2]! | (bytes[i]! << (8 * (i & 3)));
  }
  return subtreeDigest(words, { start: 0, end: bytes.length, flags: root });
}

/**
 * A Merkle node over two digests: BLAKE3's parent compression, not the root's. A leaf is a root
 * and a node is a parent, so that neither can be passed off as the other.
 */
export function hashPair(left: Uint32Array, right: Uint32Array): Uint32Array {
  return parentDigest(left, right, 0);
}

/** The little-endian bytes of words: a digest's 32, say. */
export function wordBytes(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i]!, true);
  return bytes;
}
