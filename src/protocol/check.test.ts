import { expect, test } from "vitest";
import { identityFromSeed } from "../crypto/identity.ts";
import { leafHash, merklePath } from "../crypto/merkle.ts";
import { verifySignature } from "../crypto/signature.ts";
import { coveredBy, entryOf as entryBytes, testScheduler } from "../testing/covered-entry.ts";
import { attest, attestationRecord } from "./attestation.ts";
import { signatureRecord, signBundle, signMessage } from "./authorisation.ts";
import { checkEntry, checkMessage, type LogContext } from "./check.ts";
import { entryHashOf, entryRecord } from "./entry.ts";
import { type Envelope, envelopesOf, signedEnvelope } from "./envelope.ts";
import { authorisationHashOf, dataHashOf, idText, messageIdOf } from "./ids.ts";
import { inboxHashOf } from "./inbox.ts";
import { judge, resultOf } from "./judge.ts";
import { type Body, bodyRecord, ownerKinds, textData } from "./message.ts";
import { type Output, outputRecord } from "./output.ts";
import { provenanceRecord } from "./provenance.ts";
import { resultRecord } from "./result.ts";
import { type SpawnTerms, spawnTermsOf } from "./spawn.ts";

const network = new Uint8Array(32).fill(7);
const sender = identityFromSeed(new Uint8Array(32).fill(1));
const sequencer = testScheduler(2);
const scheduler = sequencer.identity;
const compute = identityFromSeed(new Uint8Array(32).fill(3));
const stranger = identityFromSeed(new Uint8Array(32).fill(4));
const module = new Uint8Array(32).fill(9);

const spawnTags = [
  { name: "Module", value: idText(module) },
  { name: "Scheduler", value: idText(scheduler.address) },
  { name: "Compute", value: idText(compute.address) },
];

function bodyOf(changes: Partial<Body> = {}): Body {
  return {
    network,
    owner: { kind: ownerKinds.key, id: sender.address },
    target: null,
    anchor: new Uint8Array(0),
    notAfter: 0,
    depth: 0,
    budget: 1_000_000,
    tags: spawnTags,
    dataForm: 0,
    dataHash: null,
    dataSize: 0,
    ...changes,
  };
}

function signed(body: Body, data: Uint8Array | null = null): Envelope {
  const bytes = bodyRecord.encode(body);
  const authorisation = signMessage(sender, messageIdOf(bytes));
  return signedEnvelope({ body: bytes, data, authorisation });
}

const spawn = bodyOf();
const spawnBytes = bodyRecord.encode(spawn);
const process = messageIdOf(spawnBytes);
const terms = spawnTermsOf(spawn);

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "none";
}

function message(changes: Partial<Body> = {}): Envelope {
  return signed(bodyOf({ target: process, tags: [], ...changes }));
}

test("takes a signed message whose claim holds, and no other signature", () => {
  const data = textData("hello");
  const body = bodyOf({ target: process, tags: [], dataHash: dataHashOf(data), dataSize: 5 });
  const envelope = signed(body, data);
  const { claims } = checkMessage(envelope, network, terms);
  expect(claims.map(verifySignature)).toEqual([true]);
  const forged = signMessage(stranger, messageIdOf(envelope.body));
  const authorisation = signatureRecord.encode({ ...forged, publicKey: sender.publicKey });
  const [claim] = checkMessage({ ...envelope, authorisation }, network, terms).claims;
  expect(claim && verifySignature(claim)).toBe(false);
});

test("refuses with the code of the rule that is broken", () => {
  const data = textData("x");
  const cases: [string, () => unknown][] = [
    ["NETWORK_MISMATCH", () => checkMessage(message(), new Uint8Array(32), terms)],
    ["DEPTH_EXCEEDED", () => checkMessage(message({ depth: 1 }), network, terms)],
    ["BUDGET_EXHAUSTED", () => checkMessage(message({ budget: 1 }), network, terms)],
    ["TAG_RESERVED", () => checkMessage(message({ tags: spawnTags }), network, terms)],
    ["DATA_MISMATCH", () => checkMessage({ ...message(), data }, network, terms)],
    ["SPAWN_TAG_MISSING", () => checkMessage(message({ target: null }), network, null)],
    [
      "OWNER_MISMATCH",
      () => checkMessage(message({ owner: { kind: 0, id: stranger.address } }), network, terms),
    ],
    [
      "AUTHORISATION_KIND",
      () => checkMessage(message({ owner: { kind: 1, id: sender.address } }), network, terms),
    ],
  ];
  for (const [code, run] of cases) expect(codeOf(run), code).toBe(code);
});

