import fc from "fast-check";
import { expect, test } from "vitest";
import { identityFromSeed } from "../crypto/identity.ts";
import { verifySignature } from "../crypto/signature.ts";
import {
  bundleBeginningOf,
  signatureClaimOf,
  signatureRecord,
  signBundle,
  signMessage,
} from "./authorisation.ts";
import { openBundle, readMember } from "./bundle.ts";
import { type Bundle, envelopesOf } from "./envelope.ts";
import { messageIdOf } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { messageGasMin } from "./limits.ts";
import { type Body, bodyRecord, ownerKinds } from "./message.ts";

const owner = identityFromSeed(new Uint8Array(32).fill(3));
const network = new Uint8Array(32).fill(1);

function bodyOf(number: number, from: Uint8Array = owner.address): Uint8Array {
  const body: Body = {
    network,
    owner: { kind: ownerKinds.key, id: from },
    target: new Uint8Array(32).fill(9),
    anchor: Uint8Array.of(number & 255, number >> 8),
    notAfter: 0,
    depth: 0,
    budget: messageGasMin,
    tags: [],
    dataForm: 0,
    dataHash: null,
    dataSize: 0,
  };
  return bodyRecord.encode(body);
}

function bundleOf(bodies: readonly Uint8Array[]): Bundle {
  const [signed] = signBundle(owner, network, bodies.map(messageIdOf));
  const { algorithm, publicKey, signature } = signed!;
  return {
    algorithm,
    publicKey,
    signature,
    messages: bodies.map((body) => ({ body, data: null })),
  };
}

test("property: members are those of the readable way, and one claim stands for all", () => {
  const property = fc.property(fc.integer({ min: 1, max: 9 }), (count) => {
    const bundle = bundleOf(Array.from({ length: count }, (_, number) => bodyOf(number)));
    const opened = openBundle(bundle, network);
    expect(opened.members.map(({ envelope }) => envelope)).toEqual(envelopesOf(bundle));
    expect(verifySignature(opened.claim)).toBe(true);
    for (const { id, envelope } of opened.members) {
      const authorised = { network, owner: { kind: ownerKinds.key, id: opened.owner }, id };
      const claim = signatureClaimOf(envelope.authorisation, kinds.bundleMember, authorised);
      expect(claim).toEqual(opened.claim);
    }
  });
  fc.assert(property, { numRuns: 4 });
});

test("every member's authorisation begins with the shared bytes, and differs right behind them", () => {
  const { members, sharedBytes } = openBundle(bundleOf([bodyOf(1), bodyOf(2)]), network);
  const [first, second] = members.map(({ envelope }) => envelope.authorisation);
  expect(sharedBytes).toBeGreaterThan(5261);
  expect(second?.subarray(0, sharedBytes)).toEqual(first?.subarray(0, sharedBytes));
  // The count is the same; then comes the index.
  expect([first?.[sharedBytes + 1], second?.[sharedBytes + 1]]).toEqual([0, 1]);
  for (const authorisation of [first, second]) {
    expect(bundleBeginningOf(authorisation ?? new Uint8Array(0))).toBe(sharedBytes);
  }
});

test("an authorisation that no other has a beginning in common with has none", () => {
  const [alone] = openBundle(bundleOf([bodyOf(1)]), network).members;
  expect(bundleBeginningOf(alone?.envelope.authorisation ?? new Uint8Array(0))).toBeNull();
  const signature = signatureRecord.encode(signMessage(owner, messageIdOf(bodyOf(1))));
  expect(bundleBeginningOf(signature)).toBeNull();
});

test("an empty bundle, and one of an unknown algorithm, are refused", () => {
  const bundle = bundleOf([bodyOf(1)]);
  const refused = (spoilt: Bundle) => () => openBundle(spoilt, network);
  expect(refused({ ...bundle, messages: [] })).toThrow("REQUEST_INVALID");
  expect(refused({ ...bundle, algorithm: 2 })).toThrow("ALGORITHM_UNKNOWN");
});

test("a member of another owner is refused in its place", () => {
  const stranger = new Uint8Array(32).fill(200);
  const bundle = bundleOf([bodyOf(1), bodyOf(2, stranger)]);
  const opened = openBundle(bundle, network);
  const [own, foreign] = opened.members.map((member) => readMember(member, opened.owner, network));
  expect(own).toMatchObject({ ok: true, value: { id: messageIdOf(bodyOf(1)) } });
  expect(foreign).toMatchObject({ ok: false, error: { code: "OWNER_MISMATCH" } });
});
