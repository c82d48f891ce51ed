import { expect, test } from "vitest";
import { judgeEvidence } from "../src/client/judge-evidence.ts";
import type { SchedulerClient } from "../src/client/scheduler-client.ts";
import type { Entry } from "../src/protocol/entry.ts";
import type { LogItem } from "../src/protocol/envelope.ts";
import { messageIdOf } from "../src/protocol/ids.ts";
import { EntryWriter } from "../src/testing/honest-entries.ts";
import { type Composed, testIdentity } from "../src/testing/sender.ts";
import { SignedLog } from "../src/testing/signed-log.ts";
import { faultEvidence } from "./fault-evidence.ts";

const network = new Uint8Array(32).fill(5);
const scheduler = testIdentity(2);

/** A log of a spawn and two messages, the last as it is said; and what the fault at it convicts of. */
async function lieAt2(
  change: (writer: EntryWriter, process: Uint8Array, first: Composed) => LogItem,
  hasReceipts = true,
): Promise<string | null> {
  const owner = testIdentity(3);
  const writer = new EntryWriter({ network, scheduler: scheduler.address, owner });
  const spawn = writer.place(writer.spawn());
  const process = messageIdOf(spawn.body);
  const message = writer.sender.compose({ target: process });
  const items = [spawn, writer.place(message), change(writer, process, message)];
  const log = new SignedLog({ network, scheduler });
  for (const { entry } of items) log.append(entry);
  const client = {
    log: async (_process: Uint8Array, { from = 0 }: { readonly from?: number } = {}) => ({
      ...{ process, items: items.slice(from, from + 1), next: items.length },
    }),
    receipt: async (_process: Uint8Array, slot: number) =>
      hasReceipts ? log.receipt(slot + 1) : null,
    spawnOf: async () => spawn,
  } as unknown as SchedulerClient;
  const slotOfMessage = async (id: Uint8Array): Promise<number | null> => {
    const at = items.findIndex((item) => Buffer.compare(messageIdOf(item.body), id) === 0);
    return at < 2 ? at : null;
  };
  const found = await faultEvidence({ process, slot: 2, client, slotOfMessage });
  const verdict = found === null ? null : judgeEvidence(found.file);
  return verdict?.convicts === true ? verdict.lie : null;
}

const entryWith =
  (changes: Partial<Entry>) =>
  (writer: EntryWriter, process: Uint8Array): LogItem =>
    writer.send(process, changes);

test.each([
  ["a time that falls", "E6", entryWith({ timestamp: 1 })],
  ["another entry before it", "E4", entryWith({ previous: new Uint8Array(32) })],
  ["a slot left out", "E6", entryWith({ slot: 5 })],
] as const)("%s convicts the scheduler whose log has it", async (_name, lie, change) => {
  expect(await lieAt2(change)).toBe(lie);
  // It may keep its receipts to itself: then there is nothing to show to others.
  expect(await lieAt2(change, false)).toBeNull();
});

test("a message that has a slot already, and one that nobody authorised, convict", async () => {
  expect(await lieAt2((writer, _process, first) => writer.place(first))).toBe("E5");
  const forged = (writer: EntryWriter, process: Uint8Array, first: Composed): LogItem =>
    writer.place({
      ...writer.sender.compose({ target: process }),
      authorisation: first.authorisation,
    });
  expect(await lieAt2(forged)).toBe("E7");
});

test("an entry without a fault convicts nobody", async () => {
  expect(await lieAt2((writer, process) => writer.send(process))).toBeNull();
});
