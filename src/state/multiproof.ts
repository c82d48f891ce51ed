/**
 * Multiproofs of the state tree (spec/12-state.md §5): the contents of some chunks, and the fewest
 * digests that lead from them to a root. The verifier needs no kernel, answers a verdict and does
 * not throw, whatever the proof holds.
 *
 * One walk serves several contents of the same chunks: the state before and after a result share
 * every sibling, so nothing outside the opened chunks can differ between the two roots.
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import { P } from "../field/koala-bear.ts";
import { chunkBytes, digestBytes, hashChunk, treeDepth } from "./layout.ts";
import { compress, digestLength } from "./poseidon2.ts";
import { width } from "./poseidon2-constants.ts";

/** Chunks that a multiproof may open: 8 MiB of state. */
export const openedChunksMax: number = 2 ** 18;

/** Bytes of a digest. */
export const digestByteLength: number = 4 * digestLength;

/** Why a multiproof does not hold. */
export type MultiproofError =
  | "MULTIPROOF_LENGTH"
  | "MULTIPROOF_CHUNK_COUNT"
  | "MULTIPROOF_CHUNK_INDEX"
  | "MULTIPROOF_SIBLING_COUNT"
  | "MULTIPROOF_SIBLING_NOT_CANONICAL"
  | "MULTIPROOF_ROOT";

/** Either a value or the reason why there is none. */
export type MultiproofVerdict<Value = object> =
  | ({ readonly ok: true } & Value)
  | { readonly ok: false; readonly reason: MultiproofError };

/** Opened chunks and the way to the root. */
export interface Multiproof {
  /** Chunk positions, strictly increasing, below 2^24. */
  readonly indices: Uint32Array;
  /** Content of the chunks in the order of `indices`, 32 bytes each. */
  readonly chunks: Uint8Array;
  /** Digests of the siblings, 32 bytes each: level by level from the chunks up, then by position. */
  readonly siblings: Uint8Array;
}

/** Whether `proof` leads to `root`. */
export function verifyMultiproof(proof: Multiproof, root: Uint8Array): MultiproofVerdict {
  const walk = multiproofRoots({ ...proof, contents: [proof.chunks] });
  if (!walk.ok) return walk;
  const [found] = walk.roots;
  if (found === undefined || !equalBytes(found, root)) return refuse("MULTIPROOF_ROOT");
  return { ok: true };
}

/**
 * The root for each of several contents of the same chunks, all under the same siblings. Every
 * sibling is used exactly once; counts are checked before anything is allocated from them.
 */
export function multiproofRoots(proof: {
  readonly indices: Uint32Array;
  readonly siblings: Uint8Array;
  readonly contents: readonly Uint8Array[];
}): MultiproofVerdict<{ readonly roots: readonly Uint8Array[] }> {
  const { indices, siblings, contents } = proof;
  const shape = checkShape(indices);
  if (shape !== null) return refuse(shape);
  for (const chunks of contents) {
    if (chunks.length !== indices.length * chunkBytes) return refuse("MULTIPROOF_CHUNK_COUNT");
  }
  if (siblings.length !== siblingCount(indices) * digestByteLength) {
    return refuse("MULTIPROOF_SIBLING_COUNT");
  }
  const siblingWords = canonicalWords(siblings);
  if (siblingWords === null) return refuse("MULTIPROOF_SIBLING_NOT_CANONICAL");
  const roots = contents.map((chunks) => digestBytes(climb(indices, chunks, siblingWords)));
  return { ok: true, roots };
}

/** The siblings that a proof of these (checked) chunks has. */
export function siblingCount(indices: Uint32Array): number {
  let count = 0;
  visitPairs(indices, (_level, _index, hasSibling) => {
    if (!hasSibling) count++;
  });
  return count;
}

/**
 * Visits every node on the way up, level by level and from left to right: with `hasSibling` a left
 * node whose right neighbour is on the way as well (which is then not visited itself).
 */
export function visitPairs(
  indices: Uint32Array,
  visit: (level: number, index: number, hasSibling: boolean) => void,
): void {
  const nodes = indices.slice();
  let length = nodes.length;
  for (let level = 0; level < treeDepth; level++) {
    let parents = 0;
    for (let k = 0; k < length; k++) {
      const index = nodes[k]!;
      const hasSibling = index % 2 === 0 && k + 1 < length && nodes[k + 1] === index + 1;
      visit(level, index, hasSibling);
      if (hasSibling) k++;
      nodes[parents++] = index >>> 1;
    }
    length = parents;
  }
}

