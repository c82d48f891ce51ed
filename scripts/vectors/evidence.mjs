/**
 * Vectors of section 16: one file of evidence for each type, with whom it convicts of what, and honest
 * parts in its place that convict nobody. Signing is deterministic here, and only here.
 *
 * @module
 */

import { toBase64 } from "../../dist/src/base/base64.js";
import { concatBytes, toHex, utf8Bytes } from "../../dist/src/base/bytes.js";
import { headKeyFromSeed } from "../../dist/src/crypto/head-key.js";
import { identityFromSeed } from "../../dist/src/crypto/identity.js";
import { leafHash, merklePath, merkleRoot } from "../../dist/src/crypto/merkle.js";
import { cosign, headText } from "../../dist/src/log/head.js";
import { formatNote } from "../../dist/src/log/signed-note.js";
import { attest, attestationRecord } from "../../dist/src/protocol/attestation.js";
import { signatureRecord, signMessage } from "../../dist/src/protocol/authorisation.js";
import { entryHashOf, entryRecord } from "../../dist/src/protocol/entry.js";
import { headKeyRecord, originOf, stateHeadKey } from "../../dist/src/protocol/head-key.js";
import { authorisationHashOf, idText, messageIdOf } from "../../dist/src/protocol/ids.js";
import { logEvidenceRecord } from "../../dist/src/protocol/log-evidence.js";
import { logReceiptRecord } from "../../dist/src/protocol/log-receipt.js";
import { bodyRecord } from "../../dist/src/protocol/message.js";
import { resultRecord } from "../../dist/src/protocol/result.js";
import { unitEvidenceRecord } from "../../dist/src/protocol/unit-evidence.js";

const fill = (byte, length = 32) => new Uint8Array(length).fill(byte);
const network = fill(0x11);
const scheduler = identityFromSeed(fill(0x02), "deterministic");
const owner = identityFromSeed(fill(0x03), "deterministic");
const unit = identityFromSeed(fill(0x04), "deterministic");
const origin = originOf(network, scheduler.address);

function keyed(byte) {
  const key = headKeyFromSeed(fill(byte), "deterministic");
  const headKey = headKeyRecord.encode(stateHeadKey(scheduler, { origin, headKey: key.publicKey }));
  return { key, headKey };
}

const { key, headKey } = keyed(0x02);

function head(leaves, named = origin) {
  const tree = { origin: named, size: leaves.length, root: merkleRoot(leaves.map(leafHash)) };
  const signature = cosign(tree, { name: origin, key, seconds: 1_700_000_000 });
  return utf8Bytes(formatNote({ text: headText(tree), signatures: [signature] }));
}

/** A leaf of the tree with its receipt. */
function bound(leaves, treeIndex) {
  const path = merklePath(leaves.map(leafHash), treeIndex);
  const receipt = logReceiptRecord.encode({ treeIndex, path, head: head(leaves), headKey });
  return [leaves[treeIndex], receipt];
}

function bodyOf(changes) {
  return bodyRecord.encode({
    ...{ network, owner: { kind: 0, id: owner.address }, target: null, anchor: fill(1) },
    ...{
      notAfter: 0,
      depth: 0,
      budget: 1_000_000,
      tags: [],
      dataForm: 0,
      dataHash: null,
      dataSize: 0,
    },
    ...changes,
  });
}

function spawnBy(named) {
  const tags = [
    { name: "Module", value: idText(fill(0x21)) },
    { name: "Scheduler", value: idText(named) },
  ];
  return bodyOf({ tags });
}

const spawn = spawnBy(scheduler.address);
const process = messageIdOf(spawn);
const message = bodyOf({ target: process, anchor: fill(2) });
const signed = (body) => signatureRecord.encode(signMessage(owner, messageIdOf(body)));

function entryOf(changes) {
  return entryRecord.encode({
    ...{
      process,
      slot: 0,
      messageId: process,
      authorisationHash: authorisationHashOf(signed(spawn)),
    },
    ...{ timestamp: 1_700_000_000_000, epoch: 1, previous: null },
    ...changes,
  });
}

