import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { headKeyFromSeed } from "../src/crypto/head-key.ts";
import { checkHead, checkLogReceipt } from "../src/log/check-log-receipt.ts";
import { isConsistent } from "../src/log/consistency.ts";
import { cosign, cosignedAt, parseHead } from "../src/log/head.ts";
import { TiledTree } from "../src/log/tree-proofs.ts";
import { MemoryDisk, type MemoryFaults } from "../src/node/store/memory-engine.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import { schedulerLease } from "../src/node/store/ports/lease-store.ts";
import type { LogStore } from "../src/node/store/ports/log-store.ts";
import type { SchedulerStores } from "../src/node/store/unit-stores.ts";
import { entryHashOf, entryRecord } from "../src/protocol/entry.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../src/protocol/head-key.ts";
import { testIdentity } from "../src/testing/sender.ts";
import { HeadSigner } from "./head-signer.ts";

const network = new Uint8Array(32).fill(5);
const identity = testIdentity(2);
const owner = { network, scheduler: identity.address };
const process = new Uint8Array(32).fill(9);
const never = new AbortController().signal;

let disk: MemoryDisk;
let stores: SchedulerStores;
let signer: HeadSigner;
let entries: Uint8Array[];

/** Another seed gives another head key and so another record for leaf 0. */
async function start(
  epoch: () => number = () => 0,
  seed = 3,
  onEntry: () => void = () => undefined,
): Promise<HeadSigner> {
  const key = headKeyFromSeed(new Uint8Array(32).fill(seed));
  const origin = originOf(network, identity.address);
  const statement = headKeyRecord.encode(
    stateHeadKey(identity, { origin, headKey: key.publicKey }),
  );
  const { log, heads } = stores;
  const clock = systemClock;
  const opened = await HeadSigner.open({ log, heads, key, statement, clock, epoch, onEntry });
  opened.start();
  return opened;
}

async function open(faults: MemoryFaults = {}): Promise<void> {
  stores = await openMemoryStores({ role: "scheduler", disk, faults });
  signer = await start();
}

async function close(): Promise<void> {
  await signer.stop();
  await stores.close();
}

beforeEach(async () => {
  disk = new MemoryDisk();
  entries = [];
  await open();
});
afterEach(close);

function hashOf(number: number, purpose: number): Uint8Array {
  const hash = new Uint8Array(32).fill(purpose);
  new DataView(hash.buffer).setUint32(0, number);
  return hash;
}

async function append(log: LogStore, count: number, epoch = 0): Promise<void> {
  const requests = Array.from({ length: count }, () => {
    const slot = entries.length;
    const previous = entries.at(-1);
    const chained = {
      ...{ process, slot, messageId: hashOf(slot, 1), authorisationHash: hashOf(slot, 2) },
      ...{ timestamp: 1000 + slot, epoch },
    };
    const entry = entryRecord.encode({
      ...chained,
      previous: previous === undefined ? null : entryHashOf(previous),
    });
    entries.push(entry);
    return {
      ...{ ...chained, expectedSlot: slot, entry, entryHash: entryHashOf(entry) },
      ...{ body: Uint8Array.of(1), authorisation: Uint8Array.of(2), data: null, dataHash: null },
    };
  });
  await log.append(requests);
  signer.grown();
}

/** The receipt of a slot under a head that covers it, checked. */
async function checked(slot: number): Promise<ReturnType<typeof checkLogReceipt>> {
  const receipt = await signer.receipt(slot + 1, { waitMs: 5000, signal: never });
  return checkLogReceipt(entries[slot] as Uint8Array, receipt, owner);
}

test("the first head covers the head-key record alone and is the scheduler's", async () => {
  await signer.receipt(0, { waitMs: 5000, signal: never });
  const { signed } = checkHead({ head: signer.checkpoint!, headKey: signer.headKey }, owner);
  expect(signed.head.size).toBe(1);
  const receipt = await signer.receipt(0, { waitMs: 0, signal: never });
  expect(checkLogReceipt(signer.headKey, receipt, owner).signed.head.size).toBe(1);
});

test("each entry gets a receipt that holds for it and for no other", async () => {
  await append(stores.log, 600);
  for (const slot of [0, 1, 254, 255, 256, 511, 599]) {
    const { signed } = await checked(slot);
    expect(signed.head.size).toBeGreaterThan(slot + 1);
    const receipt = await signer.receipt(slot + 1, { waitMs: 0, signal: never });
    const other = entries[(slot + 1) % 600] as Uint8Array;
    expect(() => checkLogReceipt(other, receipt, owner)).toThrow(/^INCLUSION_INVALID/);
    const foreign = { ...owner, scheduler: testIdentity(4).address };
    expect(() => checkLogReceipt(entries[slot]!, receipt, foreign)).toThrow(/^HEAD_KEY_INVALID/);
    const elsewhere = { ...owner, network: new Uint8Array(32) };
    expect(() => checkLogReceipt(entries[slot]!, receipt, elsewhere)).toThrow(/^HEAD_KEY_INVALID/);
  }
});

