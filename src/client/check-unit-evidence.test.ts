import { expect, test } from "vitest";
import { idText } from "../protocol/ids.ts";
import { unitEvidenceRecord, unitEvidenceTypes } from "../protocol/unit-evidence.ts";
import { attestedResult, fill, module, spawn } from "../testing/attested-results.ts";
import { testIdentity } from "../testing/sender.ts";
import { type EvidenceVerdict, isEvidence, judgeEvidence } from "./judge-evidence.ts";

const unit = testIdentity(5);

function attested(...asked: Parameters<typeof attestedResult>): readonly Uint8Array[] {
  const { result, attestation } = attestedResult(...asked);
  return [result, attestation];
}

function verdictOn(type: number, ...parts: readonly Uint8Array[]): EvidenceVerdict {
  const file = unitEvidenceRecord.encode({ type, parts });
  expect(isEvidence(file)).toBe(true);
  return judgeEvidence(file);
}

const convicted = (lie: string): Partial<EvidenceVerdict> => ({
  ...{ convicts: true, role: "compute", unit: idText(unit.address), lie },
});
const innocent = { convicts: false, reason: "EVIDENCE_INVALID" };
const { twoResults, wrongGenesis, disproved } = unitEvidenceTypes;

test("two results of one entry convict the unit that attests both", () => {
  expect(verdictOn(twoResults, ...attested(), ...attested({ gasUsed: 6 }))).toMatchObject(
    convicted("A1"),
  );
});

test.each([
  ["attested twice", attested()],
  ["of another entry", attested({ entryHash: fill(8), gasUsed: 6 })],
  ["of another process", attested({ process: fill(8), gasUsed: 6 })],
  ["of another unit", attested({ gasUsed: 6 }, testIdentity(8))],
])("a result %s convicts nobody", (_name, other) => {
  expect(verdictOn(twoResults, ...attested(), ...other)).toMatchObject(innocent);
});

test("a result that the unit has not attested convicts nobody", () => {
  const [, attestation] = attested() as [Uint8Array, Uint8Array];
  const [other] = attested({ gasUsed: 6 }) as [Uint8Array];
  const verdict = verdictOn(twoResults, ...attested(), other, attestation);
  expect(verdict).toMatchObject({ convicts: false, reason: "ATTESTATION_INVALID" });
});

test("a slot 0 that begins from another state than the module's convicts", () => {
  const wrong = attested({ preRoot: fill(8) });
  expect(verdictOn(wrongGenesis, ...wrong, spawn.body, module)).toMatchObject(convicted("A3"));
});

test.each([
  ["a slot 0 that begins from it", attested(), spawn.body, module],
  ["a later slot", attested({ slot: 1, preRoot: fill(8) }), spawn.body, module],
  ["another process", attested({ process: fill(8), preRoot: fill(8) }), spawn.body, module],
  ["another module", attested({ preRoot: fill(8) }), spawn.body, Uint8Array.of(0)],
])("%s convicts nobody", (_name, result, body, bytes) => {
  expect(verdictOn(wrongGenesis, ...result, body, bytes)).toMatchObject(innocent);
});

test("a receipt without a proof disproves nothing, and no bytes make the judge fail", () => {
  expect(verdictOn(disproved, ...attested(), new Uint8Array(40))).toMatchObject(innocent);
  expect(verdictOn(99, ...attested(), new Uint8Array(40))).toMatchObject(innocent);
  for (const parts of [[], [fill(1)], [fill(1), fill(2), fill(3)]]) {
    expect(verdictOn(twoResults, ...parts).convicts).toBe(false);
  }
  expect(judgeEvidence(new Uint8Array(3)).convicts).toBe(false);
});
