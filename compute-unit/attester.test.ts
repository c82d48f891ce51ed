import { expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { verifySignature } from "../src/crypto/signature.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { ResultStore, StoredResult } from "../src/node/store/ports/result-store.ts";
import { attestationClaim, attestationRecord } from "../src/protocol/attestation.ts";
import { exits, resultDigestOf, resultRecord } from "../src/protocol/result.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import { testIdentity } from "../src/testing/sender.ts";
import { Attester, resultKey } from "./attester.ts";

const digestOf = (byte: number) => new Uint8Array(32).fill(byte);
const identity = testIdentity(3);
const clock = systemClock;
const logger = { ...quietLogger, error: () => undefined };

/** A failed result of a slot, whose module says which of two it is. */
function resultOf(slot: number, module: Uint8Array): StoredResult {
  const [process, entryHash] = [digestOf(1), digestOf(slot)];
  const result = resultRecord.encode({
    rules: 1,
    process,
    slot,
    entryHash,
    messageId: digestOf(2),
    module,
    preRoot: digestOf(3),
    postRoot: digestOf(3),
    inboxHash: digestOf(4),
    outputHash: null,
    outboxRoot: null,
    outboxCount: 0,
    gasUsed: 5,
    exit: exits.failed,
  });
  const [output, diagnostics] = [new Uint8Array(0), new Uint8Array(0)];
  const messageId = digestOf(slot);
  return { process, slot, messageId, entryHash, result, output, diagnostics, attestation: null };
}

async function withResults(run: (results: ResultStore) => Promise<void>): Promise<void> {
  const stores = await openMemoryStores({ role: "compute" });
  await run(stores.results);
  await stores.close();
}

test("signs one result of an entry for ever: another of the same entry stays unsigned", () =>
  withResults(async (results) => {
    const [first, second] = [resultOf(7, digestOf(8)), resultOf(8, digestOf(8))];
    const contradicted = resultDigestOf(resultOf(7, digestOf(9)).result);
    await results.claimAttestation(first.process, first.entryHash, contradicted);
    await results.put([first, second]);
    const parts = { identity, results, clock, logger };
    const attester = new Attester({ ...parts, onAttested: () => undefined });
    attester.add([first, second]);
    await attester.drained();
    expect((await results.get(first.process, 7))?.attestation).toBeNull();
    const attestation = (await results.get(first.process, 8))?.attestation;
    if (attestation === null || attestation === undefined) throw new Error("not attested");
    const claim = attestationClaim(attestationRecord.decode(attestation), second.result);
    expect(verifySignature(claim)).toBe(true);
  }));

test("writes down what it will sign before it signs, and signs nothing where that fails", () =>
  withResults(async (results) => {
    const steps: string[] = [];
    const stored = resultOf(7, digestOf(8));
    await results.put([stored]);
    const signing = {
      ...identity,
      sign: (...of: Parameters<typeof identity.sign>) => {
        steps.push("sign");
        return identity.sign(...of);
      },
    };
    let fails = true;
    const claiming: ResultStore = Object.assign(Object.create(results) as ResultStore, {
      claimAttestation: async (...of: Parameters<ResultStore["claimAttestation"]>) => {
        if (fails) throw new Error("the disk is full");
        const claim = await results.claimAttestation(...of);
        steps.push("claim");
        return claim;
      },
      attest: (...of: Parameters<ResultStore["attest"]>) => results.attest(...of),
    });
    const parts = { identity: signing, results: claiming, clock, logger };
    const attester = new Attester({ ...parts, onAttested: () => undefined });
    attester.add([stored]);
    await clock.sleep(50);
    expect(steps).toEqual([]);
    // Nobody brings the result again: what failed is tried again by itself.
    fails = false;
    await attester.drained();
    expect(steps).toEqual(["claim", "sign"]);
    expect((await results.get(stored.process, 7))?.attestation).not.toBeNull();
  }));

test("hands out an attestation while it is stored, and signs it once however often that fails", () =>
  withResults(async (results) => {
    const stored = resultOf(7, digestOf(8));
    await results.put([stored]);
    let signatures = 0;
    const signing = {
      ...identity,
      sign: (...of: Parameters<typeof identity.sign>) => {
        signatures++;
        return identity.sign(...of);
      },
    };
    let fails = true;
    const failing: ResultStore = Object.assign(Object.create(results) as ResultStore, {
      claimAttestation: (...of: Parameters<ResultStore["claimAttestation"]>) =>
        results.claimAttestation(...of),
      attest: async (...of: Parameters<ResultStore["attest"]>) => {
        if (fails) throw new Error("the disk is full");
        return results.attest(...of);
      },
    });
    const handedOut: (Uint8Array | undefined)[] = [];
    const onAttested = (): void => {
      handedOut.push(attester.unstored.get(resultKey(stored)));
    };
    const parts = { identity: signing, results: failing, clock, logger };
    const attester = new Attester({ ...parts, onAttested });
    attester.add([stored]);
    await clock.sleep(50);
    expect((await results.get(stored.process, 7))?.attestation).toBeNull();
    fails = false;
    await attester.drained();
    expect(signatures).toBe(1);
    expect(handedOut).toHaveLength(1);
    expect((await results.get(stored.process, 7))?.attestation).toEqual(handedOut[0]);
    expect(attester.unstored.size).toBe(0);
  }));

test("ends at a stop, and leaves what cannot be signed to a later run", () =>
  withResults(async (results) => {
    const stored = resultOf(7, digestOf(8));
    await results.put([stored]);
    const failing: ResultStore = Object.assign(Object.create(results) as ResultStore, {
      claimAttestation: async () => Promise.reject(new Error("the disk is full")),
    });
    const parts = { identity, results: failing, clock, logger };
    const attester = new Attester({ ...parts, onAttested: () => undefined });
    attester.add([stored]);
    await attester.stop();
    expect(attester.waitingCount).toBe(1);
    expect((await results.get(stored.process, 7))?.attestation).toBeNull();
  }));
