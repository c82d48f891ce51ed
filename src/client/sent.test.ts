import { beforeEach, expect, test } from "vitest";
import { referenceSignatures } from "../log/signatures.ts";
import type { Acceptance } from "../protocol/acceptance.ts";
import { entryRecord } from "../protocol/entry.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";
import { EntryWriter } from "../testing/honest-entries.ts";
import { testIdentity } from "../testing/sender.ts";
import { SignedLog } from "../testing/signed-log.ts";
import { PlacementCheck } from "./check-placement.ts";
import { sentMessages } from "./sent.ts";

const network: Digest = new Uint8Array(32).fill(5);
const scheduler = testIdentity(2);
const writer = new EntryWriter({
  ...{ network, scheduler: scheduler.address, owner: testIdentity(3) },
});
const log = new SignedLog({ network, scheduler });
const items: LogItem[] = [];
let process: Digest;

/** What an honest messenger answers of an item of the log. */
function acceptanceOf(item: LogItem, at: number): Acceptance {
  const { slot, process: of } = entryRecord.decode(item.entry);
  return {
    ...{ id: messageIdOf(item.body), process: of, slot, assignment: item.entry },
    ...{ receipt: log.receipt(at), evaluation: null, error: null },
  };
}

function messageOf({ body }: LogItem): { readonly id: Digest; readonly body: Uint8Array } {
  return { id: messageIdOf(body), body };
}

const clients = { spawnOf: async () => items[0] ?? null };

beforeEach(() => {
  if (items.length > 0) return;
  const spawn = writer.place(writer.spawn());
  process = messageIdOf(spawn.body);
  items.push(spawn);
  for (let i = 0; i < 2; i++) items.push(writer.send(process));
  for (const { entry } of items) log.append(entry);
});

const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "none",
    (error: { readonly code?: string }) => error.code ?? "no code",
  );

test("an honest messenger's receipts are passed on, of spawns and of messages", async () => {
  const sent = sentMessages(network, [clients]);
  for (const [slot, item] of items.entries()) {
    const { receipt, received, id } = await sent(messageOf(item), acceptanceOf(item, slot + 1));
    expect(id).toBe(idText(messageIdOf(item.body)));
    expect(receipt?.treeIndex).toBe(slot + 1);
    expect(received?.entry).toEqual(item.entry);
  }
});

test("whatever a messenger makes up of a message's place is refused with a code", async () => {
  const [spawn, first, second] = items as [LogItem, LogItem, LogItem];
  const good = acceptanceOf(first, 2);
  /** Another letter in the midst of the signature, so that the note can still be read. */
  const flipped = (note: Uint8Array): Uint8Array =>
    note.map((byte, i) => (i === note.length - 1000 ? (byte === 65 ? 66 : 65) : byte));
  const receipt = logReceiptRecord.decode(good.receipt ?? new Uint8Array());
  const foreign = new SignedLog({ network, scheduler: testIdentity(9) });
  for (const { entry } of items) foreign.append(entry);
  const elsewhere = new SignedLog({ network: new Uint8Array(32), scheduler });
  for (const { entry } of items) elsewhere.append(entry);
  const unsigned = log.receipt(2).slice();
  const lies: readonly (readonly [string, Partial<Acceptance>, string])[] = [
    ["another message's entry", { assignment: second.entry, slot: 2 }, "ENTRY_MESSAGE"],
    ["another slot", { slot: 2 }, "ENTRY_MESSAGE"],
    ["another process", { process: network }, "ENTRY_MESSAGE"],
    ["another id", { id: messageIdOf(second.body) }, "ENTRY_MESSAGE"],
    ["the receipt of another entry", { receipt: log.receipt(3) }, "INCLUSION_INVALID"],
    ["another scheduler's log", { receipt: foreign.receipt(2) }, "HEAD_KEY_INVALID"],
    ["another network's log", { receipt: elsewhere.receipt(2) }, "HEAD_KEY_INVALID"],
    [
      "an entry that was made up",
      { assignment: entryRecord.encode({ ...entryRecord.decode(first.entry), timestamp: 1 }) },
      "INCLUSION_INVALID",
    ],
    [
      "a head that nobody signed",
      { receipt: logReceiptRecord.encode({ ...receipt, head: flipped(receipt.head) }) },
      "HEAD_INVALID",
    ],
    ["bytes that are no receipt", { receipt: unsigned.slice(1) }, "CODEC_MALFORMED"],
  ];
  for (const [name, lie, code] of lies) {
    const sent = sentMessages(network, [clients]);
    expect(await codeOf(sent(messageOf(first), { ...good, ...lie })), name).toBe(code);
    // The same lie again, when honest ones were checked before.
    await sent(messageOf(spawn), acceptanceOf(spawn, 1));
    await sent(messageOf(first), good);
    expect(await codeOf(sent(messageOf(first), { ...good, ...lie })), name).toBe(code);
  }
});

test("a receipt that cannot be checked is none, and the slot is told all the same", async () => {
  const [spawn, first] = items as [LogItem, LogItem];
  const other = writer.place(writer.spawn());
  for (const spawnOf of [async () => null, async () => other, () => Promise.reject(new Error())]) {
    const sent = sentMessages(network, [{ spawnOf }]);
    const told = await sent(messageOf(first), acceptanceOf(first, 2));
    expect(told).toMatchObject({ slot: 1, receipt: null, received: null });
    // A spawn says itself who its scheduler is.
    expect((await sent(messageOf(spawn), acceptanceOf(spawn, 1))).receipt).not.toBeNull();
  }
  const without = { ...acceptanceOf(first, 2), receipt: null };
  expect((await sentMessages(network, [clients])(messageOf(first), without)).receipt).toBeNull();
});

test("what many receipts have in common is verified once", async () => {
  const [spawn, first, second] = items as [LogItem, LogItem, LogItem];
  let verified = 0;
  const counting = {
    claim: (claim: Parameters<typeof referenceSignatures.claim>[0]) => {
      verified++;
      return referenceSignatures.claim(claim);
    },
    head: (claim: Parameters<typeof referenceSignatures.head>[0]) => {
      verified++;
      return referenceSignatures.head(claim);
    },
  };
  let asked = 0;
  const check = new PlacementCheck({
    network,
    spawnOf: async () => {
      asked++;
      return spawn.body;
    },
    signatures: counting,
  });
  const head = logReceiptRecord.decode(log.receipt(1)).head;
  for (const [at, item] of [first, second, first].entries()) {
    const place = at === 1 ? 3 : 2;
    const receipt = { ...logReceiptRecord.decode(log.receipt(place)), head };
    const acceptance = { ...acceptanceOf(item, place), receipt: logReceiptRecord.encode(receipt) };
    expect(await check.holds(messageOf(item), acceptance)).toBe(true);
  }
  expect(verified).toBe(2);
  expect(asked).toBe(1);
});
