import { beforeEach, expect, test } from "vitest";
import { type Clock, systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { referenceVerifier } from "../src/crypto/signature.ts";
import { MemoryDisk } from "../src/node/store/memory-engine.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { SchedulerStores } from "../src/node/store/unit-stores.ts";
import { signatureRecord, signBundle, signMessage } from "../src/protocol/authorisation.ts";
import { checkEntry, type LogContext } from "../src/protocol/check.ts";
import { entryRecord } from "../src/protocol/entry.ts";
import type { Bundle, LogItem } from "../src/protocol/envelope.ts";
import {
  authorisationHashOf,
  contentIdOf,
  dataHashOf,
  idText,
  messageIdOf,
} from "../src/protocol/ids.ts";
import { TestSender, testIdentity } from "../src/testing/sender.ts";
import { SchedulerInstance } from "./instance.ts";
import { SchedulerService } from "./service.ts";

const network = new Uint8Array(32).fill(5);
const { address } = testIdentity(2);
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const module = Uint8Array.of(0, 1, 2, 3);

interface Unit {
  readonly service: SchedulerService;
  readonly stores: SchedulerStores;
  readonly instance: SchedulerInstance;
}

async function open(disk: MemoryDisk, clock: Clock = systemClock): Promise<Unit> {
  const stores = await openMemoryStores({ role: "scheduler", disk, clock });
  const instance = new SchedulerInstance({ leases: stores.lease, clock, random: systemRandom });
  await instance.start();
  const service = new SchedulerService({
    address,
    network,
    log: stores.log,
    content: stores.content,
    verifier: referenceVerifier,
    clock,
    epoch: () => instance.epoch(),
  });
  return { service, stores, instance };
}

async function close(unit: Unit): Promise<void> {
  await unit.service.end();
  await unit.instance.stop();
  await unit.stores.close();
}

async function putModule({ stores }: Unit): Promise<void> {
  await stores.content.reserve(contentIdOf(module), module.length, Date.now() + 60_000);
  await stores.content.put(contentIdOf(module), module);
}

let disk: MemoryDisk;
let unit: Unit;
beforeEach(async () => {
  disk = new MemoryDisk();
  unit = await open(disk);
  await putModule(unit);
  return () => close(unit);
});

const spawnTags = [
  { name: "Module", value: idText(contentIdOf(module)) },
  { name: "Scheduler", value: idText(address) },
];
const spawn = (tags: { name: string; value: string }[] = []) =>
  sender.spawn({ module: contentIdOf(module), scheduler: address, tags });

async function spawned(): Promise<Uint8Array> {
  return (await unit.service.submit(spawn())).process;
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "none",
    (error: { code?: string }) => error.code ?? "no code",
  );
}

const query = { from: 0, limit: 256, waitMs: 0 };
const never = new AbortController().signal;

/** Reads a log as every reader does: each entry is checked against the one before it. */
function checkLog(process: Uint8Array, items: readonly LogItem[]): number {
  const seen = new Set<string>();
  let log: LogContext = {
    network,
    process,
    scheduler: address,
    terms: null,
    tip: null,
    seen: (id) => seen.has(idText(id)),
  };
  for (const item of items) {
    const { terms, tip, message } = checkEntry(item, log);
    seen.add(idText(message.id));
    log = { ...log, terms, tip };
  }
  return items.length;
}

test("gives a spawn slot 0 and the messages that follow the next slots, in a log that everyone accepts", async () => {
  const process = await spawned();
  for (const action of ["A", "B", "C"]) await unit.service.submit(sender.message(process, action));
  const page = await unit.service.page(process, query, never);
  expect(page.next).toBe(4);
  expect(checkLog(process, page.items)).toBe(4);
});

test("gives many messages at once one slot each, without gaps", async () => {
  const process = await spawned();
  const messages = Array.from({ length: 40 }, (_, i) => sender.message(process, `A${i}`));
  const placements = await Promise.all(messages.map((message) => unit.service.submit(message)));
  const slots = placements.map(({ slot }) => slot).sort((left, right) => left - right);
  expect(slots).toEqual(messages.map((_, i) => i + 1));
  const page = await unit.service.page(process, query, never);
  expect(checkLog(process, page.items)).toBe(41);
});

