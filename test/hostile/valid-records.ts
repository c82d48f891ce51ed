/**
 * One valid value of every record, as bytes and as JSON: what mutations begin with. They belong
 * together: one spawn, one message to it in each authorisation, its entry, its result.
 *
 * @module
 */

import { identityFromSeed } from "../../src/crypto/identity.ts";
import { leafHash, merklePath } from "../../src/crypto/merkle.ts";
import { acceptanceRecord, acceptancesRecord, assigned } from "../../src/protocol/acceptance.ts";
import { attest, attestationRecord } from "../../src/protocol/attestation.ts";
import {
  bundleMemberRecord,
  signatureRecord,
  signBundle,
  signMessage,
} from "../../src/protocol/authorisation.ts";
import { dryRunRecord } from "../../src/protocol/dry-run.ts";
import { entryHashOf, entryRecord } from "../../src/protocol/entry.ts";
import {
  batchRecord,
  bundleRecord,
  type Envelope,
  envelopeRecord,
  type LogItem,
  logPageRecord,
} from "../../src/protocol/envelope.ts";
import { evaluationPageRecord, evaluationRecord } from "../../src/protocol/evaluation.ts";
import { headKeyRecord } from "../../src/protocol/head-key.ts";
import {
  authorisationHashOf,
  type Digest,
  dataHashOf,
  idText,
  messageIdOf,
} from "../../src/protocol/ids.ts";
import { inboxOf, inboxRecord } from "../../src/protocol/inbox.ts";
import {
  logReceiptRecord,
  logReceiptsRecord,
  receiptsQueryRecord,
} from "../../src/protocol/log-receipt.ts";
import { type Body, bodyRecord, ownerKinds, textData } from "../../src/protocol/message.ts";
import { outboxRootOf } from "../../src/protocol/outbox.ts";
import { outputHashOf, outputRecord } from "../../src/protocol/output.ts";
import { provenSlotRecord, provenStandRecord } from "../../src/protocol/proven-slot.ts";
import { provenanceRecord } from "../../src/protocol/provenance.ts";
import type { Json, RecordType } from "../../src/protocol/record.ts";
import { exits, resultRecord } from "../../src/protocol/result.ts";
import { type SpawnTerms, spawnTermsOf } from "../../src/protocol/spawn.ts";
import { coveredBy, entryOf, testScheduler } from "../../src/testing/covered-entry.ts";

const digestOf = (byte: number): Digest => new Uint8Array(32).fill(byte);
const sender = identityFromSeed(digestOf(1));
const unit = identityFromSeed(digestOf(3));
const data = textData("hello");

export const network: Digest = digestOf(7);
const sequencer = testScheduler(8);
export const scheduler: Digest = sequencer.identity.address;

const spawn: Body = {
  network,
  owner: { kind: ownerKinds.key, id: sender.address },
  target: null,
  anchor: digestOf(4).subarray(0, 16),
  notAfter: 0,
  depth: 0,
  budget: 1_000_000,
  tags: [
    { name: "Module", value: idText(digestOf(9)) },
    { name: "Scheduler", value: idText(scheduler) },
    { name: "Compute", value: idText(unit.address) },
    { name: "Gas-Limit", value: "1000000" },
    { name: "Name", value: "Größe" },
  ],
  dataForm: 0,
  dataHash: null,
  dataSize: 0,
};
const spawnBody = bodyRecord.encode(spawn);
export const process: Digest = messageIdOf(spawnBody);
export const terms: SpawnTerms = spawnTermsOf(spawn);

const message: Body = {
  ...spawn,
  target: process,
  tags: [{ name: "Action", value: "Ping" }],
  dataHash: dataHashOf(data),
  dataSize: data.length,
};
const body = bodyRecord.encode(message);
const id = messageIdOf(body);

const output = outputRecord.encode({
  output: textData("pong"),
  messages: [{ target: process, tags: message.tags, data }],
  spawns: [{ tags: spawn.tags, data: null }],
  logs: ["a line"],
});

const sentBody = bodyRecord.encode({
  ...message,
  owner: { kind: ownerKinds.process, id: process },
  anchor: new Uint8Array(12),
  depth: 1,
});
const sentEntry = entryOf({ process, slot: 0, messageId: process });
const result = resultRecord.encode({
  rules: 1,
  process,
  slot: 0,
  entryHash: entryHashOf(sentEntry),
  messageId: process,
  module: digestOf(9),
  preRoot: digestOf(4),
  postRoot: digestOf(5),
  inboxHash: digestOf(6),
  outputHash: outputHashOf(output),
  outboxRoot: outboxRootOf([sentBody, spawnBody]),
  outboxCount: 2,
  gasUsed: 100,
  exit: exits.ok,
});
const attestations = attest(unit, [result]).map(attestationRecord.encode);
const signature = signatureRecord.encode(signMessage(sender, id));
const member = signBundle(sender, network, [digestOf(1), id, digestOf(2)])[1];
if (member === undefined) throw new Error("a bundle has members");
const covered = coveredBy(sequencer, sentEntry, network);
const provenance = provenanceRecord.encode({
  spawn: spawnBody,
  result,
  index: 0,
  path: merklePath([sentBody, spawnBody].map(leafHash), 0),
  attestations,
  receipt: covered,
});

