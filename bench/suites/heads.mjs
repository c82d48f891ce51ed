/**
 * What heads and receipts cost: the tree, tiles and signatures of a scheduler's log at 1,000 messages a
 * second (250 entries a head), a receipt for each entry, the check of an inclusion, and how large a
 * receipt is. The peer is SHA-256 of the same entries, which any log needs at least once.
 *
 * @module
 */

import { sha256 } from "../../dist/src/crypto/hash.js";
import { headKeyFromSeed } from "../../dist/src/crypto/head-key.js";
import { identityFromSeed } from "../../dist/src/crypto/identity.js";
import { leafHash, rootOfPath } from "../../dist/src/crypto/merkle.js";
import { GrowingTree } from "../../dist/src/log/growing-tree.js";
import { cosign, headText } from "../../dist/src/log/head.js";
import { formatNote } from "../../dist/src/log/signed-note.js";
import { TiledTree } from "../../dist/src/log/tree-proofs.js";
import { entryRecord } from "../../dist/src/protocol/entry.js";
import { headKeyRecord, originOf, stateHeadKey } from "../../dist/src/protocol/head-key.js";
import { logReceiptRecord } from "../../dist/src/protocol/log-receipt.js";
import { compared, interleaved, timed } from "../statistics.mjs";

/** Entries under one head: four heads a second, 1,000 messages a second. */
const batch = 250;
const seed = new Uint8Array(32).fill(7);
const key = headKeyFromSeed(seed);
const unit = identityFromSeed(seed);
const origin = originOf(new Uint8Array(32), unit.address);
const headKey = headKeyRecord.encode(stateHeadKey(unit, { origin, headKey: key.publicKey }));

function entryOf(slot) {
  const hash = new Uint8Array(32).fill(slot % 251);
  return entryRecord.encode({
    ...{ process: hash, slot, messageId: hash, authorisationHash: hash },
    ...{ timestamp: 1_700_000_000_000 + slot, epoch: 3, previous: hash },
  });
}

/** A log that grows by batches; its tiles stay in memory. */
class Log {
  tree = GrowingTree.empty();
  tiles = new Map();
  source = async ({ level, index, width }) =>
    (this.tiles.get(`${level}/${index}`) ?? this.tree.partialTile(level)).slice(0, 32 * width);

  append(entries) {
    for (const entry of entries) {
      for (const { level, index, bytes } of this.tree.append(entry)) {
        this.tiles.set(`${level}/${index}`, bytes);
      }
    }
  }

  /** A signed head, as bytes of a note. */
  sign() {
    const head = { origin, size: this.tree.size, root: this.tree.root() };
    const signature = cosign(head, { name: origin, key, seconds: 1_700_000_000 });
    return new TextEncoder().encode(formatNote({ text: headText(head), signatures: [signature] }));
  }
}

/** Rows of the report. */
export async function runHeads({ isQuick }) {
  const log = new Log();
  const before = isQuick ? 100_000 : 1_000_000;
  const filler = Array.from({ length: 1000 }, (_, i) => entryOf(i));
  while (log.tree.size < before) log.append(filler);
  const entries = Array.from({ length: batch }, (_, i) => entryOf(i));
  let last = null;
  /** One head, and a receipt for each entry under it. */
  const head = async () => {
    const from = log.tree.size;
    log.append(entries);
    const note = log.sign();
    const tree = new TiledTree(log.tree.size, log.source);
    for (let i = 0; i < batch; i++) {
      const receipt = {
        treeIndex: from + i,
        path: await tree.inclusion(from + i),
        head: note,
        headKey,
      };
      last = { receipt, bytes: logReceiptRecord.encode(receipt) };
    }
    last.root = log.tree.root();
  };
  const verify = () => {
    const { receipt, root } = last;
    const path = { index: receipt.treeIndex, count: log.tree.size, siblings: receipt.path };
    const leaf = leafHash(entries[batch - 1]);
    for (let i = 0; i < batch; i++) {
      if (rootOfPath(leaf, path)?.some((byte, at) => byte !== root[at])) throw new Error("no path");
    }
  };
  const hash = () => {
    for (const entry of entries) sha256(entry);
  };
  const figures = await interleaved(
    { head: () => timed(head), verify: () => timed(verify), hash: () => timed(hash) },
    isQuick ? 5 : 15,
  );
  return rowsOf(figures, last.bytes.length);
}

function rowsOf({ head, verify, hash }, receiptBytes) {
  const each = (times) => times.map((ms) => (1000 * ms) / batch);
  const shared = {
    peerLabel: "SHA-256 of the entry",
    peer: each(hash),
    unit: "µs",
    better: "less",
  };
  return [
    compared({
      id: "heads-message",
      label: "head and receipt, a message, at 250 entries a head",
      ...shared,
      ours: each(head),
      goal: { valueMax: 100 },
      detail: `a receipt of an entry has ${receiptBytes.toLocaleString("en")} bytes`,
    }),
    compared({
      id: "heads-inclusion",
      label: "inclusion verified",
      ...shared,
      ours: each(verify),
      goal: { valueMax: 50 },
    }),
  ];
}