test("gives the messages of a batch their slots in the batch's order, around those it refuses", async () => {
  const process = await spawned();
  const messages = Array.from({ length: 30 }, (_, i) => sender.message(process, `A${i}`));
  const forged = { ...sender.message(process, "X"), authorisation: spawn().authorisation };
  messages.splice(10, 0, forged);
  const placements = await unit.service.submitAll(messages);
  const slots = placements.map((placement) =>
    "slot" in placement ? placement.slot : placement.code,
  );
  const expected: (number | string)[] = Array.from({ length: 30 }, (_, i) => i + 1);
  expected.splice(10, 0, "SIGNATURE_INVALID");
  expect(slots).toEqual(expected);
});

test("gives the messages of a bundle their slots, in a log that everyone accepts", async () => {
  const process = await spawned();
  const other = new TestSender({ identity: testIdentity(7), network, clock: systemClock });
  const bodies = [
    ...["A", "B", "C"].map((action) => sender.message(process, action).body),
    other.message(process, "Foreign").body,
    sender.message(contentIdOf(module), "Lost").body,
  ];
  const bundle = bundleOf(bodies);
  const placements = await unit.service.submitBundle(bundle);
  const outcomes = placements.map((one) => ("slot" in one ? one.slot : one.code));
  expect(outcomes).toEqual([1, 2, 3, "OWNER_MISMATCH", "PROCESS_UNKNOWN"]);
  const again = await unit.service.submitBundle(bundle);
  expect(again.slice(0, 3)).toMatchObject([1, 2, 3].map((slot) => ({ slot, earlier: true })));
  const page = await unit.service.page(process, query, never);
  expect(checkLog(process, page.items)).toBe(4);
});

test("refuses a bundle whole whose signature does not hold", async () => {
  const process = await spawned();
  const bundle = bundleOf(["A", "B"].map((action) => sender.message(process, action).body));
  const signature = bundle.signature.slice();
  signature[50] = (signature[50] ?? 0) ^ 1;
  const forged = unit.service.submitBundle({ ...bundle, signature });
  await expect(forged).rejects.toMatchObject({ code: "SIGNATURE_INVALID" });
  const reordered = { ...bundle, messages: [...bundle.messages].reverse() };
  await expect(unit.service.submitBundle(reordered)).rejects.toMatchObject({
    code: "SIGNATURE_INVALID",
  });
  expect((await unit.service.page(process, query, never)).next).toBe(1);
});

function bundleOf(bodies: readonly Uint8Array[]): Bundle {
  const [signed] = signBundle(sender.identity, network, bodies.map(messageIdOf));
  if (signed === undefined) throw new RangeError("a bundle has messages");
  const { algorithm, publicKey, signature } = signed;
  const messages = bodies.map((body) => ({ body, data: null }));
  return { algorithm, publicKey, signature, messages };
}

test("answers the same slot for a message that it has, sent once more or twice at once", async () => {
  const process = await spawned();
  const message = sender.message(process, "Once");
  const both = await Promise.all([unit.service.submit(message), unit.service.submit(message)]);
  expect(both.map(({ slot }) => slot)).toEqual([1, 1]);
  const again = await unit.service.submit(message);
  expect(again).toMatchObject({ slot: 1, earlier: true });
  expect((await unit.service.page(process, query, never)).next).toBe(2);
});

test("refuses with a code and remembers nothing of it", async () => {
  const process = await spawned();
  const message = sender.message(process, "Late", { notAfter: 1 });
  expect(await codeOf(unit.service.submit(message))).toBe("EXPIRED");
  const forged = { ...sender.message(process, "A"), authorisation: spawn().authorisation };
  expect(await codeOf(unit.service.submit(forged))).toBe("SIGNATURE_INVALID");
  const stranger = sender.message(new Uint8Array(32), "A");
  expect(await codeOf(unit.service.submit(stranger))).toBe("PROCESS_UNKNOWN");
  const elsewhere = sender.spawn({ module: contentIdOf(module), scheduler: new Uint8Array(32) });
  expect(await codeOf(unit.service.submit(elsewhere))).toBe("SCHEDULER_MISMATCH");
  const empty = sender.spawn({ module: new Uint8Array(32), scheduler: address });
  expect(await codeOf(unit.service.submit(empty))).toBe("MODULE_MISSING");
  expect((await unit.service.page(process, query, never)).next).toBe(1);
});

test("takes a message whose first authorisation was refused: a refusal is never remembered", async () => {
  const process = await spawned();
  const message = sender.message(process, "A");
  const forged = { ...message, authorisation: spawn().authorisation };
  expect(await codeOf(unit.service.submit(forged))).toBe("SIGNATURE_INVALID");
  expect(await unit.service.submit(message)).toMatchObject({ slot: 1, earlier: false });
});