test("every head has the one before it as its beginning, across restarts", async () => {
  const heads = [];
  for (const count of [3, 250, 10, 400]) {
    await append(stores.log, count);
    heads.push((await checked(entries.length - 1)).signed.head);
    await close();
    await open();
  }
  const size = parseHead(signer.checkpoint!).head.size;
  const tree = new TiledTree(size, (place) => signer.tile(place));
  const last = heads.at(-1)!;
  expect(await tree.root()).toEqual(last.root);
  for (const head of heads) {
    expect(isConsistent(head, last, await tree.consistency(head.size))).toBe(true);
  }
});

test("the head-key record is the first for ever: another key states none", async () => {
  const first = signer.headKey;
  await signer.stop();
  signer = await start(() => 0, 8);
  expect(signer.headKey).toEqual(first);
});

test("an entry that no head covers yet is told so", async () => {
  await expect(signer.receipt(50, { waitMs: 10, signal: never })).rejects.toThrow(/^HEAD_PENDING/);
});

test("partial tiles are served for signed sizes, and none beyond", async () => {
  await append(stores.log, 300);
  await checked(299);
  expect(await signer.tile({ level: 0, index: 0, width: 256 })).toHaveLength(8192);
  expect(await signer.tile({ level: 0, index: 0, width: 7 })).toHaveLength(7 * 32);
  expect(await signer.tile({ level: 0, index: 1, width: 45 })).toHaveLength(45 * 32);
  for (const place of [
    { level: 0, index: 1, width: 46 },
    { level: 1, index: 0, width: 2 },
    { level: 2, index: 0, width: 1 },
  ]) {
    expect(() => signer.tile(place)).toThrow(/^TILE_UNKNOWN/);
  }
});

test("an instance whose epoch is over signs nothing once a later one has signed", async () => {
  await append(stores.log, 3);
  await checked(2);
  const later = await start(() => 7);
  const former = signer;
  signer = later;
  await append(stores.log, 4);
  await checked(6);
  const before = parseHead(former.checkpoint!).head.size;
  former.grown();
  await systemClock.sleep(400);
  expect(parseHead(former.checkpoint!).head.size).toBe(before);
  await former.stop();
});

test("a size and root are durable before the signature: a crash in between changes neither", async () => {
  await append(stores.log, 5);
  await checked(4);
  await close();
  let fail = false;
  await open({
    beforeCommit: () => {
      if (fail) throw new Error("the machine is gone");
    },
  });
  // The append and `advance` come through, no later commit does.
  const advance = stores.heads.advance.bind(stores.heads);
  let signedBefore = 0;
  stores.heads.advance = async (next, tiles) => {
    const isAdvanced = await advance(next, tiles);
    signedBefore = parseHead(signer.checkpoint!).head.size;
    fail = true;
    return isAdvanced;
  };
  await append(stores.log, 1);
  await systemClock.sleep(400);
  const state = await stores.heads.state();
  expect(state?.size).toBe(7);
  expect(signedBefore).toBe(6);
  fail = false;
  await close();
  await open();
  const { signed } = await checked(5);
  expect(signed.head).toMatchObject({ size: 7, root: state?.root });
});

test("a head that was shown and could not be stored is stored at a later look", async () => {
  const publish = stores.heads.publish.bind(stores.heads);
  let failures = 1;
  stores.heads.publish = async (size, note) => {
    if (failures-- > 0) throw new Error("the disk is full");
    await publish(size, note);
  };
  await append(stores.log, 3);
  await checked(2);
  await systemClock.sleep(1_500);
  const stored = await stores.heads.published();
  expect(parseHead(stored!).head.size).toBe(4);
});

test("a head of its own that it never reached shows it that its store is old: it signs no more", async () => {
  await append(stores.log, 5);
  const { signed } = await checked(4);
  await signer.overtaken({ ...signed.head, size: 4 });
  expect(signer.epoch()).toBe(0);
  await signer.overtaken({ ...signed.head, size: 60 });
  expect(() => signer.epoch()).toThrow(/^ROLLED_BACK/);
  await append(stores.log, 5);
  await systemClock.sleep(400);
  expect(parseHead(signer.checkpoint!).head.size).toBe(6);
});

