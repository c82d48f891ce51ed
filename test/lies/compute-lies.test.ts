/** Each lie of a compute unit, met by whom section 16 §5 says, with what it says. @module */

import { expect, test } from "vitest";
import { judgeEvidence } from "../../src/client/judge-evidence.ts";
import {
  type MonitoredProcess,
  type MonitoredUnit,
  ResultMonitor,
} from "../../src/client/result-monitor.ts";
import {
  type AttestedBytes,
  ResultWatch,
  type UnitAccusation,
} from "../../src/client/result-watch.ts";
import { UnitCallError } from "../../src/client/unit-call.ts";
import type { Identity } from "../../src/crypto/identity.ts";
import { referenceVerifier } from "../../src/crypto/signature.ts";
import { idText, messageIdOf } from "../../src/protocol/ids.ts";
import type { Result } from "../../src/protocol/result.ts";
import {
  attestedResult as attested,
  fill,
  module,
  namedUnits,
  spawn,
} from "../../src/testing/attested-results.ts";
import { testIdentity } from "../../src/testing/sender.ts";

function lieOf(accusation: UnitAccusation | null): string | null {
  const verdict = accusation === null ? null : judgeEvidence(accusation.file);
  return verdict?.convicts === true ? verdict.lie : null;
}

const [one, other] = namedUnits as [Identity, Identity];

/** A unit that serves these attested results, from slot 0 on. */
function unitOf(identity: Identity, served: readonly AttestedBytes[]): MonitoredUnit {
  const rest = {
    ...{ output: null, outbox: [], diagnostic: null, finality: "signed" },
    proof: { state: "queued", reason: null },
  };
  return {
    unit: { url: `http://${idText(identity.address).slice(0, 4)}.test` },
    info: async () => ({ address: idText(identity.address) }),
    evaluations: async (_process, { from = 0, limit = 50 } = {}) =>
      served.slice(from, from + limit).map((each) => ({ ...each, ...rest })),
  };
}

function never(): Promise<never> {
  throw new UnitCallError("UNREACHABLE", { status: 0 }, {});
}

function processOf(slots: number): MonitoredProcess {
  return {
    ...{ process: messageIdOf(spawn.body), slots },
    ...{ spawn: async () => spawn.body, module: async () => module },
  };
}

/** Results of slots from 0 on; `changes` are of the last. */
function results(count: number, by: Identity, changes: Partial<Result> = {}): AttestedBytes[] {
  return Array.from({ length: count }, (_, slot) => {
    const own = slot === count - 1 ? changes : {};
    return attested({ slot, entryHash: fill(100 + slot), ...own }, by);
  });
}

/** What a monitor finds at units; each of its files convicts of the code that it says. */
async function found(monitor: ResultMonitor, slots: number): Promise<readonly string[]> {
  const { findings } = await monitor.look([processOf(slots)]);
  for (const { code, file } of findings) {
    const verdict = file === null ? null : judgeEvidence(file);
    if (verdict !== null) expect(verdict).toMatchObject({ convicts: true, lie: code });
  }
  return findings.map(({ code, file }) => (file === null ? `${code} without a file` : code));
}

function monitorOf(...units: readonly MonitoredUnit[]): ResultMonitor {
  return new ResultMonitor(units, referenceVerifier);
}

test("two-results: a unit attests two results of one entry", async () => {
  const watch = new ResultWatch();
  expect(watch.take(attested())).toBeNull();
  expect(watch.take(attested())).toBeNull();
  expect(lieOf(watch.take(attested({ gasUsed: 6 })))).toBe("A1");
  expect(watch.take(attested({ entryHash: fill(8), gasUsed: 7 }))).toBeNull();
  // The same unit at two addresses, and another word on a slot than it gave before.
  const lied = results(3, one, { gasUsed: 6 });
  expect(await found(monitorOf(unitOf(one, results(3, one)), unitOf(one, lied)), 3)).toEqual([
    "A1",
  ]);
  const served = results(3, one);
  const monitor = monitorOf(unitOf(one, served));
  expect(await found(monitor, 3)).toEqual([]);
  served.splice(2, 1, ...lied.slice(2), attested({ slot: 3, entryHash: fill(103) }, one));
  expect(await found(monitor, 4)).toEqual(["A1"]);
});

test("wrong-genesis: a unit attests a slot 0 that begins from another state", async () => {
  const watch = new ResultWatch();
  expect(watch.takeGenesis(attested(), spawn.body, module)).toBeNull();
  const wrong = attested({ preRoot: fill(8) });
  expect(lieOf(watch.takeGenesis(wrong, spawn.body, module))).toBe("A3");
  const lied = results(1, one, { preRoot: fill(8) });
  expect(await found(monitorOf(unitOf(one, lied)), 1)).toEqual(["A3"]);
});

test("unlike: a unit attests another result than the others of its process", async () => {
  const units = [unitOf(one, results(3, one)), unitOf(other, results(3, other, { gasUsed: 6 }))];
  expect(await found(monitorOf(...units), 3)).toEqual(["RESULTS_DIFFER without a file"]);
});

test("honest units are compared page by page, each slot once, and nothing is said of them", async () => {
  const count = 100;
  const asked: number[] = [];
  const units = [one, other].map((identity) => {
    const unit = unitOf(identity, results(count, identity));
    const evaluations: MonitoredUnit["evaluations"] = (process, query) => {
      asked.push(query?.from ?? 0);
      return unit.evaluations(process, query);
    };
    return { ...unit, evaluations };
  });
  // A third that the spawn does not name is never asked, or it would follow the process.
  const stranger = { ...unitOf(testIdentity(9), []), evaluations: () => never() };
  const monitor = monitorOf(...units, stranger);
  expect(await monitor.look([processOf(count)])).toEqual({ findings: [], silent: [] });
  expect(monitor.size).toBe(2 * count);
  expect(asked).toEqual([0, 0, 48, 48]);
  await monitor.look([processOf(count)]);
  expect(asked).toHaveLength(4);
}, 30_000);

test("what a unit does not show, or has not attested, is said and convicts nobody", async () => {
  const [first, second] = results(2, one) as [AttestedBytes, AttestedBytes];
  const forged = { ...first, attestation: attested({ gasUsed: 9 }, one).attestation };
  const forging = monitorOf(unitOf(one, [forged]));
  expect(await found(forging, 1)).toEqual(["ATTESTATION_INVALID without a file"]);
  const hiding = monitorOf(unitOf(one, [second]));
  expect(await found(hiding, 2)).toEqual(["RESULTS_WITHHELD without a file"]);
  const away = monitorOf({ ...unitOf(one, []), info: never }, unitOf(other, results(1, other)));
  const { findings, silent } = await away.look([processOf(1)]);
  expect(findings).toEqual([]);
  expect(silent).toEqual([expect.stringMatching(/UNREACHABLE/)]);
  expect(away.size).toBe(1);
});