test("serves the authorisation that an entry names, also where a message came with another one later", async () => {
  const process = await spawned();
  const message = sender.message(process, "A");
  await unit.service.submit(message);
  const again = signMessage(sender.identity, message.id);
  await unit.service.submit({ ...message, authorisation: signatureRecord.encode(again) });
  const item = await unit.service.item(process, 1);
  expect(item.authorisation).toEqual(message.authorisation);
  const { authorisationHash } = entryRecord.decode(item.entry);
  expect(authorisationHash).toEqual(authorisationHashOf(message.authorisation));
});

test("gives no slot to a message whose data did not come with it, though its bytes are content here", async () => {
  const process = await spawned();
  const message = sender.message(process, "A", { data: module });
  expect(await codeOf(unit.service.submit({ ...message, data: null }))).toBe("DATA_MISMATCH");
  expect(await unit.service.submit(message)).toMatchObject({ slot: 1, earlier: false });
  expect((await unit.service.item(process, 1)).data).toEqual(module);
});

test("takes no data of a message for the module of a spawn: presence in one is no evidence in another", async () => {
  const process = await spawned();
  const data = Uint8Array.of(0, 9, 9, 9);
  await unit.service.submit(sender.message(process, "A", { data }));
  for (const id of [contentIdOf(data), dataHashOf(data), process]) {
    expect(await unit.stores.content.get(id)).toBeNull();
    const other = sender.spawn({ module: id, scheduler: address });
    expect(await codeOf(unit.service.submit(other))).toBe("MODULE_MISSING");
  }
});

test("keeps the module of a spawn as long as it serves the log, and of a refused spawn not at all", async () => {
  const late = sender.compose({ target: null, tags: spawnTags, notAfter: 1 });
  expect(await codeOf(unit.service.submit(late))).toBe("EXPIRED");
  const forged = { ...spawn(), authorisation: sender.message(network, "A").authorisation };
  expect(await codeOf(unit.service.submit(forged))).toBe("SIGNATURE_INVALID");
  const twoHours = Date.now() + 2 * 60 * 60 * 1000;
  expect((await unit.stores.content.sweep(twoHours)).contents).toBe(1);
  expect(await codeOf(unit.service.submit(spawn()))).toBe("MODULE_MISSING");
  await putModule(unit);
  await spawned();
  expect((await unit.stores.content.sweep(twoHours)).contents).toBe(0);
  expect(await unit.stores.content.get(contentIdOf(module))).toEqual(module);
});

test("never lets time fall, though the clock does", async () => {
  await close(unit);
  let now = 5000;
  unit = await open(disk, { ...systemClock, now: () => now });
  const process = await spawned();
  now = 1000;
  await unit.service.submit(sender.message(process, "A"));
  const page = await unit.service.page(process, query, never);
  expect(checkLog(process, page.items)).toBe(2);
});

test("goes on where it was after a restart, in a later epoch", async () => {
  const process = await spawned();
  await unit.service.submit(sender.message(process, "Before"));
  await close(unit);
  unit = await open(disk);
  await unit.service.submit(sender.message(process, "After"));
  const page = await unit.service.page(process, query, never);
  expect(checkLog(process, page.items)).toBe(3);
});

test("wakes who waits for the next entry, and lets go when the wait is over", async () => {
  const process = await spawned();
  const waiting = unit.service.page(process, { from: 1, limit: 10, waitMs: 20_000 }, never);
  await unit.service.submit(sender.message(process, "A"));
  expect((await waiting).items).toHaveLength(1);
  const late = await unit.service.page(process, { from: 2, limit: 10, waitMs: 20 }, never);
  expect(late).toMatchObject({ items: [], next: 2 });
});

test("an instance that does not lead assigns nothing", async () => {
  const process = await spawned();
  await unit.instance.stop();
  expect(await codeOf(unit.service.submit(sender.message(process, "A")))).toBe("UNAVAILABLE");
});

test("an instance that was held up beyond its lease leads on where nobody took its place", async () => {
  const process = await spawned();
  const start = Date.now();
  while (Date.now() - start < 2200) {
    // The thread stands still, as in a long pause of the machine.
  }
  await systemClock.sleep(800);
  await unit.service.submit(sender.message(process, "A"));
  expect(unit.instance.state).toBe("leading");
});
