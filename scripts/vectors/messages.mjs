/**
 * Vectors of sections 04 and 05: a small history from spawn to a message that a process sends, with
 * every record's bytes and hash. Signing is deterministic here, and only here.
 *
 * @module
 */

import { toHex } from "../../dist/src/base/bytes.js";
import { cosignedBytes } from "../../dist/src/crypto/head-key.js";
import { leafHash, merklePath, merkleRoot } from "../../dist/src/crypto/merkle.js";
import { attest, attestationRecord } from "../../dist/src/protocol/attestation.js";
import {
  bundleMemberRecord,
  signatureRecord,
  signBundle,
  signMessage,
} from "../../dist/src/protocol/authorisation.js";
import { checkMessage } from "../../dist/src/protocol/check.js";
import { entryHashOf, entryRecord } from "../../dist/src/protocol/entry.js";
import { envelopeRecord } from "../../dist/src/protocol/envelope.js";
import { headKeyRecord, originOf, stateHeadKey } from "../../dist/src/protocol/head-key.js";
import {
  authorisationHashOf,
  dataHashOf,
  idText,
  messageIdOf,
} from "../../dist/src/protocol/ids.js";
import { inboxHashOf, inboxOf, inboxRecord } from "../../dist/src/protocol/inbox.js";
import { judge, resultOf } from "../../dist/src/protocol/judge.js";
import { bodyRecord } from "../../dist/src/protocol/message.js";
import { outputRecord } from "../../dist/src/protocol/output.js";
import { provenanceRecord } from "../../dist/src/protocol/provenance.js";
import { receiptRecord } from "../../dist/src/protocol/receipt.js";
import { resultDigestOf, resultRecord } from "../../dist/src/protocol/result.js";
import { slotProofRecord } from "../../dist/src/protocol/slot-proof.js";
import { spawnTermsOf } from "../../dist/src/protocol/spawn.js";
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

const text = (value) => new TextEncoder().encode(value);

const spawn = bodyOf({
  tags: [
    { name: "Module", value: idText(module) },
    { name: "Scheduler", value: idText(scheduler.address) },
    { name: "Compute", value: idText(compute.address) },
    { name: "Name", value: "vector" },
  ],
});
const spawnBytes = bodyRecord.encode(spawn);
const process = messageIdOf(spawnBytes);
const terms = spawnTermsOf(spawn);
const data = text("hello");
const message = bodyOf({
  target: process,
  anchor: text("anchor"),
  notAfter: 1_800_000_000_000,
  tags: [{ name: "Action", value: "Greet" }],
  dataHash: dataHashOf(data),
  dataSize: data.length,
});
const messageBytes = bodyRecord.encode(message);

/** A small record with its bytes in full. */
const shown = (record, bytes) => ({
  fields: record.toJson(record.decode(bytes)),
  bytes: toHex(bytes),
});

function history() {
  const authorise = (body) => signatureRecord.encode(signMessage(owner, messageIdOf(body)));
  const items = [
    { body: spawnBytes, authorisation: authorise(spawnBytes) },
    { body: messageBytes, authorisation: authorise(messageBytes) },
  ];
  let previous = null;
  return items.map(({ body, authorisation }, slot) => {
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
    return { slot, body, authorisation, entry, entryHash: previous };
  });
}

function evaluated(entry) {
  const decoded = entryRecord.decode(entry.entry);
  const inbox = inboxRecord.encode(
    inboxOf({ entry: decoded, body: message, data, rules: 1, source: null }),
  );
  const output = outputRecord.encode({
    output: text("greeted"),
    messages: [
      { target: owner.address, tags: [{ name: "Action", value: "Greeting" }], data: text("hi") },
      { target: process, tags: [], data: null },
    ],
    spawns: [{ tags: [{ name: "Module", value: idText(module) }], data: null }],
    logs: ["one line"],
  });
  const verdict = judge(
    { ok: true, returned: output, gasUsed: 31_000 },
    { process, slot: 1, terms, parent: message },
  );
  const place = {
    rules: 1,
    process,
    slot: 1,
    entryHash: entry.entryHash,
    messageId: decoded.messageId,
    module,
    inboxHash: inboxHashOf(inbox),
    preRoot: fill(0x55),
    postRoot: fill(0x66),
  };
  const failure = judge(
    { ok: false, diagnostic: { reason: "trap", text: "", file: null, line: null, column: null } },
    { process, slot: 1, terms, parent: message },
  );
  return {
    inbox,
    output,
    verdict,
    result: resultRecord.encode(resultOf(verdict, place)),
    failed: resultRecord.encode(resultOf(failure, place)),
  };
}

