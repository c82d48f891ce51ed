import { expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { referenceVerifier } from "../src/crypto/signature.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import { type GatedEntry, HeadGate } from "./head-gate.ts";

const network = new Uint8Array(32).fill(5);
const address = new Uint8Array(32).fill(6);

test("thousands of entries wait at once without a warning, and all waits end with the gate", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const stores = await openMemoryStores({ role: "compute" });
  try {
    const gate = new HeadGate({
      ...{ network, verifier: referenceVerifier, store: stores.witnessed },
      ...{ clock: systemClock, logger: quietLogger },
    });
    // A scheduler that signs nothing.
    const receipts = () => new Promise<null>(() => undefined);
    const source = { address, client: { receipts, unit: { url: "http://scheduler.test" } } };
    const entryOf = (slot: number) =>
      ({ source, terms: { witness: null }, process: address, slot, entry: network }) as unknown;
    const waits = Array.from({ length: 3000 }, (_, slot) =>
      gate.covered(entryOf(slot) as GatedEntry, new AbortController().signal),
    );
    const leaving = new AbortController();
    const left = gate.covered(entryOf(3000) as GatedEntry, leaving.signal);
    await systemClock.sleep(20);
    expect(warnings).toEqual([]);
    leaving.abort();
    expect(await left).toBe(false);
    gate.stop();
    expect(new Set(await Promise.all(waits))).toEqual(new Set([false]));
  } finally {
    process.off("warning", onWarning);
    await stores.close();
  }
});
