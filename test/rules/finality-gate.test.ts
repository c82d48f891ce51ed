import { expect, test } from "vitest";
import { entryHashOf } from "../../src/protocol/entry.ts";
import { resultRecord } from "../../src/protocol/result.ts";
import { ComputeNetwork } from "./compute-network.ts";

test("a compute unit evaluates what has no finality yet, and attests it only when it has", async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<boolean>((resolve) => {
    open = () => resolve(true);
  });
  const gate = { covered: () => opened, stop: () => undefined };
  const units = await ComputeNetwork.open({ gate });
  try {
    const process = await units.spawn(Uint8Array.of(0, 1, 2, 3));
    const early = await units.client.evaluation(process, 0, { timeoutMs: 1000 });
    expect(early?.attestation).toBeNull();
    const late = units.client.evaluation(process, 0, { timeoutMs: 20_000 });
    open();
    expect((await late)?.attestation).not.toBeNull();
  } finally {
    open();
    await units.close();
  }
});

test("a result names the entry that it follows from, so it belongs to one history", async () => {
  const units = await ComputeNetwork.open();
  try {
    const process = await units.spawn(Uint8Array.of(0, 1, 2, 3));
    await units.send(process, "A");
    for (const slot of [0, 1]) {
      const evaluation = await units.client.evaluation(process, slot, { timeoutMs: 20_000 });
      if (evaluation === null) throw new Error("no result");
      const { entry } = await units.scheduler.item(process, slot);
      expect(resultRecord.decode(evaluation.result).entryHash).toEqual(entryHashOf(entry));
    }
  } finally {
    await units.close();
  }
});
