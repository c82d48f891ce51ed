import { expect, test } from "vitest";
import { concatBytes } from "../base/bytes.ts";
import { addressOf } from "../crypto/address.ts";
import { type Identity, identityFromSeed } from "../crypto/identity.ts";
import { leafHash, merklePath } from "../crypto/merkle.ts";
import { verifySignature } from "../crypto/signature.ts";
import { coveredBy, entryOf, testScheduler } from "../testing/covered-entry.ts";
import { attest, attestationRecord } from "./attestation.ts";
import { signatureRecord, signMessage } from "./authorisation.ts";
import { checkMessage } from "./check.ts";
import { type Entry, entryHashOf } from "./entry.ts";
import type { Envelope } from "./envelope.ts";
import { headKeyRecord, originOf, stateHeadKey } from "./head-key.ts";
import { idText, messageIdOf } from "./ids.ts";
import { type Body, bodyRecord, ownerKinds, type Tag } from "./message.ts";
import { outboxRootOf } from "./outbox.ts";
import { type Provenance, provenanceRecord } from "./provenance.ts";
import { exits, type Result, resultRecord } from "./result.ts";
import type { SourceReceipt } from "./source-receipt.ts";
import { type SpawnTerms, spawnTermsOf } from "./spawn.ts";

const digestOf = (byte: number) => new Uint8Array(32).fill(byte);
const network = digestOf(7);
const sequencer = testScheduler(8);
const scheduler = sequencer.identity.address;
const module = digestOf(9);
const units = [1, 2, 3].map((byte) => identityFromSeed(digestOf(byte)));
const [first, second, third] = units as [Identity, Identity, Identity];

function spawnOf(tags: readonly Tag[], changes: Partial<Body> = {}): Uint8Array {
  return bodyRecord.encode({
    network,
    owner: { kind: ownerKinds.key, id: digestOf(1) },
    target: null,
    anchor: new Uint8Array(0),
    notAfter: 0,
    depth: 0,
    budget: 1_000_000,
    tags: [
      { name: "Module", value: idText(module) },
      { name: "Scheduler", value: idText(scheduler) },
      ...tags,
    ],
    dataForm: 0,
    dataHash: null,
    dataSize: 0,
    ...changes,
  });
}

const named = (name: string, some: readonly Identity[]): Tag[] =>
  some.map(({ address }) => ({ name, value: idText(address) }));
const twoOfThree = [...named("Compute", units), { name: "Compute-Quorum", value: "2" }];

function anchorOf(slot: number, index: number): Uint8Array {
  return concatBytes(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, slot), Uint8Array.of(0, 0, 0, index));
}

/** What a test forges: everything else is as an honest process would send it. */
interface Forgery {
  readonly tags?: readonly Tag[];
  readonly spawn?: Partial<Body>;
  readonly body?: Partial<Body>;
  readonly result?: Partial<Result>;
  readonly provenance?: Partial<Provenance>;
  /** The entry that the receipt is of, whose hash the result names. */
  readonly entry?: Partial<Entry>;
  readonly receipt?: Partial<SourceReceipt>;
  readonly attesters?: readonly Identity[];
}

/** A message to `target` that a process sends from its slot 3. */
function sent(target: Uint8Array | null, forgery: Forgery = {}): Envelope {
  const { tags = twoOfThree, attesters = [first, second] } = forgery;
  const spawn = spawnOf(tags, forgery.spawn);
  const process = messageIdOf(spawn);
  const body = bodyRecord.encode({
    ...bodyRecord.decode(spawnOf([])),
    owner: { kind: ownerKinds.process, id: process },
    target,
    anchor: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0),
    depth: 1,
    ...(target === null ? {} : { tags: [] }),
    ...forgery.body,
  });
  const entry = entryOf({ process, slot: 3, messageId: digestOf(3), ...forgery.entry });
  const result = resultRecord.encode({
    rules: 1,
    process,
    slot: 3,
    entryHash: entryHashOf(entry),
    messageId: digestOf(3),
    module,
    preRoot: digestOf(4),
    postRoot: digestOf(5),
    inboxHash: digestOf(6),
    outputHash: digestOf(7),
    outboxRoot: outboxRootOf([body]),
    outboxCount: 1,
    gasUsed: 100,
    exit: exits.ok,
    ...forgery.result,
  });
  const provenance: Provenance = {
    spawn,
    result,
    index: 0,
    path: merklePath([leafHash(body)], 0),
    attestations: attesters.flatMap((unit) => attest(unit, [result]).map(attestationRecord.encode)),
    receipt: { ...coveredBy(sequencer, entry, network), ...forgery.receipt },
    ...forgery.provenance,
  };
  return { body, authorisation: provenanceRecord.encode(provenance), data: null };
}

