import { beforeEach, expect, test, vi } from "vitest";
import { entryRecord } from "../../src/protocol/entry.ts";
import type { LogItem } from "../../src/protocol/envelope.ts";
import { authorisationHashOf } from "../../src/protocol/ids.ts";
import { resultRecord } from "../../src/protocol/result.ts";
import { ComputeNetwork, codeOf } from "./compute-network.ts";

const noModule = Uint8Array.of(0, 1, 2, 3);
const wait = { timeoutMs: 10_000 };

let units: ComputeNetwork;
beforeEach(async () => {
  units = await ComputeNetwork.open();
  return () => units.close();
});

/** The item with its entry changed, as a scheduler would sign it that breaks a rule. */
function withEntry(item: LogItem, changes: object): LogItem {
  const entry = entryRecord.encode({ ...entryRecord.decode(item.entry), ...changes });
  return { ...item, entry };
}

async function processOf(messages: number): Promise<Uint8Array> {
  const process = await units.spawn(noModule);
  for (let i = 0; i < messages; i++) await units.send(process, "A");
  return process;
}

const evaluated = async (process: Uint8Array): Promise<number[]> =>
  (await units.client.evaluations(process)).map(({ result }) => resultRecord.decode(result).slot);

test("a compute unit evaluates nothing from the first faulty entry on, and publishes the fault", async () => {
  const process = await processOf(3);
  units.lie = (item, slot) => (slot === 2 ? withEntry(item, { timestamp: 1 }) : item);
  expect(await codeOf(units.client.evaluation(process, 1, wait))).toBe("none");
  for (const slot of [2, 3]) {
    expect(await codeOf(units.client.evaluation(process, slot, wait))).toBe("LOG_FAULTY");
  }
  expect(await evaluated(process)).toEqual([0, 1]);
  const { status, fault } = await units.client.state(process);
  expect(status).toBe("faulty");
  expect(fault).toMatchObject({ code: "ENTRY_TIMESTAMP", slot: 2 });
});

test("a fault is final: what the scheduler serves in its place later is not read", async () => {
  const process = await processOf(3);
  units.lie = (item, slot) => (slot === 2 ? withEntry(item, { previous: null }) : item);
  expect(await codeOf(units.client.evaluation(process, 2, wait))).toBe("LOG_FAULTY");
  units.lie = null;
  const reads = units.readCount;
  for (let i = 0; i < 3; i++) {
    expect(await codeOf(units.client.evaluation(process, 2, { timeoutMs: 200 }))).toBe(
      "LOG_FAULTY",
    );
  }
  expect(units.readCount).toBe(reads);
  expect(await evaluated(process)).toEqual([0, 1]);
});

test("an entry is faulty whose authorisation, though the one that it names, does not hold", async () => {
  const process = await processOf(1);
  const stranger = units.sender.message(process, "Forged").authorisation;
  units.lie = (item, slot) => {
    if (slot !== 1) return item;
    const named = withEntry(item, { authorisationHash: authorisationHashOf(stranger) });
    return { ...named, authorisation: stranger };
  };
  expect(await codeOf(units.client.evaluation(process, 1, wait))).toBe("LOG_FAULTY");
  expect((await units.client.state(process)).fault).toMatchObject({ code: "SIGNATURE_INVALID" });
});

for (const part of ["authorisation", "body", "data"] as const) {
  test(`a missing ${part} stops the unit at its slot until it is there, and is no fault`, async () => {
    const process = await processOf(2);
    const other = units.sender.message(process, "Other");
    const wrong = { ...other, data: Uint8Array.of(1) }[part];
    units.lie = (item, slot) => (slot === 2 ? { ...item, [part]: wrong } : item);
    units.client.evaluation(process, 2, wait).catch(() => undefined);
    // It tries again on and on, so that it is unavailable most of the time and not all of it.
    const { slot, reason, fault } = await vi.waitFor(async () => {
      const state = await units.client.state(process);
      expect(state.status).toBe("unavailable");
      return state;
    });
    expect({ slot, fault }).toEqual({ slot: 1, fault: null });
    expect(reason).toMatch(/^UNAVAILABLE/);
    units.lie = null;
    expect(await codeOf(units.client.evaluation(process, 2, wait))).toBe("none");
    expect(await evaluated(process)).toEqual([0, 1, 2]);
  });
}
