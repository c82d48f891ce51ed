/** Each lie of a compute unit, met by whom section 16 §5 says, with what it says. @module */

import { expect, test } from "vitest";
import { judgeEvidence } from "../../src/client/judge-evidence.ts";
import { ResultWatch, type UnitAccusation } from "../../src/client/result-watch.ts";
import { attest, attestationRecord } from "../../src/protocol/attestation.ts";
import { contentIdOf, messageIdOf } from "../../src/protocol/ids.ts";
import { type Result, resultRecord } from "../../src/protocol/result.ts";
import { EntryWriter } from "../../src/testing/honest-entries.ts";
import { minimalProcess } from "../../src/testing/minimal-process.ts";
import { testIdentity } from "../../src/testing/sender.ts";
import { encodeModule } from "../../src/wasm/binary/encode.ts";
import { genesisRoot } from "../../src/zkvm/genesis-root.ts";

const unit = testIdentity(5);
const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const module = encodeModule(minimalProcess());
const writer = new EntryWriter({ network: fill(5), scheduler: fill(6), owner: testIdentity(3) });
const spawn = writer.sender.spawn({ module: contentIdOf(module), scheduler: fill(6) });
const honest: Result = {
  ...{ rules: 1, process: messageIdOf(spawn.body), slot: 0, entryHash: fill(7) },
  ...{ messageId: messageIdOf(spawn.body), module: contentIdOf(module) },
  ...{ preRoot: genesisRoot(module), postRoot: fill(9), inboxHash: fill(10) },
  ...{ outputHash: null, outboxRoot: null, outboxCount: 0, gasUsed: 5, exit: 0 },
};

function attested(changes: Partial<Result> = {}): { result: Uint8Array; attestation: Uint8Array } {
  const result = resultRecord.encode({ ...honest, ...changes });
  const [attestation] = attest(unit, [result]).map(attestationRecord.encode);
  return { result, attestation: attestation ?? new Uint8Array() };
}

function lieOf(accusation: UnitAccusation | null): string | null {
  const verdict = accusation === null ? null : judgeEvidence(accusation.file);
  return verdict?.convicts === true ? verdict.lie : null;
}

test("two-results: a unit attests two results of one entry", () => {
  const watch = new ResultWatch();
  expect(watch.take(attested())).toBeNull();
  expect(watch.take(attested())).toBeNull();
  expect(lieOf(watch.take(attested({ gasUsed: 6 })))).toBe("A1");
  expect(watch.take(attested({ entryHash: fill(8), gasUsed: 7 }))).toBeNull();
});

test("wrong-genesis: a unit attests a slot 0 that begins from another state", () => {
  const watch = new ResultWatch();
  expect(watch.takeGenesis(attested(), spawn.body, module)).toBeNull();
  const wrong = attested({ preRoot: fill(8) });
  expect(lieOf(watch.takeGenesis(wrong, spawn.body, module))).toBe("A3");
});
