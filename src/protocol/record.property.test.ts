import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptanceRecord } from "./acceptance.ts";
import { encodeCanonical } from "./codec.ts";
import { decodeCanonical } from "./decode.ts";
import { type DryRun, dryRunRecord } from "./dry-run.ts";
import { type Entry, entryRecord } from "./entry.ts";
import { envelopeRecord, logPageRecord } from "./envelope.ts";
import { evaluationRecord } from "./evaluation.ts";
import { inboxRecord } from "./inbox.ts";
import { bodyRecord } from "./message.ts";
import { outputRecord } from "./output.ts";
import { kindOf, type RecordType } from "./record.ts";
import { resultRecord } from "./result.ts";

const entrySample: Entry = {
  process: new Uint8Array(32),
  slot: 0,
  messageId: new Uint8Array(32),
  authorisationHash: new Uint8Array(32),
  timestamp: 1,
  epoch: 1,
  previous: null,
};

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const small = fc.uint8Array({ maxLength: 40 });
const uint = fc.maxSafeNat();
const tags = fc.array(
  fc.record({
    // A grapheme may be many bytes, and a name has 64.
    name: fc
      .string({ unit: "grapheme", maxLength: 8 })
      .filter((name) => new TextEncoder().encode(name).length <= 64),
    value: fc.string({ unit: "grapheme", maxLength: 30 }),
  }),
  { maxLength: 5 },
);
const owner = fc.record({ kind: fc.nat(1), id: digest });
const data = fc.option(small);
const envelope = { body: small, authorisation: small, data };
const verbatim = fc.string({ unit: "grapheme", maxLength: 30 });

const body = fc.record({
  network: digest,
  owner,
  target: fc.option(digest),
  anchor: fc.uint8Array({ maxLength: 32 }),
  notAfter: uint,
  depth: fc.nat(1024),
  budget: fc.nat(1_000_000_000),
  tags,
  dataForm: fc.constant(0),
  dataHash: fc.option(digest),
  dataSize: fc.nat(1000),
});
const entry = fc.record({
  process: digest,
  slot: uint,
  messageId: digest,
  authorisationHash: digest,
  timestamp: uint,
  epoch: uint,
  previous: fc.option(digest),
});
const result = fc.record({
  rules: fc.nat(10),
  process: digest,
  slot: uint,
  entryHash: digest,
  messageId: digest,
  module: digest,
  preRoot: digest,
  postRoot: digest,
  inboxHash: digest,
  outputHash: fc.option(digest),
  outboxRoot: fc.option(digest),
  outboxCount: fc.nat(256),
  gasUsed: fc.nat(1000),
  exit: fc.nat(1),
});

interface Case {
  readonly record: RecordType<never>;
  readonly values: fc.Arbitrary<unknown>;
}
const caseOf = <Value>(record: RecordType<Value>, values: fc.Arbitrary<Value>): Case => ({
  record: record as unknown as RecordType<never>,
  values,
});

const cases: readonly Case[] = [
  caseOf(bodyRecord, body),
  caseOf(entryRecord, entry),
  caseOf(resultRecord, result),
  caseOf(envelopeRecord, fc.record(envelope)),
  caseOf(
    logPageRecord,
    fc.record({
      process: digest,
      items: fc.array(fc.record({ entry: small, ...envelope }), { maxLength: 4 }),
      next: uint,
    }),
  ),
  caseOf(
    inboxRecord,
    fc.record({
      rules: fc.nat(10),
      network: digest,
      process: digest,
      slot: uint,
      timestamp: uint,
      messageId: digest,
      sender: owner,
      source: fc.option(
        fc.record({
          module: digest,
          scheduler: digest,
          compute: fc.array(digest, { maxLength: 3 }),
        }),
      ),
      anchor: fc.uint8Array({ maxLength: 32 }),
      depth: fc.nat(1024),
      tags,
      data,
    }),
  ),
  caseOf(
    outputRecord,
    fc.record({
      output: small,
      messages: fc.array(fc.record({ target: digest, tags, data }), { maxLength: 3 }),
      spawns: fc.array(fc.record({ tags, data }), { maxLength: 3 }),
      logs: fc.array(verbatim, { maxLength: 3 }),
    }),
  ),
  caseOf(
    evaluationRecord,
    fc.record({
      result: small,
      output: data,
      outbox: fc.array(small, { maxLength: 3 }),
      attestation: data,
      diagnostic: fc.option(
        fc.record({
          reason: fc.constant("trap"),
          text: verbatim,
          file: fc.option(verbatim),
          line: fc.option(uint),
          column: fc.option(uint),
        }),
      ),
      finality: fc.constant("none"),
      proof: fc.record({ state: fc.constant("queued"), reason: fc.constant(null) }),
    }),
  ),
  caseOf(
    acceptanceRecord,
    fc.record({
      id: digest,
      process: digest,
      slot: fc.option(uint),
      assignment: data,
      receipt: fc.constant(null),
      evaluation: data,
      error: fc.option(fc.record({ code: fc.constant("EXPIRED"), detail: verbatim })),
    }),
  ),
];

