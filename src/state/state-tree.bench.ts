import { bench, describe } from "vitest";
import { StateKernel } from "./kernel.ts";
import { blockBytes, pageBytes } from "./layout.ts";
import { compress } from "./poseidon2.ts";
import { type StateChange, StateTree } from "./state-tree.ts";

const kernel = new StateKernel();

describe("compression", () => {
  const pairs = Uint32Array.from({ length: 2048 * 16 }, (_, i) => i * 65_537);
  const digests = new Uint32Array(2048 * 8);
  bench("2048 compressions, SIMD kernel", () => kernel.compressPairs(pairs, digests));
  const state = pairs.slice(16, 32);
  bench("1 compression, readable twin", () => void compress(state));
});

const memory = Uint8Array.from({ length: 16 * pageBytes }, (_, i) => (i * 31) & 255);
const globals = new BigUint64Array(6);

describe("a whole image of 1 MiB", () => {
  bench("build", () => void StateTree.build({ kernel, memory, globals }));
});

/** A result that wrote `blockCount` blocks spread over the image, and a global. */
function change(seed: number, blockCount: number): StateChange {
  const spacing = Math.floor((16 * pageBytes) / blockBytes / blockCount);
  return {
    blocks: {
      indices: Uint32Array.from({ length: blockCount }, (_, k) => k * spacing),
      bytes: new Uint8Array(blockCount * blockBytes).fill(seed),
    },
    pageCount: 16,
    globals: globals.map((_, i) => BigInt(seed + i)),
  };
}

describe("roots after a result with 6 changed blocks in 1 MiB", () => {
  const tree = StateTree.build({ kernel, memory, globals });
  let seed = 0;
  bench("one at a time", () => void tree.apply([change(seed++ & 127, 6)]));
  bench("16 in one go", () => {
    void tree.apply(Array.from({ length: 16 }, () => change(seed++ & 127, 6)));
  });
});
