import { beforeAll, expect, test } from "vitest";
import { systemClock } from "../base/clock.ts";
import { attest, attestationRecord } from "../protocol/attestation.ts";
import type { Evaluation } from "../protocol/evaluation.ts";
import { idText } from "../protocol/ids.ts";
import { outboxRootOf } from "../protocol/outbox.ts";
import { outputHashOf, outputRecord } from "../protocol/output.ts";
import { exits, resultRecord } from "../protocol/result.ts";
import { TestSender, testIdentity } from "../testing/sender.ts";
import { type AttestedResult, verifyAttestations } from "./verify-attestations.ts";

const network = new Uint8Array(32).fill(5);
const module = new Uint8Array(32).fill(6);
const units = [testIdentity(2), testIdentity(3)];
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const spawn = sender.spawn({
  module,
  scheduler: testIdentity(4).address,
  compute: units.map(({ address }) => address),
});
const output = outputRecord.encode({
  output: new TextEncoder().encode("1"),
  messages: [],
  spawns: [],
  logs: [],
});
const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const result = {
  rules: 1,
  process: spawn.id,
  slot: 3,
  entryHash: digest(7),
  messageId: digest(8),
  module,
  preRoot: digest(9),
  postRoot: digest(10),
  inboxHash: digest(11),
  outputHash: outputHashOf(output),
  outboxRoot: outboxRootOf([]),
  outboxCount: 0,
  gasUsed: 1000,
  exit: exits.ok,
};

function evaluationBy(unit: ReturnType<typeof testIdentity>, changed: object = {}): Evaluation {
  const bytes = resultRecord.encode({ ...result, ...changed });
  const [attestation] = attest(unit, [bytes]);
  return {
    result: bytes,
    output,
    outbox: [],
    attestation: attestation === undefined ? null : attestationRecord.encode(attestation),
    diagnostic: null,
    finality: "none",
    proof: { state: "unprovable", reason: "this unit has no prover" },
  };
}

let good: AttestedResult;
beforeAll(() => {
  good = {
    network: idText(network),
    process: idText(spawn.id),
    slotOrMessage: 3,
    spawn: spawn.body,
    evaluations: units.map((unit) => evaluationBy(unit)),
  };
});

test("a result that all named units attest is attested", () => {
  const verdict = verifyAttestations(good);
  expect(verdict).toMatchObject({ ok: true, quorum: 2, result: { gasUsed: 1000 } });
  expect(verdict.ok && new Set(verdict.units)).toEqual(
    new Set(units.map(({ address }) => idText(address))),
  );
  const byMessage = { ...good, slotOrMessage: idText(result.messageId) };
  expect(verifyAttestations(byMessage).ok).toBe(true);
});

test("every lie about a result has its reason", () => {
  const [first] = good.evaluations;
  const [one, two] = [evaluationBy(units[0]!), evaluationBy(units[1]!)];
  const stranger = evaluationBy(testIdentity(9));
  const forged = { ...one, attestation: one.attestation!.with(2500, one.attestation![2500]! ^ 1) };
  const foreign = sender.spawn({ module, scheduler: testIdentity(4).address });
  const cases: readonly [string, Partial<AttestedResult>, string][] = [
    ["no answer", { evaluations: [] }, "EVIDENCE_QUORUM"],
    ["one unit of two", { evaluations: [one] }, "EVIDENCE_QUORUM"],
    ["one unit twice", { evaluations: [one, one] }, "EVIDENCE_QUORUM"],
    ["a unit that the spawn does not name", { evaluations: [one, stranger] }, "EVIDENCE_QUORUM"],
    [
      "no attestation",
      { evaluations: [one, { ...two, attestation: null }] },
      "ATTESTATION_INVALID",
    ],
    [
      "units that disagree",
      { evaluations: [one, evaluationBy(units[1]!, { gasUsed: 1001 })] },
      "EVIDENCE_QUORUM",
    ],
    ["a flipped bit of the key or signature", { evaluations: [forged, two] }, "SIGNATURE_INVALID"],
    ["another output", { evaluations: [{ ...one, output: first!.result }] }, "PROVENANCE_RESULT"],
    ["another slot", { slotOrMessage: 4 }, "PROVENANCE_RESULT"],
    [
      "another module",
      { evaluations: [evaluationBy(units[0]!, { module: digest(1) })] },
      "PROVENANCE_RESULT",
    ],
    ["another spawn", { spawn: foreign.body }, "ENTRY_MESSAGE"],
    ["a spawn without compute units", emptySpawn(foreign), "EVIDENCE_EMPTY"],
    ["another network", { network: idText(digest(1)) }, "NETWORK_MISMATCH"],
    ["a spawn that is none", { spawn: one.result }, "ENTRY_MESSAGE"],
  ];
  for (const [name, change, reason] of cases) {
    const verdict = verifyAttestations({ ...good, ...change });
    expect(verdict.ok, name).toBe(false);
    expect(!verdict.ok && verdict.reason, name).toBe(reason);
  }
});

test("a liar among enough honest units changes nothing, two quorums for two results do", () => {
  const [one, two] = [evaluationBy(units[0]!), evaluationBy(units[1]!)];
  const lie = { ...evaluationBy(testIdentity(9), { gasUsed: 1 }), output: one.result };
  expect(verifyAttestations({ ...good, evaluations: [lie, one, two] }).ok).toBe(true);
  const either = sender.spawn({
    module,
    scheduler: testIdentity(4).address,
    compute: units.map(({ address }) => address),
    tags: [{ name: "Compute-Quorum", value: "1" }],
  });
  const [left, right] = [0, 1].map((gasUsed) =>
    evaluationBy(units[gasUsed]!, { process: either.id, gasUsed }),
  );
  const asked = { ...good, spawn: either.body, process: idText(either.id) };
  expect(verifyAttestations({ ...asked, evaluations: [left!] }).ok).toBe(true);
  const verdict = verifyAttestations({ ...asked, evaluations: [left!, right!] });
  expect(verdict).toMatchObject({ ok: false, reason: "EVIDENCE_QUORUM" });
});

function emptySpawn(spawned: { readonly id: Uint8Array; readonly body: Uint8Array }) {
  return { spawn: spawned.body, process: idText(spawned.id) };
}