/** The message under each of the three authorisations. */
export const envelopes: readonly Envelope[] = [
  { body, authorisation: signature, data },
  { body, authorisation: bundleMemberRecord.encode(member), data },
  { body: sentBody, authorisation: provenance, data },
];

const first: LogItem = {
  body: spawnBody,
  authorisation: signatureRecord.encode(signMessage(sender, process)),
  data: null,
  entry: new Uint8Array(0),
};
const spawnEntry = {
  process,
  slot: 0,
  messageId: process,
  authorisationHash: authorisationHashOf(first.authorisation),
  timestamp: 1_790_000_000_000,
  epoch: 1,
  previous: null,
};
const entry = entryRecord.encode(spawnEntry);

/** The spawn in its log, and the message after it. */
export const logItems: readonly [LogItem, LogItem] = [
  { ...first, entry },
  {
    body,
    authorisation: signature,
    data,
    entry: entryRecord.encode({
      ...spawnEntry,
      slot: 1,
      messageId: id,
      authorisationHash: authorisationHashOf(signature),
      previous: entryHashOf(entry),
    }),
  },
];

const inbox = inboxOf({ entry: spawnEntry, body: message, data, rules: 1, source: terms });
const acceptance = assigned({ id, process, slot: 1, entry });
const evaluation = {
  result,
  output,
  outbox: [sentBody, spawnBody],
  attestation: attestations[0] ?? null,
  diagnostic: { reason: "trap", text: "unreachable", file: "a.ts", line: 1, column: 2 },
  finality: "none",
  proof: { state: "unprovable", reason: "no prover" },
};
const logReceipt = {
  ...{ treeIndex: covered.treeIndex, path: covered.path, headKey: covered.headKey },
  head: textData("a head\n\n— a signature\n"),
};
const singly = signMessage(sender, id);

/** A record type with one valid value. */
export interface ValidRecord {
  readonly record: RecordType<unknown>;
  readonly bytes: Uint8Array;
  readonly json: Json;
}

function valid<Value>(record: RecordType<Value>, bytes: Uint8Array): ValidRecord {
  const json = record.toJson(record.decode(bytes));
  return { record: record as RecordType<unknown>, bytes, json };
}

/** Every record of the registry, in its order. */
export const validRecords: readonly ValidRecord[] = [
  valid(bodyRecord, body),
  valid(signatureRecord, signature),
  valid(bundleMemberRecord, bundleMemberRecord.encode(member)),
  valid(provenanceRecord, provenance),
  valid(entryRecord, entry),
  valid(inboxRecord, inboxRecord.encode(inbox)),
  valid(outputRecord, output),
  valid(resultRecord, result),
  valid(attestationRecord, attestations[0] ?? new Uint8Array(0)),
  ...envelopes.map((envelope) => valid(envelopeRecord, envelopeRecord.encode(envelope))),
  valid(
    bundleRecord,
    bundleRecord.encode({
      ...singly,
      messages: [
        { body, data },
        { body: spawnBody, data: null },
      ],
    }),
  ),
  valid(batchRecord, batchRecord.encode({ envelopes })),
  valid(logPageRecord, logPageRecord.encode({ process, items: logItems, next: 2 })),
  valid(evaluationRecord, evaluationRecord.encode(evaluation)),
  valid(evaluationPageRecord, evaluationPageRecord.encode({ evaluations: [evaluation] })),
  valid(acceptanceRecord, acceptanceRecord.encode(acceptance)),
  valid(acceptancesRecord, acceptancesRecord.encode({ acceptances: [acceptance] })),
  valid(headKeyRecord, covered.headKey),
  valid(logReceiptRecord, logReceiptRecord.encode(logReceipt)),
  valid(
    provenSlotRecord,
    provenSlotRecord.encode({
      ...{ entry, body, authorisation: signature, data, result, attestations },
      receipt: logReceiptRecord.encode(logReceipt),
      ...{ proofHash: digestOf(7), proofSize: 3 },
    }),
  ),
  valid(
    provenStandRecord,
    provenStandRecord.encode({ process, next: 1, entryHash: digestOf(8), root: null }),
  ),
  valid(
    receiptsQueryRecord,
    receiptsQueryRecord.encode({
      since: 7,
      witnesses: { units: [digestOf(5)], count: 1 },
      places: [{ process, slot: 0 }],
    }),
  ),
  valid(
    logReceiptsRecord,
    logReceiptsRecord.encode({
      ...{ head: logReceipt.head, headKey: covered.headKey, consistency: [digestOf(6)] },
      ...{ witnesses: ["a witness"], places: [{ treeIndex: 1, path: covered.path }, null] },
    }),
  ),
  valid(
    dryRunRecord,
    dryRunRecord.encode({ owner: message.owner, tags: message.tags, data: message.dataHash }),
  ),
];

/** The bodies that a spawn's terms are read from. */
export const spawnBytes: Uint8Array = spawnBody;
