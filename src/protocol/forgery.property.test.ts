import fc from "fast-check";
import { expect, test } from "vitest";
import { identityFromSeed } from "../crypto/identity.ts";
import { leafHash, merklePath } from "../crypto/merkle.ts";
import { verifySignature } from "../crypto/signature.ts";
import { coveredBy, entryOf, testScheduler } from "../testing/covered-entry.ts";
import { attest, attestationClaim, attestationRecord } from "./attestation.ts";
import { bundleMemberRecord, signatureRecord, signBundle, signMessage } from "./authorisation.ts";
import { checkMessage } from "./check.ts";
import { entryHashOf } from "./entry.ts";
import type { Envelope } from "./envelope.ts";
import { ProtocolError } from "./errors.ts";
import { dataHashOf, idText, messageIdOf } from "./ids.ts";
import { type Body, bodyRecord, ownerKinds, textData } from "./message.ts";
import { outboxRootOf } from "./outbox.ts";
import { provenanceRecord } from "./provenance.ts";
import { exits, resultRecord } from "./result.ts";
import { spawnTermsOf } from "./spawn.ts";

const digestOf = (byte: number) => new Uint8Array(32).fill(byte);
const network = digestOf(7);
const sender = identityFromSeed(digestOf(1));
const unit = identityFromSeed(digestOf(3));
const scheduler = testScheduler(8);
const data = textData("hello");

const spawn: Body = {
  network,
  owner: { kind: ownerKinds.key, id: sender.address },
  target: null,
  anchor: new Uint8Array(0),
  notAfter: 0,
  depth: 0,
  budget: 1_000_000,
  tags: [
    { name: "Module", value: idText(digestOf(9)) },
    { name: "Scheduler", value: idText(scheduler.identity.address) },
    { name: "Compute", value: idText(unit.address) },
  ],
  dataForm: 0,
  dataHash: null,
  dataSize: 0,
};
const spawnBytes = bodyRecord.encode(spawn);
const process = messageIdOf(spawnBytes);
const terms = spawnTermsOf(spawn);
const message: Body = {
  ...spawn,
  target: process,
  tags: [{ name: "Action", value: "Ping" }],
  dataHash: dataHashOf(data),
  dataSize: data.length,
};

function signed(): Envelope {
  const body = bodyRecord.encode(message);
  const signature = signMessage(sender, messageIdOf(body));
  return { body, authorisation: signatureRecord.encode(signature), data };
}

function bundled(): Envelope {
  const body = bodyRecord.encode(message);
  const ids = [digestOf(1), messageIdOf(body), digestOf(2)];
  const member = signBundle(sender, network, ids)[1];
  if (member === undefined) throw new Error("no member");
  return { body, authorisation: bundleMemberRecord.encode(member), data };
}

function sentByProcess(): Envelope {
  const body = bodyRecord.encode({
    ...message,
    owner: { kind: ownerKinds.process, id: process },
    anchor: new Uint8Array(12),
    depth: 1,
  });
  const entry = entryOf({ process, slot: 0, messageId: process });
  const result = resultRecord.encode({
    rules: 1,
    process,
    slot: 0,
    entryHash: entryHashOf(entry),
    messageId: process,
    module: digestOf(9),
    preRoot: digestOf(4),
    postRoot: digestOf(5),
    inboxHash: digestOf(6),
    outputHash: digestOf(7),
    outboxRoot: outboxRootOf([body, spawnBytes]),
    outboxCount: 2,
    gasUsed: 100,
    exit: exits.ok,
  });
  const authorisation = provenanceRecord.encode({
    spawn: spawnBytes,
    result,
    index: 0,
    path: merklePath([body, spawnBytes].map(leafHash), 0),
    attestations: attest(unit, [result]).map(attestationRecord.encode),
    receipt: coveredBy(scheduler, entry, network),
  });
  return { body, authorisation, data };
}

/** "good", or the code that it is refused with. Anything but a `ProtocolError` fails the test. */
function verdictOf(envelope: Envelope): string {
  try {
    const { claims } = checkMessage(envelope, network, terms);
    return claims.every(verifySignature) ? "good" : "SIGNATURE_INVALID";
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

for (const [name, make] of [
  ["a signed message", signed],
  ["a member of a bundle", bundled],
  ["what a process sent", sentByProcess],
] as const) {
  test(`property: ${name} with any one bit flipped is refused with a code`, () => {
    const honest = make();
    expect(verdictOf(honest)).toBe("good");
    const place = fc.constantFrom("body", "authorisation", "data").chain((part) =>
      fc.record({
        part: fc.constant(part),
        at: fc.nat((honest[part as keyof Envelope]?.length ?? 1) - 1),
        bit: fc.nat(7),
      }),
    );
    fc.assert(
      fc.property(place, ({ part, at, bit }) => {
        const bytes = Uint8Array.from(honest[part as keyof Envelope] ?? []);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        expect(verdictOf({ ...honest, [part]: bytes })).not.toBe("good");
      }),
      { numRuns: 300 },
    );
  });
}

test("one signature means one thing: of a message, a bundle and an attestation none stands for another", () => {
  const { body } = signed();
  const id = messageIdOf(body);
  const [member] = signBundle(sender, network, [id]);
  const [attestation] = attest(sender, [id]);
  const single = signMessage(sender, id);
  if (member === undefined || attestation === undefined) throw new Error("nothing signed");
  const authorisations = [signatureRecord.encode(single), bundleMemberRecord.encode(member)];
  const tags = authorisations.flatMap((authorisation) =>
    checkMessage({ body, authorisation, data }, network, terms).claims.map(({ tag }) => tag),
  );
  expect(new Set([...tags, attestationClaim(attestation, id).tag]).size).toBe(3);
  const asSingle = (signature: Uint8Array) =>
    verdictOf({ body, authorisation: signatureRecord.encode({ ...single, signature }), data });
  const asMember = (signature: Uint8Array) =>
    verdictOf({ body, authorisation: bundleMemberRecord.encode({ ...member, signature }), data });
  expect([asSingle(single.signature), asMember(member.signature)]).toEqual(["good", "good"]);
  for (const { signature } of [member, attestation]) {
    expect(asSingle(signature)).toBe("SIGNATURE_INVALID");
  }
  for (const { signature } of [single, attestation]) {
    expect(asMember(signature)).toBe("SIGNATURE_INVALID");
  }
});