test("an instance that stands by serves what the other signs, and goes on from it", async () => {
  let isLeading = false;
  const seen: number[] = [];
  const standby = await start(
    () => {
      if (isLeading) return 1;
      throw new ProtocolError("UNAVAILABLE");
    },
    3,
    () => seen.push(entries.length),
  );
  await append(stores.log, 600);
  const { signed } = await checked(599);
  await systemClock.sleep(600);
  expect(standby.checkpoint).toEqual(signer.checkpoint);
  expect(seen).toHaveLength(600);
  const { treeIndex, path } = await standby.receipt(77, { waitMs: 0, signal: never });
  expect(treeIndex).toBe(77);
  expect(path).toEqual((await signer.receipt(77, { waitMs: 0, signal: never })).path);
  await signer.stop();
  isLeading = true;
  await append(stores.log, 1);
  const later = await standby.receipt(601, { waitMs: 3000, signal: never });
  const { head } = checkLogReceipt(entries[600]!, later, owner).signed;
  expect(head.size).toBe(602);
  expect(signed.head.size).toBeLessThan(602);
  // The tiles that the former one made durable are not written again, and none is missing.
  expect(await stores.heads.tile(0, 0)).not.toBeNull();
  expect(await stores.heads.tile(0, 1)).not.toBeNull();
  await standby.stop();
});

test("signs nothing once a later instance has the lease, though that one has signed nothing yet", async () => {
  await append(stores.log, 5);
  await checked(4);
  await stores.lease.acquire(schedulerLease, "a", 1000);
  await stores.lease.release(schedulerLease, "a", 0);
  expect(await stores.lease.acquire(schedulerLease, "b", 1000)).toEqual({ epoch: 1 });
  await append(stores.log, 5, 1);
  await systemClock.sleep(600);
  expect(parseHead(signer.checkpoint!).head.size).toBe(6);
});

test("what it has not reached is kept: an instance that starts later gives no slots either", async () => {
  await append(stores.log, 5);
  await checked(4);
  expect(await stores.heads.overtaken(6)).toBe(false);
  expect(await stores.heads.overtaken(7)).toBe(true);
  const later = await start(() => 1);
  expect(() => later.epoch()).toThrow(/^ROLLED_BACK/);
  await later.stop();
});

test("a witness that is slower than heads come makes entries witnessed all the same", async () => {
  const key = headKeyFromSeed(new Uint8Array(32).fill(20));
  const heads = [];
  for (let round = 0; round < 3; round++) {
    await append(stores.log, 1);
    const { signed } = await checked(entries.length - 1);
    heads.push(signed.head);
  }
  const [first, second] = heads as [(typeof heads)[0], (typeof heads)[0]];
  const pending = { waitMs: 10, signal: never, cosignatures: 1 };
  await expect(signer.receipt(1, pending)).rejects.toThrow(/^HEAD_PENDING/);
  // Its answer comes when two more heads were signed.
  const waiting = signer.receipt(1, { waitMs: 5000, signal: never, cosignatures: 1 });
  await signer.cosigned(first.size, cosign(first, { name: "w1", key, seconds: 5 }));
  expect(parseHead((await waiting).head).head.size).toBe(first.size);
  await expect(signer.receipt(2, pending)).rejects.toThrow(/^HEAD_PENDING/);
  await signer.cosigned(second.size, cosign(second, { name: "w1", key, seconds: 6 }));
  const receipt = await signer.receipt(2, pending);
  expect(checkLogReceipt(entries[1]!, receipt, owner).signed.head.size).toBe(second.size);
  // The newest head is still without one, in memory and in the store.
  expect(parseHead(signer.checkpoint!).signatures).toHaveLength(1);
  expect(parseHead((await stores.heads.published())!).head.size).toBeGreaterThan(second.size);
});

test("cosignatures come under the newest head, and a receipt may ask for them", async () => {
  await append(stores.log, 5);
  const { signed } = await checked(4);
  const { head } = signed;
  const witness = (name: string, seed: number) => {
    const key = headKeyFromSeed(new Uint8Array(32).fill(seed));
    return {
      cosigner: { name, publicKey: key.publicKey },
      line: cosign(head, { name, key, seconds: 5 }),
    };
  };
  const witnesses = [witness("w1", 20), witness("w2", 21)];
  const asked = { waitMs: 10, signal: never };
  await expect(signer.receipt(5, { ...asked, cosignatures: 1 })).rejects.toThrow(/^HEAD_PENDING/);
  for (const { line } of witnesses) await signer.cosigned(head.size, line);
  await signer.cosigned(head.size - 1, witness("w3", 22).line);
  const receipt = await signer.receipt(5, { ...asked, cosignatures: 2 });
  const cosigned = checkLogReceipt(entries[4]!, receipt, owner).signed;
  for (const { cosigner } of witnesses) expect(cosignedAt(cosigned, cosigner)).toBe(5);
  await expect(signer.receipt(5, { ...asked, cosignatures: 3 })).rejects.toThrow(/^HEAD_PENDING/);
  await append(stores.log, 1);
  await checked(5);
  // The newer head has none yet: who asks for two gets the older one.
  const older = await signer.receipt(5, { ...asked, cosignatures: 2 });
  expect(parseHead(older.head).head.size).toBe(6);
});
