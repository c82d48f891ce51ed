/**
 * Vectors of section 15: a log of 300 leaves with its head-key record, heads, tiles, proofs and a receipt.
 * Signing is deterministic here, and only here.
 *
 * @module
 */

import { toHex, u32be } from "../../dist/src/base/bytes.js";
import { sha256 } from "../../dist/src/crypto/hash.js";
import { headKeyFromSeed } from "../../dist/src/crypto/head-key.js";
import { identityFromSeed } from "../../dist/src/crypto/identity.js";
import { GrowingTree } from "../../dist/src/log/growing-tree.js";
import { cosign, headText } from "../../dist/src/log/head.js";
import { formatNote } from "../../dist/src/log/signed-note.js";
import { tilePath } from "../../dist/src/log/tiles.js";
import { TiledTree } from "../../dist/src/log/tree-proofs.js";
import { headKeyRecord, originOf, stateHeadKey } from "../../dist/src/protocol/head-key.js";
import { logReceiptRecord } from "../../dist/src/protocol/log-receipt.js";

const fill = (byte, length = 32) => new Uint8Array(length).fill(byte);
const text = (value) => new TextEncoder().encode(value);
const network = fill(0x11);
const scheduler = identityFromSeed(fill(0x02), "deterministic");
const key = headKeyFromSeed(fill(0x02), "deterministic");
const origin = originOf(network, scheduler.address);
const leafCount = 300;

function grownTree(headKey) {
  const tree = GrowingTree.empty();
  const tiles = new Map();
  const leaves = [headKey, ...Array.from({ length: leafCount - 1 }, (_, i) => u32be(i + 1))];
  const roots = leaves.map((leaf) => {
    for (const { level, index, bytes } of tree.append(leaf)) tiles.set(`${level}/${index}`, bytes);
    return tree.root();
  });
  const source = async ({ level, index, width }) =>
    (tiles.get(`${level}/${index}`) ?? tree.partialTile(level)).slice(0, 32 * width);
  return { roots, source };
}

function headOf(size, root, seconds) {
  const head = { origin, size, root };
  const signature = cosign(head, { name: origin, key, seconds });
  return formatNote({ text: headText(head), signatures: [signature] });
}

const hexes = (hashes) => hashes.map(toHex);
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

export async function generate() {
  const statement = stateHeadKey(scheduler, { origin, headKey: key.publicKey });
  const headKey = headKeyRecord.encode(statement);
  const { roots, source } = grownTree(headKey);
  const sizes = [1, 2, 255, 256, 257, 300];
  const heads = sizes.map((size, i) => headOf(size, roots[size - 1], 1_700_000_000 + i));
  const last = new TiledTree(leafCount, source);
  const places = [
    { level: 0, index: 0, width: 256 },
    { level: 0, index: 1, width: 44 },
    { level: 1, index: 0, width: 1 },
  ];
  const tiles = [];
  for (const place of places) {
    tiles.push({ path: tilePath(place), sha256: toHex(sha256(await source(place))) });
  }
  const proofs = { inclusion: [], consistency: [] };
  for (const index of [0, 1, 255, 256, 299]) {
    proofs.inclusion.push({ index, hashes: hexes(await last.inclusion(index)) });
  }
  for (const size of sizes) {
    proofs.consistency.push({ size, hashes: hexes(await last.consistency(size)) });
  }
  const receipt = logReceiptRecord.encode({
    ...{ treeIndex: 257, path: await last.inclusion(257), headKey },
    head: text(heads.at(-1)),
  });
  return {
    "heads/heads_v1.json": json({
      ...{ network: toHex(network), scheduler: toHex(scheduler.address), origin },
      ...{ headKey: toHex(headKey), heads },
    }),
    "heads/tree_v1.json": json({
      about: "Leaf 0 is the head-key record of heads_v1.json, leaf i is i as four bytes.",
      ...{ size: leafCount, root: toHex(roots.at(-1)), tiles, ...proofs },
    }),
    "heads/receipt_v1.json": json({ entry: toHex(u32be(257)), receipt: toHex(receipt) }),
  };
}