test("empty data and no data are two messages, and neither stands for the other", () => {
  const empty = new Uint8Array(0);
  const bodies = [null, empty].map((data) =>
    bodyOf({ target: process, tags: [], dataHash: data && dataHashOf(data) }),
  );
  const [without, withEmpty] = bodies as [Body, Body];
  const check = (envelope: Envelope) => codeOf(() => checkMessage(envelope, network, terms));
  expect([check(signed(without)), check(signed(withEmpty, empty))]).toEqual(["none", "none"]);
  expect(check(signed(withEmpty))).toBe("DATA_MISMATCH");
  expect(check(signed(without, empty))).toBe("DATA_MISMATCH");
});

test("takes each message of a bundle under the one signature", () => {
  const bodies = [0, 1, 2, 3, 4].map((nonce) =>
    bodyRecord.encode(bodyOf({ target: process, tags: [], anchor: Uint8Array.of(nonce) })),
  );
  const [member] = signBundle(sender, network, bodies.map(messageIdOf));
  if (member === undefined) throw new Error("no member");
  const envelopes = envelopesOf({
    algorithm: member.algorithm,
    publicKey: member.publicKey,
    signature: member.signature,
    messages: bodies.map((body) => ({ body, data: null })),
  });
  const claims = envelopes.flatMap((envelope) => checkMessage(envelope, network, terms).claims);
  expect(claims).toHaveLength(5);
  const [first] = claims;
  expect(first && verifySignature(first)).toBe(true);
  for (const claim of claims) expect(claim.payload).toEqual(first?.payload);
});

/** A message that the process itself sends from its slot 0, with its provenance. */
function sentByProcess(target: Uint8Array) {
  const output: Output = {
    output: textData("done"),
    messages: [{ target, tags: [{ name: "Action", value: "Ping" }], data: null }],
    spawns: [],
    logs: [],
  };
  const verdict = judge(
    { ok: true, returned: outputRecord.encode(output), gasUsed: 5000 },
    { process, slot: 0, terms, parent: spawn },
  );
  const entry = entryBytes({ process, slot: 0, messageId: process });
  const result = resultRecord.encode(
    resultOf(verdict, {
      rules: 1,
      process,
      slot: 0,
      entryHash: entryHashOf(entry),
      messageId: process,
      module,
      inboxHash: inboxHashOf(new Uint8Array(0)),
      preRoot: new Uint8Array(32),
      postRoot: new Uint8Array(32),
    }),
  );
  const [item] = verdict.outbox;
  if (item === undefined) throw new Error("no item");
  const receipt = coveredBy(sequencer, entry, network);
  return { item, result, receipt, leaves: verdict.outbox.map((sent) => leafHash(sent.bodyBytes)) };
}

function provenanceOf(
  sent: ReturnType<typeof sentByProcess>,
  unit = compute,
  changes: object = {},
): Envelope {
  const attestations = attest(unit, [sent.result]).map(attestationRecord.encode);
  const authorisation = provenanceRecord.encode({
    spawn: spawnBytes,
    result: sent.result,
    index: 0,
    path: merklePath(sent.leaves, 0),
    attestations,
    receipt: sent.receipt,
    ...changes,
  });
  return { body: sent.item.bodyBytes, authorisation, data: sent.item.data };
}

test("takes what a process sent by its provenance, and tells who the process is", () => {
  const sent = sentByProcess(process);
  expect(sent.item.body.depth).toBe(1);
  expect(sent.item.body.budget).toBe(1_000_000 - 20_000);
  const { claims, source } = checkMessage(provenanceOf(sent), network, terms);
  expect(claims.map(verifySignature)).toEqual([true, true, true]);
  expect(source?.module).toEqual(module);
});

test("refuses a forged provenance with the code of what is forged", () => {
  const sent = sentByProcess(process);
  const demanding = (evidence: Partial<SpawnTerms>): SpawnTerms => ({ ...terms, ...evidence });
  const check = (envelope: Envelope, target = terms) =>
    codeOf(() => checkMessage(envelope, network, target));
  expect(check(provenanceOf(sent, stranger))).toBe("EVIDENCE_QUORUM");
  expect(check(provenanceOf(sent, compute, { attestations: [] }))).toBe("EVIDENCE_QUORUM");
  expect(check(provenanceOf(sent, compute, { index: 1 }))).toBe("PROVENANCE_PATH");
  const other = bodyRecord.encode(bodyOf({ anchor: Uint8Array.of(1) }));
  expect(check(provenanceOf(sent, compute, { spawn: other }))).toBe("OWNER_MISMATCH");
  expect(check(provenanceOf(sent), demanding({ evidence: "proven" }))).toBe("EVIDENCE_LEVEL");
  const trust = { units: [stranger.address], count: 1 };
  expect(check(provenanceOf(sent), demanding({ trust }))).toBe("EVIDENCE_UNTRUSTED");
  const elsewhere = bodyRecord.encode({ ...sent.item.body, target: stranger.address });
  expect(check({ ...provenanceOf(sent), body: elsewhere })).toBe("PROVENANCE_PATH");
});

