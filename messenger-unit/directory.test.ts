import { expect, test } from "vitest";
import { toBase64url } from "../src/base/bytes.ts";
import { type Clock, systemClock } from "../src/base/clock.ts";
import type { Fetch } from "../src/client/unit-call.ts";
import { logPageRecord } from "../src/protocol/envelope.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { quietLogger } from "../src/testing/in-process-network.ts";
import { type Composed, TestSender, testIdentity } from "../src/testing/sender.ts";
import { Directory } from "./directory.ts";

const network = new Uint8Array(32).fill(5);
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const [first, second] = [testIdentity(2), testIdentity(3)];
const module = new Uint8Array(32);

/** Units as their URLs answer; a missing one cannot be reached. */
class Answers {
  readonly infos = new Map<string, object>();
  readonly spawns = new Map<string, Composed>();
  asked = 0;

  /** A unit at a URL that says it is that identity's. */
  unit(url: string, unit: typeof first, more: object = {}): void {
    const { address, algorithm, publicKey } = unit;
    this.infos.set(url, {
      role: "scheduler",
      address: idText(address),
      algorithm,
      publicKey: toBase64url(publicKey),
      network: idText(network),
      ...more,
    });
  }

  readonly fetch: Fetch = async (input) => {
    const { origin, pathname } = new URL(input);
    const info = this.infos.get(origin);
    if (info === undefined) throw new TypeError("fetch failed");
    if (pathname === "/") return Response.json(info);
    this.asked++;
    const spawn = this.spawns.get(origin);
    if (spawn === undefined) return Response.json({ code: "PROCESS_UNKNOWN" }, { status: 404 });
    const items = [{ ...spawn, entry: new Uint8Array(1) }];
    return new Response(logPageRecord.encode({ process: spawn.id, items, next: 1 }) as BodyInit);
  };

  directory(schedulers: readonly string[], clock: Clock = systemClock): Directory {
    const { fetch } = this;
    return new Directory({ network, schedulers, computes: [], clock, logger: quietLogger, fetch });
  }
}

const a = "http://a.test";
const b = "http://b.test";
const spawnAt = (scheduler: Digest) => sender.spawn({ module, scheduler });

test("finds a process at the scheduler that its spawn names, and asks once", async () => {
  const answers = new Answers();
  answers.unit(a, first);
  answers.unit(b, second);
  const spawn = spawnAt(second.address);
  answers.spawns.set(b, spawn);
  const directory = answers.directory([a, b]);
  const both = await Promise.all([directory.locate(spawn.id), directory.locate(spawn.id)]);
  expect(both[0]?.scheduler.url).toBe(b);
  await directory.locate(spawn.id);
  expect(answers.asked).toBe(2);
});

test("does not believe a scheduler that the spawn does not name, nor a spawn of another id", async () => {
  const answers = new Answers();
  answers.unit(a, first);
  const spawn = spawnAt(second.address);
  answers.spawns.set(a, spawn);
  const silent = answers.directory([a]);
  expect(await silent.locate(spawn.id)).toBeNull();
  answers.spawns.set(a, spawnAt(first.address));
  expect(await silent.locate(spawnAt(first.address).id)).toBeNull();
});

test("tells a process that nobody serves from one that may be where nobody answers", async () => {
  const answers = new Answers();
  answers.unit(a, first);
  const { id } = spawnAt(first.address);
  expect(await answers.directory([a]).locate(id)).toBeNull();
  await expect(answers.directory([a, b]).locate(id)).rejects.toThrow("UNAVAILABLE");
});

test("believes for two seconds only that nobody serves a process", async () => {
  const answers = new Answers();
  answers.unit(a, first);
  let now = 0;
  const directory = answers.directory([a], { ...systemClock, monotonic: () => now });
  const spawn = spawnAt(first.address);
  expect(await directory.locate(spawn.id)).toBeNull();
  answers.spawns.set(a, spawn);
  now = 1999;
  expect(await directory.locate(spawn.id)).toBeNull();
  now = 2000;
  expect((await directory.locate(spawn.id))?.process).toEqual(spawn.id);
});

test("has no use for a unit of another network, of another role, or without its own key", async () => {
  const unusable = [
    { network: idText(new Uint8Array(32)) },
    { role: "compute" },
    { address: idText(second.address) },
    { algorithm: 2 },
    { algorithm: 700 },
    { publicKey: "?" },
  ];
  for (const more of unusable) {
    const answers = new Answers();
    answers.unit(a, first, more);
    const directory = answers.directory([a]);
    const found = await directory.schedulerAt(first.address).catch(() => null);
    expect(found, JSON.stringify(more)).toBeNull();
    expect(directory.units().schedulers).toEqual([{ url: a, address: null }]);
  }
});

test("learns a unit's address anew after it could not be reached", async () => {
  const answers = new Answers();
  answers.unit(a, first);
  const directory = answers.directory([a]);
  const unit = await directory.schedulerAt(first.address);
  answers.infos.clear();
  await expect(unit?.call((client) => client.spawnOf(module))).rejects.toThrow("UNREACHABLE");
  answers.unit(a, second);
  expect(await directory.schedulerAt(first.address)).toBeNull();
  expect((await directory.schedulerAt(second.address))?.url).toBe(a);
});
