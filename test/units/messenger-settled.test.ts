import { afterEach, beforeEach, expect, test } from "vitest";
import type { Digest } from "../../src/protocol/ids.ts";
import type { Script } from "../../src/testing/scripted-compute.ts";
import { testIdentity } from "../../src/testing/sender.ts";
import { MessengerNetwork } from "./messenger-network.ts";

const people = [7, 8, 9].map((seed) => testIdentity(seed).address);
let target: Digest;
const script: Script = ({ action }) => {
  if (action !== "Fan") return {};
  const message = (to: Digest, value: string) => ({
    target: to,
    tags: [{ name: "Action", value }],
    data: null,
  });
  const notices = people.map((person) => message(person, "Notice"));
  return { messages: [...notices, message(target, "One"), message(target, "Two")] };
};

let units: MessengerNetwork;
beforeEach(async () => {
  units = await MessengerNetwork.create({ schedulers: 1, computes: 1 }, script);
  await units.open();
  target = await units.spawned();
});
afterEach(() => units.close());

test("a messenger is settled when all is placed, evaluated and tried once, though people's notices stay", async () => {
  const source = await units.spawned();
  const { service, client, stores } = units.messenger;
  const rounds = 5;
  for (let i = 0; i < rounds; i++) await client.submit(units.sender.message(source, "Fan"));
  const limit = AbortSignal.timeout(20_000);
  await service.settled(limit);
  expect(limit.aborted).toBe(false);
  const both = Array.from({ length: rounds }, () => ["One", "Two"]).flat();
  expect(await units.actions(target)).toEqual(both);
  // Nobody takes the notices: they are tried again, and stay in the store.
  expect(await service.unfinished()).toEqual({
    messages: 0,
    evaluations: 0,
    pushes: rounds * people.length,
  });
  expect((await stores.pushes.depth()).failed).toBe(0);
});
