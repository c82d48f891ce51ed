/**
 * The state root of a whole image (spec/12-state.md §4) on plain numbers: what a verifier computes
 * for a genesis, and the oracle of the incremental tree.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import {
  chunkBytes,
  digestBytes,
  encodeMeta,
  hashChunk,
  pageBytes,
  treeDepth,
  zeroDigests,
} from "./layout.ts";
import { compressPair } from "./poseidon2.ts";

/** The root of a memory image (whole pages) and the mutable globals beside it; 32 bytes. */
export function imageRoot(image: {
  readonly memory: Uint8Array;
  readonly globals: BigUint64Array;
}): Uint8Array {
  const { memory, globals } = image;
  const pageCount = memory.length / pageBytes;
  assert(Number.isInteger(pageCount), `not whole pages: ${memory.length} bytes`);
  const halfLevel = treeDepth - 1;
  return digestBytes(
    compressPair(
      subtreeRoot(memory, halfLevel),
      subtreeRoot(encodeMeta({ pageCount, globals }), halfLevel),
    ),
  );
}

/** The root of 2^level chunks that begin with `bytes`; the rest are zeros. */
function subtreeRoot(bytes: Uint8Array, level: number): Uint32Array {
  if (bytes.every((byte) => byte === 0)) return zeroDigests[level]!;
  if (level === 0) return hashChunk(bytes);
  const half = 2 ** (level - 1) * chunkBytes;
  return compressPair(
    subtreeRoot(bytes.subarray(0, half), level - 1),
    subtreeRoot(bytes.subarray(half), level - 1),
  );
}