/** Bytes of a multiproof: the count of chunks, their indices (u32 LE), the chunks, the siblings. */
export function encodeMultiproof({ indices, chunks, siblings }: Multiproof): Uint8Array {
  const chunksStart = 4 + 4 * indices.length;
  const bytes = new Uint8Array(chunksStart + chunks.length + siblings.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, indices.length, true);
  indices.forEach((index, k) => {
    view.setUint32(4 + 4 * k, index, true);
  });
  bytes.set(chunks, chunksStart);
  bytes.set(siblings, chunksStart + chunks.length);
  return bytes;
}

/** The multiproof of bytes that hold one and nothing else; its roots are still to be checked. */
export function decodeMultiproof(
  bytes: Uint8Array,
): MultiproofVerdict<{ readonly proof: Multiproof }> {
  if (bytes.length < 4) return refuse("MULTIPROOF_LENGTH");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(0, true);
  if (count === 0 || count > openedChunksMax) return refuse("MULTIPROOF_CHUNK_COUNT");
  const chunksStart = 4 + 4 * count;
  const siblingsStart = chunksStart + count * chunkBytes;
  if (bytes.length < siblingsStart) return refuse("MULTIPROOF_LENGTH");
  const indices = new Uint32Array(count);
  for (let k = 0; k < count; k++) indices[k] = view.getUint32(4 + 4 * k, true);
  const shape = checkShape(indices);
  if (shape !== null) return refuse(shape);
  const siblings = bytes.slice(siblingsStart);
  if (siblings.length !== siblingCount(indices) * digestByteLength) {
    return refuse("MULTIPROOF_SIBLING_COUNT");
  }
  return {
    ok: true,
    proof: { indices, chunks: bytes.slice(chunksStart, siblingsStart), siblings },
  };
}

function refuse(reason: MultiproofError): { readonly ok: false; readonly reason: MultiproofError } {
  return { ok: false, reason };
}

function checkShape(indices: Uint32Array): MultiproofError | null {
  if (indices.length === 0 || indices.length > openedChunksMax) return "MULTIPROOF_CHUNK_COUNT";
  for (let k = 0; k < indices.length; k++) {
    if (indices[k]! >= 2 ** treeDepth) return "MULTIPROOF_CHUNK_INDEX";
    if (k > 0 && indices[k - 1]! >= indices[k]!) return "MULTIPROOF_CHUNK_INDEX";
  }
  return null;
}

/** The words of digests, or null where one is not below P. */
function canonicalWords(bytes: Uint8Array): Uint32Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = new Uint32Array(bytes.length / 4);
  for (let k = 0; k < words.length; k++) {
    const word = view.getUint32(4 * k, true);
    if (word >= P) return null;
    words[k] = word;
  }
  return words;
}

/** The root above checked chunks under checked siblings. */
function climb(indices: Uint32Array, chunks: Uint8Array, siblings: Uint32Array): Uint32Array {
  // Digests of the level below stand from `read` on, those of the present one before `write`: each
  // step reads at least as far as it writes.
  const digests = new Uint32Array(indices.length * digestLength);
  for (let k = 0; k < indices.length; k++) {
    digests.set(hashChunk(chunks.subarray(k * chunkBytes, (k + 1) * chunkBytes)), k * digestLength);
  }
  const state = new Uint32Array(width);
  let present = 0;
  let read = 0;
  let write = 0;
  let used = 0;
  visitPairs(indices, (level, index, hasSibling) => {
    if (level !== present) {
      present = level;
      read = 0;
      write = 0;
    }
    const own = digests.subarray(read, read + digestLength);
    read += digestLength;
    let other: Uint32Array;
    if (hasSibling) {
      other = digests.subarray(read, read + digestLength);
      read += digestLength;
    } else {
      other = siblings.subarray(used, used + digestLength);
      used += digestLength;
    }
    const isLeft = index % 2 === 0;
    state.set(isLeft ? own : other, 0);
    state.set(isLeft ? other : own, digestLength);
    digests.set(compress(state), write);
    write += digestLength;
  });
  return digests.slice(0, digestLength);
}