const receiver = spawnTermsOf(bodyRecord.decode(spawnOf([])));

function codeOf(envelope: Envelope, terms: SpawnTerms | null = receiver): string {
  try {
    const { claims } = checkMessage(envelope, network, terms);
    return claims.every(verifySignature) ? "good" : "SIGNATURE_INVALID";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const trusting = (tags: readonly Tag[]): SpawnTerms =>
  spawnTermsOf(bodyRecord.decode(spawnOf(tags)));

test("takes a process's message from the quorum that its source names", () => {
  expect(codeOf(sent(digestOf(1)))).toBe("good");
  expect(codeOf(sent(digestOf(1), { attesters: units }))).toBe("good");
  expect(codeOf(sent(digestOf(1), { attesters: [first] }))).toBe("EVIDENCE_QUORUM");
});

test("one unit that attests twice is one unit", () => {
  expect(codeOf(sent(digestOf(1), { attesters: [first, first] }))).toBe("EVIDENCE_QUORUM");
});

test("a unit that the source does not name has no voice, beside a quorum either", () => {
  const stranger = identityFromSeed(digestOf(4));
  const withStranger = { attesters: [first, stranger] };
  expect(codeOf(sent(digestOf(1), withStranger))).toBe("EVIDENCE_QUORUM");
  const beside = { attesters: [first, second, stranger] };
  expect(codeOf(sent(digestOf(1), beside))).toBe("EVIDENCE_QUORUM");
});

test("a unit speaks with its own key alone: nobody attests under another's address", () => {
  const impostor = { ...identityFromSeed(digestOf(4)), address: second.address };
  const forged = { attesters: [first, impostor] };
  expect(codeOf(sent(digestOf(1), forged))).toBe("ATTESTATION_INVALID");
});

test("an algorithm that stands for nothing signs and attests nothing", () => {
  const foreign: Identity = { ...first, algorithm: 2, address: addressOf(2, first.publicKey) };
  const owner = { kind: ownerKinds.key, id: foreign.address };
  const body = spawnOf(twoOfThree, { owner });
  const authorisation = signatureRecord.encode(signMessage(foreign, messageIdOf(body)));
  expect(codeOf({ body, authorisation, data: null }, null)).toBe("ALGORITHM_UNKNOWN");
  const tags = named("Compute", [foreign]);
  expect(codeOf(sent(digestOf(1), { tags, attesters: [foreign] }))).toBe("ALGORITHM_UNKNOWN");
});

test("an empty set never satisfies: a source that names no unit sends nothing attested", () => {
  expect(codeOf(sent(digestOf(1), { tags: [], attesters: [] }))).toBe("EVIDENCE_EMPTY");
  expect(codeOf(sent(null, { tags: [], attesters: [] }), null)).toBe("EVIDENCE_EMPTY");
});

test("of the source's quorum as many must be trusted as the receiver demands", () => {
  const one = trusting([...named("Trust", [second, third]), { name: "Trust-Quorum", value: "1" }]);
  expect(codeOf(sent(digestOf(1)), one)).toBe("good");
  const both = trusting(named("Trust", [second, third]));
  expect(codeOf(sent(digestOf(1)), both)).toBe("EVIDENCE_UNTRUSTED");
  expect(codeOf(sent(digestOf(1), { attesters: [second, third] }), both)).toBe("good");
  // Trust is no substitute for the source's own quorum.
  const alone = { attesters: [second] };
  expect(codeOf(sent(digestOf(1), alone), one)).toBe("EVIDENCE_QUORUM");
});

test("where proven is demanded, attested is refused", () => {
  const demanding = trusting([{ name: "Evidence", value: "proven" }]);
  expect(codeOf(sent(digestOf(1)), demanding)).toBe("EVIDENCE_LEVEL");
});

test("a spawn that a process makes is held against its own terms", () => {
  const modules = [
    { name: "Module", value: idText(module) },
    { name: "Scheduler", value: idText(scheduler) },
  ];
  const spawned = (...tags: Tag[]) => sent(null, { body: { tags: [...modules, ...tags] } });
  expect(codeOf(spawned(), null)).toBe("good");
  expect(codeOf(spawned({ name: "Evidence", value: "proven" }), null)).toBe("EVIDENCE_LEVEL");
  expect(codeOf(spawned(...named("Trust", [third])), null)).toBe("EVIDENCE_UNTRUSTED");
  expect(codeOf(spawned(...named("Trust", [second])), null)).toBe("good");
});

test("of any trusted set and quorum, as many of the source's attesters must be in it", () => {
  const subsets = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => units.filter((_, i) => (bits >> i) & 1));
  for (const trusted of subsets.filter(({ length }) => length > 0)) {
    for (let quorum = 1; quorum <= trusted.length; quorum++) {
      const count = { name: "Trust-Quorum", value: String(quorum) };
      const terms = trusting([...named("Trust", trusted), count]);
      for (const attesters of subsets.filter(({ length }) => length >= 2)) {
        const common = attesters.filter((unit) => trusted.includes(unit)).length;
        const expected = common >= quorum ? "good" : "EVIDENCE_UNTRUSTED";
        const detail = `${common} of ${quorum}`;
        expect(codeOf(sent(digestOf(1), { attesters }), terms), detail).toBe(expected);
      }
    }
  }
});

test("an attestation speaks for the result that it was made for, and for no other", () => {
  const honest = provenanceRecord.decode(sent(digestOf(1)).authorisation);
  const { attestations } = honest;
  const other = sent(digestOf(1), {
    result: { postRoot: digestOf(6) },
    provenance: { attestations },
  });
  expect(codeOf(other)).toBe("SIGNATURE_INVALID");
});

test("a message from a process is its source's: of its network, its module, its rules, a success", () => {
  const elsewhere = { spawn: { network: digestOf(1) } };
  expect(codeOf(sent(digestOf(1), elsewhere))).toBe("PROVENANCE_SOURCE");
  const results: Partial<Result>[] = [
    { process: digestOf(1) },
    { module: digestOf(1) },
    { rules: 2 },
    { exit: exits.failed },
    { outboxRoot: null },
  ];
  for (const result of results) {
    expect(codeOf(sent(digestOf(1), { result })), Object.keys(result)[0]).toBe("PROVENANCE_RESULT");
  }
});

test("an id has one origin: the anchor names the slot and the place that sent it", () => {
  for (const anchor of [new Uint8Array(0), anchorOf(4, 0), anchorOf(3, 1)]) {
    expect(codeOf(sent(digestOf(1), { body: { anchor } }))).toBe("PROVENANCE_ANCHOR");
  }
});

test("a path is that of the message's index in an outbox of the result's size", () => {
  const cases: Forgery[] = [
    { provenance: { index: 1 } },
    { provenance: { path: [digestOf(0)] } },
    { result: { outboxCount: 0 } },
    { result: { outboxCount: 2 } },
    { result: { outboxRoot: digestOf(0) } },
  ];
  for (const [i, forgery] of cases.entries()) {
    expect(codeOf(sent(digestOf(1), forgery)), `case ${i}`).toBe("PROVENANCE_PATH");
  }
});

test("a signature never authorises a process, and a provenance never a key", () => {
  const envelope = sent(digestOf(1));
  const signature = signMessage(first, messageIdOf(envelope.body));
  const signed = { ...envelope, authorisation: signatureRecord.encode(signature) };
  expect(codeOf(signed)).toBe("AUTHORISATION_KIND");
  const owner = { kind: ownerKinds.key, id: messageIdOf(spawnOf(twoOfThree)) };
  expect(codeOf(sent(digestOf(1), { body: { owner, depth: 0 } }))).toBe("AUTHORISATION_KIND");
});

test("a process's message is no deeper and no poorer than any may be", () => {
  expect(codeOf(sent(digestOf(1), { body: { depth: 1024 } }))).toBe("good");
  expect(codeOf(sent(digestOf(1), { body: { depth: 1025 } }))).toBe("DEPTH_EXCEEDED");
  expect(codeOf(sent(digestOf(1), { body: { budget: 20_000 } }))).toBe("good");
  expect(codeOf(sent(digestOf(1), { body: { budget: 19_999 } }))).toBe("BUDGET_EXHAUSTED");
});

test("a receipt is of the very entry that the result came of", () => {
  for (const result of [{ entryHash: digestOf(2) }, { slot: 4 }, { messageId: digestOf(1) }]) {
    const anchored = "slot" in result ? { body: { anchor: anchorOf(4, 0) } } : {};
    const envelope = sent(digestOf(1), { result, ...anchored });
    expect(codeOf(envelope), Object.keys(result)[0]).toBe("PROVENANCE_RECEIPT");
  }
  // Entries whose hash the result does name, of another process, slot or message.
  for (const entry of [{ process: digestOf(1) }, { slot: 4 }, { messageId: digestOf(1) }]) {
    const forged = codeOf(sent(digestOf(1), { entry }));
    expect(forged, Object.keys(entry)[0]).toBe("PROVENANCE_RECEIPT");
  }
});

test("the head is one of the scheduler that the source's spawn names, on this network", () => {
  const process = messageIdOf(spawnOf(twoOfThree));
  const entry = entryOf({ process, slot: 3, messageId: digestOf(3) });
  const stranger = coveredBy(testScheduler(9), entry, network);
  expect(codeOf(sent(digestOf(1), { receipt: stranger }))).toBe("HEAD_KEY_INVALID");
  const elsewhere = coveredBy(sequencer, entry, digestOf(6));
  expect(codeOf(sent(digestOf(1), { receipt: elsewhere }))).toBe("HEAD_KEY_INVALID");
  // Another's key under the scheduler's name: stated by that other, or by nobody.
  const origin = originOf(network, scheduler);
  const { headKey } = testScheduler(9);
  const impostor = { ...testScheduler(9).identity, address: scheduler };
  const claimed = stateHeadKey(impostor, { origin, headKey: headKey.publicKey });
  const receipt = { headKey: headKeyRecord.encode(claimed) };
  expect(codeOf(sent(digestOf(1), { receipt }))).toBe("HEAD_KEY_INVALID");
  const own = stateHeadKey(sequencer.identity, { origin, headKey: headKey.publicKey });
  const bent = { ...own, headKey: sequencer.headKey.publicKey };
  const spoilt = { headKey: headKeyRecord.encode(bent) };
  expect(codeOf(sent(digestOf(1), { receipt: spoilt }))).toBe("SIGNATURE_INVALID");
});

test("a private fork of the source's log is under no head that its scheduler signed", () => {
  const process = messageIdOf(spawnOf(twoOfThree));
  // Signed over the history that everyone sees; the attesters made up another slot 3.
  const signed = coveredBy(
    sequencer,
    entryOf({ process, slot: 3, messageId: digestOf(3), timestamp: 2 }),
    network,
  );
  const { entry: _, ...head } = signed;
  expect(codeOf(sent(digestOf(1), { receipt: head }))).toBe("SIGNATURE_INVALID");
  expect(codeOf(sent(digestOf(1), { receipt: signed }))).toBe("PROVENANCE_RECEIPT");
  const { signature } = coveredBy(testScheduler(9), signed.entry, network);
  expect(codeOf(sent(digestOf(1), { receipt: { signature } }))).toBe("SIGNATURE_INVALID");
});

test("a receipt's place, size and time are those that were signed", () => {
  const cases: readonly [Partial<SourceReceipt>, string][] = [
    [{ treeIndex: 0 }, "SIGNATURE_INVALID"],
    [{ treeIndex: 2 }, "PROVENANCE_RECEIPT"],
    [{ size: 1 }, "PROVENANCE_RECEIPT"],
    [{ size: 3 }, "PROVENANCE_RECEIPT"],
    [{ path: [] }, "PROVENANCE_RECEIPT"],
    [{ path: [digestOf(0)] }, "SIGNATURE_INVALID"],
    [{ path: [digestOf(0), digestOf(0)] }, "PROVENANCE_RECEIPT"],
    [{ seconds: 1_700_000_001 }, "SIGNATURE_INVALID"],
    [{ signature: new Uint8Array(2420) }, "SIGNATURE_INVALID"],
  ];
  for (const [receipt, code] of cases) {
    const field = Object.keys(receipt)[0];
    expect(codeOf(sent(digestOf(1), { receipt })), field).toBe(code);
  }
});
