import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { composeBundle } from "../../src/client/compose.ts";
import { UnitCallError } from "../../src/client/unit-call.ts";
import type { MemoryFaults } from "../../src/node/store/memory-engine.ts";
import type { Acceptance } from "../../src/protocol/acceptance.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { type Digest, parseId } from "../../src/protocol/ids.ts";
import { kinds } from "../../src/protocol/kinds.ts";
import { kindOf } from "../../src/protocol/record.ts";
import type { Script } from "../../src/testing/scripted-compute.ts";
import { type Composed, testIdentity } from "../../src/testing/sender.ts";
import { kindsOf, MessengerNetwork, network } from "./messenger-network.ts";

const person = testIdentity(7).address;
let target: Digest;
const script: Script = ({ action }) => {
  if (action !== "Fan") return {};
  const message = (to: Digest, value: string) => ({
    target: to,
    tags: [{ name: "Action", value }],
    data: null,
  });
  return { messages: [message(target, "One"), message(person, "Notice"), message(target, "Two")] };
};

let units: MessengerNetwork;
let source: Digest;
let kills: number;
beforeEach(async () => {
  kills = 0;
  units = await MessengerNetwork.create({ schedulers: 1, computes: 1 }, script);
  await units.open();
  target = await units.spawned();
  source = await units.spawned();
  // The spawns' evaluations are taken before a crash is planned, so that commits can be counted.
  const end = Date.now() + 5000;
  while (units.messenger.service.load().unevaluated > 0 && Date.now() < end) {
    await systemClock.sleep(5);
  }
  await units.messenger.service.stop();
  await units.messenger.stores.close();
});
afterEach(() => units.close());

/** Kills the messenger at its n-th commit, before or after the commit is written. */
function killAt(n: number, when: "before" | "after"): { readonly faults: MemoryFaults } {
  // Opening looks at the store's format in a commit of its own.
  let left = n + 1;
  const hook = async (): Promise<void> => {
    left--;
    if (left !== 0) return;
    kills++;
    units.disk.kill();
    throw new Error("killed");
  };
  return { faults: when === "before" ? { beforeCommit: hook } : { afterCommit: hook } };
}

/** What a client does: the same message again and again until it is answered. */
async function submitPatiently(message: Composed): Promise<Acceptance> {
  const end = Date.now() + 10_000;
  for (;;) {
    try {
      return await units.messenger.client.submit(message);
    } catch (error) {
      if (!(error instanceof UnitCallError) || Date.now() > end) throw error;
      await units.kill();
      await units.open();
    }
  }
}

/** One message that makes its process send three, through a kill at the n-th commit. */
async function fanThrough(n: number, when: "before" | "after"): Promise<number> {
  await units.open(killAt(n, when));
  const sent = units.sender.message(source, "Fan");
  const { slot } = await submitPatiently(sent);
  const end = Date.now() + 2000;
  let isDone = false;
  while (!isDone && Date.now() < end) {
    try {
      const { state } = await units.messenger.client.status(sent.id);
      isDone = state === "pushed" && (await units.messenger.stores.pushes.depth()).pending <= 1;
    } catch (error) {
      if (!(error instanceof UnitCallError)) break;
      break;
    }
    await systemClock.sleep(2);
  }
  await units.kill();
  // Claims of the killed run are still hidden: an hour later none is.
  const later = { ...systemClock, now: () => Date.now() + 3_600_000 };
  await units.open({ clock: later });
  const status = await units.until(sent.id, ({ state }) => state === "pushed");
  const children = await Promise.all(
    status.caused.map((id) => units.messenger.client.status(parseId(id))),
  );
  expect(children.map(({ slot: at }) => at !== null)).toEqual([true, false, true]);
  expect(kindsOf(children[1]!), `commit ${n} ${when}`).toContain("unclaimed");
  return slot ?? -1;
}