function entryOf(envelope: Envelope, changes: object = {}): Uint8Array {
  return entryRecord.encode({
    process,
    slot: 0,
    messageId: messageIdOf(envelope.body),
    authorisationHash: authorisationHashOf(envelope.authorisation),
    timestamp: 1000,
    epoch: 0,
    previous: null,
    ...changes,
  });
}

const spawnEnvelope = signed(spawn);
const start: LogContext = {
  network,
  process,
  scheduler: scheduler.address,
  terms: null,
  tip: null,
  seen: () => false,
};

test("follows a log from its spawn, and stops at the first faulty entry", () => {
  const first = entryOf(spawnEnvelope);
  const checked = checkEntry({ ...spawnEnvelope, entry: first }, start);
  expect(checked.terms.module).toEqual(module);
  const next = message({ notAfter: 5000 });
  const log: LogContext = { ...start, terms: checked.terms, tip: checked.tip };
  const good = { slot: 1, previous: entryHashOf(first), timestamp: 1000 };
  const check = (changes: object, context = log, envelope = next) =>
    codeOf(() =>
      checkEntry({ ...envelope, entry: entryOf(envelope, { ...good, ...changes }) }, context),
    );
  expect(check({})).toBe("none");
  expect(check({ slot: 2 })).toBe("ENTRY_SLOT");
  expect(check({ process: stranger.address })).toBe("ENTRY_CHAIN");
  expect(check({ previous: new Uint8Array(32) })).toBe("ENTRY_CHAIN");
  expect(check({ previous: null })).toBe("ENTRY_CHAIN");
  expect(check({ timestamp: 999 })).toBe("ENTRY_TIMESTAMP");
  expect(check({ timestamp: 5001 })).toBe("EXPIRED");
  expect(check({}, { ...log, seen: () => true })).toBe("ENTRY_REPEATED");
  expect(check({}, { ...log, scheduler: stranger.address })).toBe("SCHEDULER_MISMATCH");
  expect(check({ epoch: 0 }, { ...log, tip: { ...checked.tip, epoch: 1 } })).toBe("ENTRY_EPOCH");
  const second = message({ target: stranger.address });
  expect(check({}, log, second)).toBe("ENTRY_MESSAGE");
});

test("bytes that are not those of an entry are unavailable, and no fault of its log", () => {
  const data = textData("hello");
  const fields = { target: process, tags: [], dataHash: dataHashOf(data), dataSize: 5 };
  const envelope = signed(bodyOf(fields), data);
  const first = entryOf(spawnEnvelope);
  const { terms: known, tip } = checkEntry({ ...spawnEnvelope, entry: first }, start);
  const log: LogContext = { ...start, terms: known, tip };
  const entry = entryOf(envelope, { slot: 1, previous: entryHashOf(first) });
  const check = (changes: object) =>
    codeOf(() => checkEntry({ ...envelope, ...changes, entry }, log));
  expect(check({})).toBe("none");
  const same = signed(bodyOf({ ...fields, anchor: Uint8Array.of(1) }), data);
  expect(check({ body: same.body })).toBe("UNAVAILABLE");
  expect(check({ authorisation: same.authorisation })).toBe("UNAVAILABLE");
  for (const other of [null, textData("hallo")]) expect(check({ data: other })).toBe("UNAVAILABLE");
  const other = message();
  const bare = { ...other, entry: entryOf(other, { slot: 1, previous: entryHashOf(first) }) };
  expect(codeOf(() => checkEntry(bare, log))).toBe("none");
  expect(codeOf(() => checkEntry({ ...bare, data }, log))).toBe("UNAVAILABLE");
});

test("a body that no data can fit is a fault of the log that holds it", () => {
  const data = textData("hello");
  const first = entryOf(spawnEnvelope);
  const { terms: known, tip } = checkEntry({ ...spawnEnvelope, entry: first }, start);
  const log: LogContext = { ...start, terms: known, tip };
  const impossible = [
    signed(bodyOf({ target: process, tags: [], dataHash: dataHashOf(data), dataSize: 4 }), data),
    message({ dataSize: 1 }),
  ];
  for (const envelope of impossible) {
    const entry = entryOf(envelope, { slot: 1, previous: entryHashOf(first) });
    expect(codeOf(() => checkEntry({ ...envelope, entry }, log))).toBe("DATA_MISMATCH");
  }
});
