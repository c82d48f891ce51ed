/**
 * Vectors of section 09 §5.4: two slots of a process as they are announced, where the chain of proofs ends
 * after each, and announcements that are refused, each with its code. What is checked here needs no proof:
 * those announced are three bytes that show nothing. Signing is deterministic here, and only here.
 *
 * @module
 */

import { toBase64url, utf8Bytes } from "../../dist/src/base/bytes.js";
import { checkNextSlot } from "../../dist/src/client/proven-chain.js";
import { leafHash, merklePath, merkleRoot } from "../../dist/src/crypto/merkle.js";
import { cosign, headText } from "../../dist/src/log/head.js";
import { formatNote } from "../../dist/src/log/signed-note.js";
import { attest, attestationRecord } from "../../dist/src/protocol/attestation.js";
import { signatureRecord, signMessage } from "../../dist/src/protocol/authorisation.js";
import { entryHashOf, entryRecord } from "../../dist/src/protocol/entry.js";
import { headKeyRecord, originOf, stateHeadKey } from "../../dist/src/protocol/head-key.js";
import {
  authorisationHashOf,
  contentIdOf,
  idText,
  messageIdOf,
} from "../../dist/src/protocol/ids.js";
import { inboxHashOf, inboxOf, inboxRecord } from "../../dist/src/protocol/inbox.js";
import { logReceiptRecord } from "../../dist/src/protocol/log-receipt.js";
import { bodyRecord } from "../../dist/src/protocol/message.js";
import { provenSlotRecord, provenStandRecord } from "../../dist/src/protocol/proven-slot.js";
import { resultRecord } from "../../dist/src/protocol/result.js";
import {
  bodyOf,
  compute,
  fill,
  headSigner,
  module,
  network,
  owner,
  scheduler,
} from "../vector-cast.mjs";

const origin = originOf(network, scheduler.address);
const headKey = headKeyRecord.encode(
  stateHeadKey(scheduler, { origin, headKey: headSigner.publicKey }),
);
const roots = [0x50, 0x51, 0x52].map((byte) => fill(byte));
const proof = Uint8Array.of(1, 2, 3);

const encodedBody = (changes) => bodyRecord.encode(bodyOf(changes));

const spawn = encodedBody({
  tags: [
    { name: "Module", value: idText(module) },
    { name: "Scheduler", value: idText(scheduler.address) },
    { name: "Compute", value: idText(compute.address) },
  ],
});
const process = messageIdOf(spawn);
const message = encodedBody({ target: process, anchor: utf8Bytes("anchor") });

function entriesOf(bodies) {
  let previous = null;
  return bodies.map((body, slot) => {
    const authorisation = signatureRecord.encode(signMessage(owner, messageIdOf(body)));
    const entry = entryRecord.encode({
      process,
      slot,
      messageId: messageIdOf(body),
      authorisationHash: authorisationHashOf(authorisation),
      timestamp: 1_700_000_000_000 + slot,
      epoch: 0,
      previous,
    });
    previous = entryHashOf(entry);
    return { entry, body, authorisation, data: null };
  });
}

const items = entriesOf([spawn, message]);
const leaves = [headKey, ...items.map(({ entry }) => entry)].map(leafHash);

function receiptOf(treeIndex) {
  const head = { origin, size: leaves.length, root: merkleRoot(leaves) };
  const signer = { name: origin, key: headSigner, seconds: 1_700_000_000 };
  const note = formatNote({ text: headText(head), signatures: [cosign(head, signer)] });
  const path = merklePath(leaves, treeIndex);
  return logReceiptRecord.encode({ treeIndex, path, head: utf8Bytes(note), headKey });
}

function resultOf(slot, changes = {}) {
  const item = items[slot];
  const entry = entryRecord.decode(item.entry);
  const body = bodyRecord.decode(item.body);
  const inbox = inboxRecord.encode(inboxOf({ entry, body, data: null, rules: 1, source: null }));
  return resultRecord.encode({
    rules: 1,
    process,
    slot,
    entryHash: entryHashOf(item.entry),
    messageId: entry.messageId,
    module,
    preRoot: roots[slot],
    postRoot: roots[slot + 1],
    inboxHash: inboxHashOf(inbox),
    outputHash: fill(0x66),
    outboxRoot: merkleRoot([]),
    outboxCount: 0,
    gasUsed: 1000,
    exit: 0,
    ...changes,
  });
}

function announced(slot, { fields, ...parts } = {}) {
  const result = resultOf(slot, fields);
  return provenSlotRecord.encode({
    ...items[slot],
    result,
    attestations: attest(compute, [result]).map(attestationRecord.encode),
    receipt: receiptOf(slot + 1),
    proofHash: contentIdOf(proof),
    proofSize: proof.length,
    ...parts,
  });
}

const contextOf = (tip) => ({
  ...{ network, process, tip },
  seen: () => false,
  isProven: () => false,
});

function codeOf(bytes, tip) {
  try {
    checkNextSlot(bytes, contextOf(tip));
  } catch (error) {
    return error.code;
  }
  throw new Error("it is not refused");
}

function refusals(tip) {
  const stranger = [attest(owner, [resultOf(1)])].flat().map(attestationRecord.encode);
  const cases = {
    "the slot before": announced(0),
    "another process's entry": announced(1, { entry: entryOfAnother() }),
    "another message": announced(1, { body: spawn }),
    "the receipt of another entry": announced(1, { receipt: receiptOf(1) }),
    "another state before": announced(1, { fields: { preRoot: fill(0x01) } }),
    "another inbox": announced(1, { fields: { inboxHash: fill(0x01) } }),
    "an attester that the spawn does not name": announced(1, { attestations: stranger }),
    "no attestation": announced(1, { attestations: [] }),
  };
  return Object.entries(cases).map(([about, bytes]) => ({
    about,
    code: codeOf(bytes, tip),
    bytes: toBase64url(bytes),
  }));
}

function entryOfAnother() {
  return entryRecord.encode({ ...entryRecord.decode(items[1].entry), process: fill(0x01) });
}

export function generate() {
  // The chain's end before each slot.
  const tips = [null];
  const chain = items.map((_, slot) => {
    const bytes = announced(slot);
    const { tip } = checkNextSlot(bytes, contextOf(tips[slot]));
    tips.push(tip);
    const stand = { process, next: slot + 1, entryHash: tip.tip.entryHash, root: tip.root };
    return {
      announced: toBase64url(bytes),
      stand: toBase64url(provenStandRecord.encode(stand)),
      next: slot + 1,
      entryHash: idText(tip.tip.entryHash),
      root: idText(tip.root),
    };
  });
  const refused = refusals(tips[1]);
  const about = { network: idText(network), process: idText(process), proof: toBase64url(proof) };
  return {
    "proven/chain_v1.json": `${JSON.stringify({ ...about, chain, refused }, null, 2)}\n`,
  };
}
