/**
 * The vectors of spec/12-state.md, from the built readable twin of the kernel.
 *
 * @module
 */

const built = (path) => import(new URL(`../../dist/src/${path}`, import.meta.url).href);
const hex = (bytes) => Buffer.from(bytes).toString("hex");

/** Images, as writes into zeroed pages: small enough to read, wide enough to reach both halves. */
const images = [
  { name: "no memory, no globals", pageCount: 0, writes: [], globals: [] },
  { name: "one page of zeros", pageCount: 1, writes: [], globals: [] },
  {
    name: "a byte at each end of a page, three globals (one chunk beside the page count)",
    pageCount: 1,
    writes: [
      { at: 0, hex: "01" },
      { at: 65_535, hex: "ff" },
    ],
    globals: ["1", "4294967295", "18446744073709551615"],
  },
  {
    name: "two pages, a chunk of 0xff bytes, a write over a page border, five globals",
    pageCount: 2,
    writes: [
      { at: 4096, hex: "ff".repeat(32) },
      { at: 65_530, hex: "0102030405060708090a0b0c" },
    ],
    globals: ["0", "1024", "2", "3", "9007199254740993"],
  },
];

function memoryOf({ pageCount, writes }) {
  const memory = new Uint8Array(pageCount * 65_536);
  for (const write of writes) memory.set(Buffer.from(write.hex, "hex"), write.at);
  return memory;
}

async function permutationVectors() {
  const { permute, compress } = await built("state/poseidon2.js");
  const inputs = [
    Array.from({ length: 16 }, () => 0),
    Array.from({ length: 16 }, (_, i) => i),
    Array.from({ length: 16 }, () => 0x7f00_0000),
    [
      894848333, 1437655012, 1200606629, 1690012884, 71131202, 1749206695, 1717947831, 120589055,
      19776022, 42382981, 1831865506, 724844064, 171220207, 1299207443, 227047920, 1783754913,
    ],
  ];
  return inputs.map((input) => {
    const state = Uint32Array.from(input);
    const compressed = Array.from(compress(state));
    permute(state);
    return { input, permuted: Array.from(state), compressed };
  });
}

async function treeVectors() {
  const { zeroDigests, digestBytes } = await built("state/layout.js");
  const { imageRoot } = await built("state/image-root.js");
  return {
    zeroDigests: zeroDigests.map((digest) => hex(digestBytes(digest))),
    images: images.map((image) => ({
      ...image,
      root: hex(
        imageRoot({
          memory: memoryOf(image),
          globals: BigUint64Array.from(image.globals, BigInt),
        }),
      ),
    })),
  };
}

async function multiproofVectors() {
  const { StateKernel } = await built("state/kernel.js");
  const { StateTree } = await built("state/state-tree.js");
  const { proveChunks } = await built("state/prove-chunks.js");
  const { encodeMultiproof } = await built("state/multiproof.js");
  const kernel = new StateKernel();
  const image = images[3];
  const memory = memoryOf(image);
  const globals = BigUint64Array.from(image.globals, BigInt);
  const tree = StateTree.build({ kernel, memory, globals });
  const encoded = (indices) =>
    encodeMultiproof(proveChunks({ kernel, tree, memory, indices: Uint32Array.from(indices) }));
  const changed = (bytes, change) => {
    const copy = Uint8Array.from(bytes);
    change(copy, new DataView(copy.buffer));
    return copy;
  };
  const two = encoded([2047, 2048]);
  const chunksEnd = 4 + 4 * 2 + 32 * 2;
  const refused = [
    [
      "a byte of a chunk changed",
      "MULTIPROOF_ROOT",
      changed(two, (bytes) => {
        bytes[12] ^= 1;
      }),
    ],
    [
      "a byte of the last sibling",
      "MULTIPROOF_ROOT",
      changed(two, (bytes) => {
        bytes[bytes.length - 4] ^= 1;
      }),
    ],
    [
      "indices in reverse",
      "MULTIPROOF_CHUNK_INDEX",
      changed(two, (_, view) => view.setUint32(4, 2049, true)),
    ],
    [
      "an index outside the tree",
      "MULTIPROOF_CHUNK_INDEX",
      changed(two, (_, view) => view.setUint32(8, 2 ** 24, true)),
    ],
    ["one sibling too few", "MULTIPROOF_SIBLING_COUNT", two.slice(0, -32)],
    ["one byte too many", "MULTIPROOF_SIBLING_COUNT", Uint8Array.of(...two, 0)],
    [
      "a word of a sibling at P",
      "MULTIPROOF_SIBLING_NOT_CANONICAL",
      changed(two, (_, view) => view.setUint32(chunksEnd, 0x7f00_0001, true)),
    ],
    ["cut within the chunks", "MULTIPROOF_LENGTH", two.slice(0, 20)],
    ["no chunks", "MULTIPROOF_CHUNK_COUNT", changed(two, (_, view) => view.setUint32(0, 0, true))],
  ];
  return {
    image: image.name,
    root: hex(tree.root()),
    valid: [[0], [2047, 2048], [128, 129, 4095, 8_388_608, 8_388_609]].map((indices) => ({
      indices,
      proof: hex(encoded(indices)),
    })),
    refused: refused.map(([name, reason, proof]) => ({ name, reason, proof: hex(proof) })),
  };
}

const text = (value) => `${JSON.stringify(value, null, 1)}\n`;

/** File name below `spec/vectors/` → text. */
export async function generate() {
  return {
    "state/poseidon2_v1.json": text(await permutationVectors()),
    "state/tree_v1.json": text(await treeVectors()),
    "state/multiproof_v1.json": text(await multiproofVectors()),
  };
}