/** The entry that the result came of, as leaf 2 of a log of three. */
function coveredEntry(entries) {
  const origin = originOf(network, scheduler.address);
  const headKey = headKeyRecord.encode(
    stateHeadKey(scheduler, { origin, headKey: headSigner.publicKey }),
  );
  const leaves = [headKey, entries[0].entry, entries[1].entry].map(leafHash);
  const [seconds, size] = [1_700_000_000, leaves.length];
  const head = { name: origin, seconds, origin, size, root: merkleRoot(leaves) };
  const signature = headSigner.sign(cosignedBytes(head));
  const path = merklePath(leaves, 2);
  return { entry: entries[1].entry, treeIndex: 2, path, size, seconds, signature, headKey };
}

function provenanceVector(entries, { verdict, result }) {
  const leaves = verdict.outbox.map((item) => leafHash(item.bodyBytes));
  const [attestation] = attest(compute, [result]);
  const item = verdict.outbox[1];
  const authorisation = provenanceRecord.encode({
    spawn: spawnBytes,
    result,
    index: 1,
    path: merklePath(leaves, 1),
    attestations: [attestationRecord.encode(attestation)],
    receipt: coveredEntry(entries),
  });
  checkMessage({ body: item.bodyBytes, authorisation, data: item.data }, network, terms);
  return {
    body: shown(bodyRecord, item.bodyBytes),
    authorisation: shown(provenanceRecord, authorisation),
  };
}

/** Encodings alone: the proof in here is three bytes and shows nothing. */
function receiptVector(entries, { output, result }) {
  const decoded = resultRecord.decode(result);
  const slotProof = slotProofRecord.encode({
    key: fill(0x77),
    module: decoded.module,
    gasLimit: terms.gasLimit,
    memoryPagesMax: terms.memoryLimit / 65_536,
    first: 0,
    preRoot: decoded.preRoot,
    inboxHash: decoded.inboxHash,
    exit: decoded.exit,
    gasUsed: decoded.gasUsed,
    postRoot: decoded.postRoot,
    returnedHash: decoded.outputHash,
    returnedLength: output.length,
    proof: Uint8Array.of(1, 2, 3),
  });
  const [spawned, sent] = entries.map(({ body, authorisation }) =>
    envelopeRecord.encode({ body, authorisation, data: body === messageBytes ? data : null }),
  );
  const [attestation] = attest(compute, [result]);
  const receipt = receiptRecord.encode({
    process: decoded.process,
    slot: decoded.slot,
    spawn: spawned,
    message: sent,
    entries: entries.slice(0, 2).map(({ entry }) => entry),
    module: Uint8Array.of(0, 97, 115, 109),
    result,
    output,
    attestations: [attestationRecord.encode(attestation)],
    proof: slotProof,
    head: null,
  });
  return { slotProof: shown(slotProofRecord, slotProof), receipt: shown(receiptRecord, receipt) };
}

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

export function generate() {
  const entries = history();
  const evaluation = evaluated(entries[1]);
  const { inbox, output, verdict, result, failed } = evaluation;
  const [member] = signBundle(
    owner,
    network,
    entries.map((entry) => messageIdOf(entry.body)),
  );
  const [attestation] = attest(compute, [result]);
  return {
    "messages/bodies_v1.json": json(
      [spawnBytes, messageBytes].map((body) => ({
        ...shown(bodyRecord, body),
        id: idText(messageIdOf(body)),
      })),
    ),
    "messages/authorisations_v1.json": json({
      signingSeed: toHex(fill(0x01)),
      signature: shown(signatureRecord, entries[0].authorisation),
      signatureHash: idText(authorisationHashOf(entries[0].authorisation)),
      bundleMember: shown(bundleMemberRecord, bundleMemberRecord.encode(member)),
    }),
    "messages/provenance_v1.json": json(provenanceVector(entries, evaluation)),
    "log/entries_v1.json": json(
      entries.map(({ entry, entryHash }) => ({
        ...shown(entryRecord, entry),
        entryHash: idText(entryHash),
      })),
    ),
    "log/results_v1.json": json({
      inbox: shown(inboxRecord, inbox),
      inboxHash: idText(inboxHashOf(inbox)),
      output: shown(outputRecord, output),
      outbox: verdict.outbox.map((item) => shown(bodyRecord, item.bodyBytes)),
      ok: shown(resultRecord, result),
      okDigest: idText(resultDigestOf(result)),
      failed: shown(resultRecord, failed),
      attestation: shown(attestationRecord, attestationRecord.encode(attestation)),
    }),
    "log/receipts_v1.json": json(receiptVector(entries, evaluation)),
  };
}
