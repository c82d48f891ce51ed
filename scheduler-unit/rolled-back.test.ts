import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { type SchedulerClient, schedulerClient } from "../src/client/scheduler-client.ts";
import { unitCaller } from "../src/client/unit-call.ts";
import { headKeyFromSeed } from "../src/crypto/head-key.ts";
import { referenceVerifier } from "../src/crypto/signature.ts";
import { cosign, headText } from "../src/log/head.ts";
import { formatNote } from "../src/log/signed-note.ts";
import { openMemoryStores } from "../src/node/store/open-memory.ts";
import type { SchedulerStores } from "../src/node/store/unit-stores.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../src/protocol/head-key.ts";
import { contentIdOf } from "../src/protocol/ids.ts";
import { InProcessNetwork } from "../src/testing/in-process-network.ts";
import { TestSender, testIdentity } from "../src/testing/sender.ts";
import { headRoutes } from "./head-routes.ts";
import { HeadSigner } from "./head-signer.ts";
import { SchedulerInstance } from "./instance.ts";
import { schedulerRoutes } from "./routes.ts";
import { SchedulerService } from "./service.ts";

const network = new Uint8Array(32).fill(5);
const identity = testIdentity(2);
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const module = Uint8Array.of(0, 1, 2, 3);
const url = "http://scheduler.test";
const key = headKeyFromSeed(new Uint8Array(32).fill(3));
const origin = originOf(network, identity.address);
const spawn = sender.spawn({ module: contentIdOf(module), scheduler: identity.address });

interface Unit {
  readonly stores: SchedulerStores;
  readonly heads: HeadSigner;
  readonly close: () => Promise<void>;
}

let units: InProcessNetwork;
let client: SchedulerClient;
const open: Unit[] = [];

/** A scheduler whose log has one process and nothing else, in place of whatever was at the URL. */
async function start(): Promise<Unit> {
  const stores = await openMemoryStores({ role: "scheduler" });
  const { log, content, lease: leases } = stores;
  const clock = systemClock;
  const instance = new SchedulerInstance({ leases, clock, random: systemRandom });
  await instance.start();
  const statement = headKeyRecord.encode(
    stateHeadKey(identity, { origin, headKey: key.publicKey }),
  );
  const epoch = () => instance.epoch();
  const heads = await HeadSigner.open({ log, heads: stores.heads, key, statement, clock, epoch });
  const service = new SchedulerService({
    ...{ address: identity.address, network, log, content, clock },
    verifier: referenceVerifier,
    epoch: () => heads.epoch(),
    onGrown: () => heads.grown(),
    checkSeen: (size) => heads.checkSeen(size),
  });
  await content.reserve(contentIdOf(module), module.length, Date.now() + 60_000);
  await content.put(contentIdOf(module), module);
  heads.start();
  const routes = [...schedulerRoutes(service), ...headRoutes({ heads, log, witnesses: () => [] })];
  units.add(url, { role: "scheduler", identity, network, content, routes });
  await service.submit(spawn);
  const close = async (): Promise<void> => {
    await heads.stop();
    await instance.stop();
    await stores.close();
  };
  const unit = { stores, heads, close };
  open.push(unit);
  return unit;
}

beforeEach(() => {
  units = new InProcessNetwork();
  client = schedulerClient(url, units.fetch);
});
afterEach(async () => {
  for (const { close } of open.splice(0)) await close();
});

/** Has the client see a head of five leaves, and the scheduler put back to where there were two. */
async function putBack(): Promise<Unit> {
  await start();
  for (const action of ["A", "B", "C"]) await client.submit(sender.message(spawn.id, action));
  expect(await client.receipt(spawn.id, 3, { waitMs: 5_000 })).not.toBeNull();
  return start();
}

test("who has seen a larger head stops a scheduler that was put back, with its first message", async () => {
  const { stores, heads } = await putBack();
  expect(heads.isOvertaken).toBe(false);
  const late = sender.message(spawn.id, "D");
  await expect(client.submit(late)).rejects.toMatchObject({ code: "ROLLED_BACK" });
  expect(await stores.log.treeSize()).toBe(2);
  // And with it everyone else's.
  const other = schedulerClient(url, units.fetch);
  await expect(other.submit(late)).rejects.toMatchObject({ code: "ROLLED_BACK" });
  // What is there is served, also to who has seen more.
  expect((await client.log(spawn.id)).items).toHaveLength(1);
});

test("so does who only reads its log", async () => {
  const { heads } = await putBack();
  expect((await client.log(spawn.id)).items).toHaveLength(1);
  expect(heads.isOvertaken).toBe(true);
  expect(() => heads.epoch()).toThrow(/^ROLLED_BACK/);
});

test("a head that the scheduler's key did not sign stops nothing, however large", async () => {
  const { heads, stores } = await start();
  const stranger = headKeyFromSeed(new Uint8Array(32).fill(4));
  const head = { origin, size: 1_000, root: new Uint8Array(32) };
  const foreign = { ...head, origin: originOf(network, testIdentity(3).address) };
  const noteOf = (of: typeof head, by: typeof key, name: string): Uint8Array => {
    const signature = cosign(of, { name, key: by, seconds: 5 });
    return new TextEncoder().encode(formatNote({ text: headText(of), signatures: [signature] }));
  };
  const notes = [noteOf(head, stranger, origin), noteOf(foreign, key, foreign.origin)];
  const path = "/checkpoint";
  for (const body of notes) {
    const shown = unitCaller(url, units.fetch).call({ method: "POST", path, body });
    await expect(shown).rejects.toMatchObject({ code: "HEAD_INVALID", status: 422 });
  }
  // A size alone stops the request that names it, and no other.
  const asked = { method: "GET", path: "/processes/x/log?seen=1000" } as const;
  const { id } = spawn;
  const named = { ...asked, path: asked.path.replace("x", Buffer.from(id).toString("base64url")) };
  const refused = { code: "HEAD_WANTED", status: 409 };
  await expect(unitCaller(url, units.fetch).call(named)).rejects.toMatchObject(refused);
  expect(heads.isOvertaken).toBe(false);
  expect((await client.submit(sender.message(id, "A"))).slot).toBe(1);
  expect(await stores.heads.newer()).toBeNull();
});
