import { afterEach, beforeEach, expect, test } from "vitest";
import type { Digest } from "../../src/protocol/ids.ts";
import type { Composed } from "../../src/testing/sender.ts";
import { codeOf, kindsOf, MessengerNetwork } from "./messenger-network.ts";

let units: MessengerNetwork;
let process: Digest;
beforeEach(async () => {
  units = await MessengerNetwork.create({ schedulers: 1, computes: 1 }, () => ({}));
  await units.open();
  process = await units.spawned();
});
afterEach(() => units.close());

const good = (action: string): Composed => units.sender.message(process, action);
/** A message under the signature of another. */
function forged(action: string): Composed {
  return { ...good(action), authorisation: good("Other").authorisation };
}

/** How many messages the scheduler was handed, whatever became of them. */
async function handedOn(run: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const { service } = units.scheduler;
  const submitAll = service.submitAll.bind(service);
  service.submitAll = (envelopes) => {
    count += envelopes.length;
    return submitAll(envelopes);
  };
  await run();
  service.submitAll = submitAll;
  return count;
}

test("hands a forgery on for each signature that held before it, at most, and then none", async () => {
  const { client } = units.messenger;
  for (const action of ["A", "B", "C"]) await client.submit(good(action));
  const codes: string[] = [];
  const count = await handedOn(async () => {
    for (let i = 0; i < 5; i++) codes.push(await codeOf(client.submit(forged(`F${i}`))));
  });
  expect(codes).toEqual(Array.from({ length: 5 }, () => "SIGNATURE_INVALID"));
  expect(count).toBe(1);
  expect(await units.actions(process)).toEqual(["A", "B", "C"]);
});

test("keeps nothing of a forgery, whoever found it", async () => {
  const { client, stores } = units.messenger;
  await client.submit(good("A"));
  for (const sent of [forged("passed on"), forged("refused here")]) {
    expect(await codeOf(client.submit(sent))).toBe("SIGNATURE_INVALID");
    expect(await codeOf(client.status(sent.id))).toBe("MESSAGE_UNKNOWN");
  }
  expect(await stores.messages.unassigned(null, 10)).toEqual([]);
  expect(await stores.messages.recent(null, 10)).toHaveLength(2);
});

test("places the owner's own message after a forgery of it", async () => {
  const { client } = units.messenger;
  await client.submit(good("A"));
  const own = good("B");
  const forgery = { ...own, authorisation: good("Other").authorisation };
  expect(await codeOf(client.submit(forgery))).toBe("SIGNATURE_INVALID");
  expect((await client.submit(own)).slot).toBe(2);
  const status = await units.until(own.id, ({ state }) => state === "evaluated");
  expect(kindsOf(status)).toEqual(["accepted", "assigned", "evaluated"]);
});

test("places the owner's own message beside a forgery of it that came first", async () => {
  const { client } = units.messenger;
  for (const action of ["A", "B"]) await client.submit(good(action));
  const own = good("C");
  const forgery = { ...own, authorisation: good("Other").authorisation };
  const [refused, placed] = await Promise.allSettled([
    client.submit(forgery),
    client.submit(own).catch(() => client.submit(own)),
  ]);
  expect(placed).toMatchObject({ status: "fulfilled", value: { slot: 3 } });
  // Behind the owner's own it has the slot that the message has.
  const codes = ["SIGNATURE_INVALID", "none"];
  const code =
    refused.status === "fulfilled" ? "none" : await codeOf(Promise.reject(refused.reason));
  expect(codes).toContain(code);
  expect(await units.actions(process)).toEqual(["A", "B", "C"]);
});

test("verifies again what a remote brings once one of its signatures did not hold", async () => {
  const { client } = units.messenger;
  for (const action of ["A", "B", "C"]) await client.submit(good(action));
  await codeOf(client.submit(forged("F")));
  const count = await handedOn(() => codeOf(client.submit(forged("G"))));
  expect(count).toBe(0);
  await client.submit(good("D"));
  expect(await handedOn(() => codeOf(client.submit(forged("H"))))).toBe(1);
});