test.each(["before", "after"] as const)(
  "delivers each message exactly once, killed %s any one commit",
  async (when) => {
    // The last ones come after all is done, or this would not have met every commit.
    const runs = 12;
    for (let n = 1; n <= runs; n++) {
      expect(await fanThrough(n, when), `commit ${n} ${when}`).toBe(n);
      await units.messenger.service.stop();
      await units.messenger.stores.close();
    }
    expect(await units.actions(source)).toEqual(Array.from({ length: runs }, () => "Fan"));
    const once = Array.from({ length: runs }, () => ["One", "Two"]).flat();
    expect(await units.actions(target)).toEqual(once);
    expect(kills).toBeGreaterThan(7);
    await units.open();
  },
);

/** Hands in a message while its scheduler is away: it is remembered and nothing is acknowledged. */
async function submitUnplaced(message: Composed): Promise<void> {
  await units.messenger.client.submit(units.sender.message(source, "First"));
  units.units.down.add(units.scheduler.url);
  await expect(units.messenger.client.submit(message)).rejects.toThrow("UNAVAILABLE");
}

test("finishes after a restart what was remembered and not placed", async () => {
  await units.open();
  const sent = units.sender.message(source, "Hello");
  await submitUnplaced(sent);
  await units.kill();
  units.units.down.clear();
  await units.open();
  const status = await units.until(sent.id, ({ state }) => state === "evaluated");
  expect(kindsOf(status)).toEqual(["accepted", "assigned", "evaluated"]);
  expect(await units.actions(source)).toEqual(["First", "Hello"]);
});

test("gives up after a restart what its scheduler refuses by now", async () => {
  await units.open();
  const sent = units.sender.message(source, "Late", { notAfter: Date.now() + 400 });
  await submitUnplaced(sent);
  await units.kill();
  await systemClock.sleep(420);
  units.units.down.clear();
  await units.open();
  const status = await units.until(sent.id, ({ state }) => state === "refused");
  expect(status.events.at(-1)).toMatchObject({ reason: "EXPIRED" });
  expect(await units.messenger.stores.messages.unassigned(null, 10)).toEqual([]);
});

test("takes results after a restart that came while it was away", async () => {
  await units.open();
  const down = units.computes[0]?.url ?? "";
  units.units.down.add(down);
  const sent = units.sender.message(source, "Fan");
  await units.messenger.client.submit(sent);
  await units.kill();
  units.units.down.clear();
  await units.open();
  await units.until(sent.id, ({ state }) => state === "pushed");
  expect(await units.actions(target)).toEqual(["One", "Two"]);
});

test("finishes after a restart what it remembered of a bundle, each message by itself", async () => {
  await units.open();
  const { identity } = units.sender;
  const context = { network, owner: identity, clock: systemClock, random: systemRandom };
  const tags = [{ name: "Action", value: "Two" }];
  const drafts = [0, 1, 2].map(() => ({ target, tags }));
  const bundle = composeBundle(drafts, context);
  await units.messenger.client.submit(units.sender.message(target, "First"));
  units.units.down.add(units.scheduler.url);
  const answers = await units.messenger.client.submitBundle(bundle);
  expect(answers.map(({ error }) => error?.code)).toEqual(Array(3).fill("UNAVAILABLE"));
  await units.kill();
  units.units.down.clear();
  await units.open();
  for (const { id } of answers) await units.until(id, ({ state }) => state === "evaluated");
  expect(await units.actions(target)).toEqual(["First", "Two", "Two", "Two"]);
});

test("goes on pushing after the scheduler was away", async () => {
  await units.open();
  const sent = units.sender.message(source, "Fan");
  let refuse = true;
  const { service } = units.scheduler;
  const submitAll = service.submitAll.bind(service);
  service.submitAll = async (envelopes) => {
    const isPush = envelopes.some(
      ({ authorisation }) => kindOf(authorisation) === kinds.provenance,
    );
    if (refuse && isPush) throw new ProtocolError("OVERLOADED");
    return submitAll(envelopes);
  };
  await units.messenger.client.submit(sent);
  const { caused } = await units.until(sent.id, (status) => kindsOf(status).includes("evaluated"));
  await systemClock.sleep(100);
  expect(await units.actions(target)).toEqual([]);
  refuse = false;
  await units.until(parseId(caused[0] ?? ""), ({ state }) => state === "evaluated");
  await units.until(sent.id, ({ state }) => state === "pushed");
  expect(await units.actions(target)).toEqual(["One", "Two"]);
});