test("property: each record reads back from its bytes and from its JSON", () => {
  for (const { record, values } of cases) {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = record.encode(value as never);
        expect(kindOf(bytes), record.name).toBe(record.kind);
        expect(record.decode(bytes), record.name).toEqual(value);
        const json: unknown = JSON.parse(JSON.stringify(record.toJson(value as never)));
        expect(record.encode(record.fromJson(json)), record.name).toEqual(bytes);
      }),
      { numRuns: 40 },
    );
  }
});

test("property: a record with one position more, less or of another kind is refused with a code", () => {
  for (const { record, values } of cases) {
    fc.assert(
      fc.property(values, fc.nat(2), (value, change) => {
        const fields = decodeCanonical(record.encode(value as never));
        if (!Array.isArray(fields)) throw new Error("a record is an array");
        if (change === 0) fields.push(null);
        else if (change === 1) fields.pop();
        else fields[0] = 99;
        expect(() => record.decode(encodeCanonical(fields)), record.name).toThrow(/^RECORD_/);
      }),
      { numRuns: 20 },
    );
  }
});

test("refuses an integer of JSON that is no unsigned one, -0 too", () => {
  const request = { owner: { kind: 0, id: "A".repeat(43) }, tags: [], data: null };
  expect(dryRunRecord.fromJson(request).owner.kind).toBe(0);
  for (const kind of [JSON.parse("-0"), -1, 0.5, 2 ** 53, "0", null, true]) {
    const wrong = { ...request, owner: { ...request.owner, kind } };
    expect(() => dryRunRecord.fromJson(wrong), String(kind)).toThrow(/^RECORD_FIELD/);
  }
});

test("names the field that is wrong, what was expected and what came", () => {
  const json = { process: 5 };
  expect(() => entryRecord.fromJson(json)).toThrow(
    "RECORD_FIELD: field entry.process, expected unpadded base64url, got number",
  );
  expect(() => envelopeRecord.fromJson({ extra: 1 })).toThrow(/envelope.extra/);
});

test("writes nothing that it would not read", () => {
  for (const wrong of [
    { slot: -1 },
    { slot: 0.5 },
    { slot: "1" },
    { process: new Uint8Array(31) },
    { process: null },
    { previous: [] },
    { previous: undefined },
  ]) {
    const value = { ...entrySample, ...wrong } as unknown as Entry;
    expect(() => entryRecord.encode(value), JSON.stringify(wrong)).toThrow(/^RECORD_FIELD/);
  }
  const request = { owner: { kind: 0, id: entrySample.process }, tags: [], data: null };
  const tooLong = { name: "\u00e4".repeat(600), value: "" };
  for (const wrong of [
    { tags: [tooLong] },
    { tags: [{ name: "\ud800", value: "" }] },
    { tags: Array.from({ length: 2000 }, () => ({ name: "a", value: "b" })) },
    { tags: null },
    { owner: { kind: 2, id: entrySample.process } },
  ]) {
    const value = { ...request, ...wrong } as unknown as DryRun;
    expect(() => dryRunRecord.encode(value)).toThrow(/^RECORD_FIELD/);
  }
});
