/**
 * BLAKE3 (spec/08-proofs.md §3; the BLAKE3 paper, section 2) in its plain mode with 32-byte output,
 * on 32-bit little-endian words: what the transcript and the Merkle trees need, and nothing else.
 *
 * It is here and not a dependency because the verifier spends half its time in `compress`, and
 * because the tree uses the parent compression by itself. Checked against the official vectors.
 *
 * @module
 */

/** Words in a digest. */
export const digestWords = 8;

const blockWords = 16;
const blockBytes = 64;
const chunkBytes = 1024;
const chunkStart = 1;
const chunkEnd = 2;
const parent = 4;
const root = 8;

/** The initial chaining value: the first 32 bits of the fractional parts of eight square roots. */
export const initialState: Readonly<Uint32Array> = Uint32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

/** Where each round finds its sixteen message words: the permutation applied 0 to 6 times. */
export const messageSchedule: Readonly<Uint8Array> = createSchedule();

function createSchedule(): Uint8Array {
  const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
  const schedule = new Uint8Array(7 * 16);
  for (let i = 0; i < 16; i++) schedule[i] = i;
  for (let i = 16; i < schedule.length; i++) {
    schedule[i] = schedule[i - 16 - (i % 16) + permutation[i % 16]!]!;
  }
  return schedule;
}

/** The quarter round on four words of the state, in place. */
function mix(
  v: Int32Array,
  a: number,
  b: number,
  c: number,
  d: number,
  x: number,
  y: number,
): void {
  let va = (v[a]! + v[b]! + x) | 0;
  let vd = v[d]! ^ va;
  vd = (vd >>> 16) | (vd << 16);
  let vc = (v[c]! + vd) | 0;
  let vb = v[b]! ^ vc;
  vb = (vb >>> 12) | (vb << 20);
  va = (va + vb + y) | 0;
  vd ^= va;
  vd = (vd >>> 8) | (vd << 24);
  vc = (vc + vd) | 0;
  vb ^= vc;
  v[a] = va;
  v[b] = (vb >>> 7) | (vb << 25);
  v[c] = vc;
  v[d] = vd;
}

/** One compression: the sixteen words at `m[at]` into the chaining value, in place. */
function compress(
  chain: Uint32Array,
  m: Readonly<Uint32Array>,
  at: number,
  tail: { readonly counter: number; readonly length: number; readonly flags: number },
): void {
  const v = new Int32Array(16);
  for (let i = 0; i < 8; i++) v[i] = chain[i]!;
  for (let i = 0; i < 4; i++) v[8 + i] = initialState[i]!;
  v[12] = tail.counter;
  v[13] = 0;
  v[14] = tail.length;
  v[15] = tail.flags;
  const s = messageSchedule;
  for (let k = 0; k < 112; k += 16) {
    mix(v, 0, 4, 8, 12, m[at + s[k]!]!, m[at + s[k + 1]!]!);
    mix(v, 1, 5, 9, 13, m[at + s[k + 2]!]!, m[at + s[k + 3]!]!);
    mix(v, 2, 6, 10, 14, m[at + s[k + 4]!]!, m[at + s[k + 5]!]!);
    mix(v, 3, 7, 11, 15, m[at + s[k + 6]!]!, m[at + s[k + 7]!]!);
    mix(v, 0, 5, 10, 15, m[at + s[k + 8]!]!, m[at + s[k + 9]!]!);
    mix(v, 1, 6, 11, 12, m[at + s[k + 10]!]!, m[at + s[k + 11]!]!);
    mix(v, 2, 7, 8, 13, m[at + s[k + 12]!]!, m[at + s[k + 13]!]!);
    mix(v, 3, 4, 9, 14, m[at + s[k + 14]!]!, m[at + s[k + 15]!]!);
  }
  for (let i = 0; i < 8; i++) chain[i] = v[i]! ^ v[8 + i]!;
}

/** The chaining value of one chunk: bytes `start` to `end` of the input. */
function chunkDigest(
  words: Uint32Array,
  range: { readonly start: number; readonly end: number; readonly flags: number },
): Uint32Array {
  const chain = Uint32Array.from(initialState);
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
  const chain = Uint32Array.from(initialState);
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