const first = entryOf({});
const second = (changes = {}) =>
  entryOf({
    ...{ slot: 1, messageId: messageIdOf(message), previous: entryHashOf(first) },
    ...{ authorisationHash: authorisationHashOf(signed(message)), ...changes },
  });
const logOf = (...entries) => [headKey, first, ...entries];
const pair = (leaves, one = 1, other = 2) => [...bound(leaves, one), ...bound(leaves, other)];

function logEvidence() {
  const honest = logOf(second());
  const forked = logOf(second({ timestamp: 1_800_000_000_000 }), entryOf({ slot: 5 }));
  const [own, other] = [leafHash(forked[0]), leafHash(forked[1])];
  const root = merkleRoot([own, other, leafHash(forked[2])]);
  const hashes = concatBytes(leafHash(forked[2]), leafHash(forked[3]), merkleRoot([own, other]));
  const wrong = signed(spawn);
  const foreign = spawnBy(fill(0x66));
  const foreignEntry = entryOf({ process: messageIdOf(foreign), messageId: messageIdOf(foreign) });
  const third = second({ slot: 2, previous: entryHashOf(second()) });
  return [
    ["two head keys", "E0", 0, [headKey, keyed(0x05).headKey]],
    ["two roots of one size", "E1", 1, [headKey, head(honest), head(forked.slice(0, 3))]],
    ["one head twice", null, 1, [headKey, head(honest), head(honest)]],
    ["a fork", "E2", 2, [headKey, head(honest), head(forked), root, hashes]],
    ["one slot with two entries", "E3", 3, pair(logOf(second(), second({ epoch: 2 })), 2, 3)],
    ["an entry that names another before it", "E4", 4, pair(logOf(second({ previous: fill(9) })))],
    ["a slot 1 that names none before it", "E4", 4, bound(logOf(second({ previous: null })), 2)],
    ["one message at two slots", "E5", 5, pair(logOf(second(), third), 2, 3)],
    ["a time that falls", "E6", 6, pair(logOf(second({ timestamp: 1 })))],
    ["a slot left out", "E6", 6, pair(logOf(second({ slot: 2 })))],
    ["two honest entries", null, 6, pair(honest)],
    [
      ...["a signature of another message", "E7", 7],
      [
        ...bound(logOf(second({ authorisationHash: authorisationHashOf(wrong) })), 2),
        message,
        wrong,
      ],
    ],
    ["an honest message", null, 7, [...bound(honest, 2), message, signed(message)]],
    ["a process of another scheduler", "E8", 8, [...bound(logOf(foreignEntry), 2), foreign]],
    ["a head of another origin", "E0", 9, [headKey, head(honest, "example.com/log")]],
    ["two leaves at one place", "E2", 10, [...bound(honest, 2), ...bound(forked, 2)]],
  ].map(([about, lie, type, parts]) => {
    const convicts =
      lie === null ? null : { role: "scheduler", unit: idText(scheduler.address), lie };
    return { about, convicts, file: toBase64(logEvidenceRecord.encode({ type, parts })) };
  });
}

function unitEvidence() {
  const attested = (changes) => {
    const result = resultRecord.encode({
      ...{ rules: 1, process, slot: 0, entryHash: entryHashOf(first), messageId: process },
      ...{ module: fill(0x21), preRoot: fill(1), postRoot: fill(2), inboxHash: fill(3) },
      ...{ outputHash: null, outboxRoot: null, outboxCount: 0, gasUsed: 5, exit: 0, ...changes },
    });
    return [result, ...attest(unit, [result]).map(attestationRecord.encode)];
  };
  return [
    ["two results of one entry", "A1", [...attested({}), ...attested({ gasUsed: 6 })]],
    ["one result twice", null, [...attested({}), ...attested({})]],
  ].map(([about, lie, parts]) => {
    const convicts = lie === null ? null : { role: "compute", unit: idText(unit.address), lie };
    return { about, convicts, file: toBase64(unitEvidenceRecord.encode({ type: 1, parts })) };
  });
}

export async function generate() {
  const files = [...logEvidence(), ...unitEvidence()];
  const text = { network: toHex(network), files };
  return { "evidence/evidence_v1.json": `${JSON.stringify(text, null, 2)}\n` };
}
