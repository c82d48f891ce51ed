import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { composeBundle } from "../../src/client/compose.ts";
import { putContent } from "../../src/client/content.ts";
import { eventsOf } from "../../src/client/events.ts";
import { checkLogReceipt } from "../../src/log/check-log-receipt.ts";
import { envelopeRecord } from "../../src/protocol/envelope.ts";
import { evaluationRecord } from "../../src/protocol/evaluation.ts";
import type { MessageEvent } from "../../src/protocol/http.ts";
import { contentIdOf, type Digest, idText, parseId } from "../../src/protocol/ids.ts";
import { logReceiptRecord } from "../../src/protocol/log-receipt.ts";
import { bodyRecord } from "../../src/protocol/message.ts";
import type { OutputMessage } from "../../src/protocol/output.ts";
import { resultRecord } from "../../src/protocol/result.ts";
import { spawnTermsOf } from "../../src/protocol/spawn.ts";
import type { Script } from "../../src/testing/scripted-compute.ts";
import { testIdentity } from "../../src/testing/sender.ts";
import {
  codeOf,
  kindsOf,
  MessengerNetwork,
  messengerUrl,
  module,
  network,
} from "./messenger-network.ts";

const person = testIdentity(7).address;

/** What each action makes a process send; filled in by the tests. */
let sends: Map<string, readonly OutputMessage[]>;
const script: Script = ({ action }) => {
  if (action === "Fail") return "fail";
  if (action === "Spawn") {
    return {
      spawns: [{ tags: [{ name: "Module", value: idText(contentIdOf(module)) }], data: null }],
    };
  }
  return { messages: sends.get(action ?? "") ?? [] };
};

function message(target: Digest, action: string): OutputMessage {
  return { target, tags: [{ name: "Action", value: action }], data: null };
}

let units: MessengerNetwork;
beforeEach(async () => {
  sends = new Map();
  units = await MessengerNetwork.create({ schedulers: 2, computes: 1 }, script);
  await units.open();
});
afterEach(() => units.close());

test("places a spawn and messages, and shows their lives", async () => {
  const process = await units.spawned();
  const sent = units.sender.message(process, "Hello");
  const acceptance = await units.messenger.client.submit(sent);
  expect(acceptance).toMatchObject({ id: sent.id, process, slot: 1, error: null });
  const status = await units.until(sent.id, ({ state }) => state === "evaluated");
  expect(kindsOf(status)).toEqual(["accepted", "assigned", "evaluated"]);
  expect(status).toMatchObject({
    process: idText(process),
    slot: 1,
    from: { kind: "key", id: idText(units.sender.identity.address) },
    action: "Hello",
    spawn: false,
    cause: null,
    caused: [],
  });
  expect(status.events[2]).toMatchObject({ slot: 1, exit: "ok", gasUsed: 1000 });
});

test("answers the same when the same message is sent again, also after a restart", async () => {
  const process = await units.spawned();
  const sent = units.sender.message(process, "Once");
  const first = await units.messenger.client.submit(sent);
  expect(await units.messenger.client.submit(sent)).toEqual(first);
  await units.messenger.service.stop();
  await units.messenger.stores.close();
  await units.open();
  expect(await units.messenger.client.submit(sent)).toEqual(first);
  expect(await units.actions(process)).toEqual(["Once"]);
});

test("answers with the result where it is waited for, with its state where it does not come", async () => {
  const process = await units.spawned();
  const sent = units.sender.message(process, "Hello");
  const options = { wait: "result", timeoutMs: 5000 } as const;
  const { evaluation } = await units.messenger.client.submit(sent, options);
  const { result } = evaluationRecord.decode(evaluation ?? new Uint8Array(0));
  expect(resultRecord.decode(result)).toMatchObject({ process, slot: 1, messageId: sent.id });
  units.units.down.add(units.computes[0]?.url ?? "");
  const late = units.sender.message(process, "Late");
  const acceptance = await units.messenger.client.submit(late, { wait: "result", timeoutMs: 50 });
  expect(acceptance).toMatchObject({ slot: 2, evaluation: null });
});

test("answers a wait for a proof with the result and how its proof stands", async () => {
  const process = await units.spawned();
  const sent = units.sender.message(process, "Hello");
  const options = { wait: "proof", timeoutMs: 5000 } as const;
  const { evaluation } = await units.messenger.client.submit(sent, options);
  expect(evaluationRecord.decode(evaluation ?? new Uint8Array(0)).proof.state).toBe("unprovable");
});

test("answers with the receipt of a signed head where that is waited for", async () => {
  const process = await units.spawned();
  const { client } = units.messenger;
  const sent = units.sender.message(process, "Hello");
  const plain = await client.submit(sent, { finality: "none" });
  expect(plain.receipt).toBeNull();
  const owner = { network, scheduler: units.scheduler.address };
  const options = { finality: "signed", timeoutMs: 5000 } as const;
  for (const wait of ["assignment", "result"] as const) {
    const { assignment, receipt, evaluation } = await client.submit(sent, { ...options, wait });
    const read = logReceiptRecord.decode(receipt ?? new Uint8Array(0));
    const { signed } = checkLogReceipt(assignment ?? new Uint8Array(0), read, owner);
    expect(signed.head.size).toBeGreaterThan(read.treeIndex);
    expect(evaluation !== null).toBe(wait === "result");
  }
  const context = {
    network,
    owner: units.sender.identity,
    clock: systemClock,
    random: systemRandom,
  };
  const draft = (value: string) => ({ target: process, tags: [{ name: "Action", value }] });
  const bundle = composeBundle([draft("A"), draft("B")], context);
  for (const { assignment, receipt } of await client.submitBundle(bundle, options)) {
    const read = logReceiptRecord.decode(receipt ?? new Uint8Array(0));
    checkLogReceipt(assignment ?? new Uint8Array(0), read, owner);
  }
});

test("refuses to wait for witnesses that a process does not name, before it is placed", async () => {
  const process = await units.spawned();
  const { client } = units.messenger;
  const wait = { finality: "witnessed", timeoutMs: 100 } as const;
  const sent = units.sender.message(process, "Hello");
  expect(await codeOf(client.submit(sent, wait))).toBe("WITNESS_EMPTY");
  expect(await codeOf(client.submit(units.spawn(), wait))).toBe("WITNESS_EMPTY");
  expect(await units.actions(process)).toEqual([]);
  // These witnesses cosign nothing here: it has its slot, and no more is said than is so.
  const witness = { name: "Witness", value: idText(testIdentity(90).address) };
  const spawn = units.spawn([witness]);
  expect(await client.submit(spawn, wait)).toMatchObject({ slot: 0, receipt: null });
});

test("places a bundle under one signature, and answers each message for itself", async () => {
  const process = await units.spawned();
  const context = {
    network,
    owner: units.sender.identity,
    clock: systemClock,
    random: systemRandom,
  };
  const drafts = ["A", "B", "C"].map((value) => ({
    target: value === "B" ? person : process,
    tags: [{ name: "Action", value }],
  }));
  const bundle = composeBundle(drafts, context);
  const wait = { wait: "result", timeoutMs: 5000 } as const;
  const answers = await units.messenger.client.submitBundle(bundle, wait);
  expect(answers.map(({ slot }) => slot)).toEqual([1, null, 2]);
  expect(answers.map(({ error }) => error?.code ?? null)).toEqual([null, "PROCESS_UNKNOWN", null]);
  expect(answers.map(({ evaluation }) => evaluation !== null)).toEqual([true, false, true]);
  const again = await units.messenger.client.submitBundle(bundle);
  expect(again.map(({ slot }) => slot)).toEqual([1, null, 2]);
});

test("places a bundle of spawns whole, and refuses the spawn alone whose module nobody has", async () => {
  const { scheduler, messenger, sender } = units;
  await putContent(messenger.client.unit, module);
  const context = { network, owner: sender.identity, clock: systemClock, random: systemRandom };
  const spawnOf = (id: Digest) => {
    const named = { Module: idText(id), Scheduler: idText(scheduler.address) };
    const tags = Object.entries(named).map(([name, value]) => ({ name, value }));
    return { target: null, tags, notAfter: 0 };
  };
  const known = spawnOf(contentIdOf(module));
  const requests = units.units.requests.length;
  const whole = await messenger.client.submitBundle(composeBundle([known, known, known], context));
  expect(whole.map(({ slot }) => slot)).toEqual([0, 0, 0]);
  const asked = units.units.requests.slice(requests);
  const countOf = (part: string) => asked.filter((one) => one.includes(part)).length;
  // The client's, and the messenger's: the whole bundle, after one look for its module.
  expect({ posts: countOf("/messages"), looks: countOf("HEAD ") }).toEqual({ posts: 2, looks: 1 });
  const mixed = composeBundle([known, spawnOf(person), known], context);
  const answers = await messenger.client.submitBundle(mixed);
  expect(answers.map(({ slot }) => slot)).toEqual([0, null, 0]);
  expect(answers.map(({ error }) => error?.code ?? null)).toEqual([null, "MODULE_MISSING", null]);
});

test("refuses a bundle whose signature does not hold, and a member of another owner", async () => {
  const process = await units.spawned();
  const context = { network, clock: systemClock, random: systemRandom };
  const draft = { target: process, tags: [{ name: "Action", value: "A" }] };
  const own = composeBundle([draft, draft], { ...context, owner: units.sender.identity });
  const foreign = composeBundle([draft, draft], { ...context, owner: testIdentity(8) });
  const forged = { ...own, messages: [...own.messages].reverse() };
  expect(await codeOf(units.messenger.client.submitBundle(forged))).toBe("SIGNATURE_INVALID");
  const claimed = { ...foreign, messages: own.messages };
  expect(await codeOf(units.messenger.client.submitBundle(claimed))).toBe("SIGNATURE_INVALID");
  expect(await units.actions(process)).toEqual([]);
});

test("refuses with a code before anything is remembered", async () => {
  const process = await units.spawned();
  const { client } = units.messenger;
  const expired = units.sender.message(process, "Late", { notAfter: 1 });
  expect(await codeOf(client.submit(expired))).toBe("EXPIRED");
  const other = units.sender.message(process, "A");
  const forged = { ...units.sender.message(process, "B"), authorisation: other.authorisation };
  expect(await codeOf(client.submit(forged))).toBe("SIGNATURE_INVALID");
  expect(await codeOf(client.submit(units.sender.message(person, "A")))).toBe("PROCESS_UNKNOWN");
  const elsewhere = units.sender.spawn({ module: contentIdOf(module), scheduler: person });
  expect(await codeOf(client.submit(elsewhere))).toBe("SCHEDULER_MISMATCH");
  const empty = units.sender.spawn({ module: person, scheduler: units.scheduler.address });
  expect(await codeOf(client.submit(empty))).toBe("MODULE_MISSING");
  for (const { id } of [expired, forged, elsewhere, empty]) {
    expect(await codeOf(client.status(id))).toBe("MESSAGE_UNKNOWN");
  }
});

test("brings the module of a spawn along, if it was put here", async () => {
  await putContent(units.messenger.client.unit, module);
  const { slot } = await units.messenger.client.submit(units.spawn());
  expect(slot).toBe(0);
  expect(await units.scheduler.stores.content.has(contentIdOf(module))).toBe(true);
});

test("answers 503 while the scheduler is away, and finishes the message when it is back", async () => {
  const process = await units.spawned();
  units.units.down.add(units.scheduler.url);
  const sent = units.sender.message(process, "Hello");
  expect(await codeOf(units.messenger.client.submit(sent))).toBe("UNAVAILABLE");
  expect(kindsOf(await units.messenger.client.status(sent.id))).toEqual(["accepted"]);
  units.units.down.clear();
  expect((await units.messenger.client.submit(sent)).slot).toBe(1);
});

test("pushes what a result sends to its targets in order, once each, and says so", async () => {
  const [source, target] = [await units.spawned(), await units.spawned()];
  const actions = ["One", "Two", "Three"];
  sends.set(
    "Fan",
    actions.map((action) => message(target, action)),
  );
  const sent = units.sender.message(source, "Fan");
  await units.messenger.client.submit(sent);
  const status = await units.until(sent.id, ({ state }) => state === "pushed");
  expect(kindsOf(status)).toEqual(["accepted", "assigned", "evaluated", "pushed"]);
  expect(await units.actions(target)).toEqual(actions);
  expect(status.caused).toHaveLength(3);
  const child = await units.until(
    parseId(status.caused[0] ?? ""),
    ({ state }) => state === "evaluated",
  );
  expect(child).toMatchObject({
    cause: idText(sent.id),
    from: { kind: "process", id: idText(source) },
    process: idText(target),
    depth: 1,
    slot: 1,
  });
});

test("keeps what one process sends to another in the order of its slots", async () => {
  const [source, target] = [await units.spawned(), await units.spawned()];
  const names = Array.from({ length: 8 }, (_, i) => `Send-${i}`);
  for (const name of names)
    sends.set(name, [message(target, `${name}-a`), message(target, `${name}-b`)]);
  for (const name of names) await units.messenger.client.submit(units.sender.message(source, name));
  const expected = names.flatMap((name) => [`${name}-a`, `${name}-b`]);
  const end = Date.now() + 10_000;
  while ((await units.actions(target)).length < expected.length && Date.now() < end) {
    await systemClock.sleep(10);
  }
  expect(await units.actions(target)).toEqual(expected);
});

test("follows a chain of messages from process to process", async () => {
  const chain = [await units.spawned(), await units.spawned(), await units.spawned()];
  const [first, second, third] = chain as [Digest, Digest, Digest];
  sends.set("Start", [message(second, "Next")]);
  sends.set("Next", [message(third, "Last")]);
  await units.messenger.client.submit(units.sender.message(first, "Start"));
  const end = Date.now() + 10_000;
  while ((await units.actions(third)).length === 0 && Date.now() < end) await systemClock.sleep(5);
  expect(await units.actions(third)).toEqual(["Last"]);
});

test("spawns for a process, with the module from the scheduler that the spawner is at", async () => {
  const process = await units.spawned();
  const sent = units.sender.message(process, "Spawn");
  await units.messenger.client.submit(sent);
  const { caused } = await units.until(sent.id, ({ state }) => state === "pushed");
  const child = parseId(caused[0] ?? "");
  expect(await units.messenger.client.status(child)).toMatchObject({ spawn: true, slot: 0 });
  const slot0 = await units.scheduler.client.spawnOf(child);
  const body = bodyRecord.decode(slot0?.body ?? new Uint8Array(0));
  expect(body.owner).toEqual({ kind: 1, id: process });
  expect(spawnTermsOf(body).compute.units).toEqual([units.computes[0]?.address]);
});

test("keeps a message to a person as unclaimed, and lists it under the address", async () => {
  const process = await units.spawned();
  const data = new TextEncoder().encode("hello");
  sends.set("Notify", [
    { target: person, tags: [{ name: "Action", value: "Notice" }], data },
    message(person, "Second"),
  ]);
  const sent = units.sender.message(process, "Notify");
  expect(await codeOf(units.messenger.client.addressed(person))).toBe("ADDRESS_EMPTY");
  await units.messenger.client.submit(sent);
  const { caused } = await units.until(sent.id, ({ state }) => state === "pushed");
  for (const id of caused) {
    expect(kindsOf(await units.messenger.client.status(parseId(id)))).toEqual([
      "accepted",
      "unclaimed",
    ]);
  }
  const inbox = await units.messenger.client.addressed(person);
  expect(inbox).toMatchObject([
    { id: caused[0], from: idText(process), slot: 1, index: 0, data: "hello" },
    { id: caused[1], from: idText(process), slot: 1, index: 1, data: null },
  ]);
  const next = { from: (inbox[0]?.sequence ?? 0) + 1, limit: 1 };
  expect(await units.messenger.client.addressed(person, next)).toEqual([inbox[1]]);
});

test("stops a message whose budget is used up, and one that lies too deep", async () => {
  const process = await units.spawned();
  sends.set("Ping", [message(process, "Ping")]);
  const sent = units.sender.message(process, "Ping", { budget: 50_000 });
  await units.messenger.client.submit(sent);
  const first = await units.until(sent.id, ({ state }) => state === "pushed");
  const second = await units.until(
    parseId(first.caused[0] ?? ""),
    ({ state }) => state === "pushed",
  );
  const last = await units.messenger.client.status(parseId(second.caused[0] ?? ""));
  expect(last).toMatchObject({ state: "stopped", slot: null, depth: 2 });
  expect(last.events.at(-1)).toMatchObject({ kind: "stopped", reason: "budget" });
  expect(await units.actions(process)).toEqual(["Ping", "Ping"]);
});

test("sends nothing for a failed result, and says why it failed", async () => {
  const process = await units.spawned();
  const sent = units.sender.message(process, "Fail");
  await units.messenger.client.submit(sent);
  const status = await units.until(sent.id, ({ state }) => state === "evaluated");
  expect(status.events.at(-1)).toMatchObject({ exit: "failed", detail: "trap: scripted" });
  expect(status.caused).toEqual([]);
});

test("says that a target refused a message for good, with its code", async () => {
  const source = await units.spawned();
  const target = await units.spawned([{ name: "Evidence", value: "proven" }]);
  sends.set("Send", [message(target, "Believe me")]);
  const sent = units.sender.message(source, "Send");
  await units.messenger.client.submit(sent);
  const { caused } = await units.until(sent.id, ({ state }) => state === "pushed");
  const child = await units.messenger.client.status(parseId(caused[0] ?? ""));
  expect(child.events.at(-1)).toMatchObject({ kind: "refused", reason: "EVIDENCE_LEVEL" });
});

test("tells a message's life as it happens, and ends when nothing more is to come", async () => {
  const [source, target] = [await units.spawned(), await units.spawned()];
  sends.set("Fan", [message(target, "One"), message(person, "Two")]);
  const sent = units.sender.message(source, "Fan");
  await units.messenger.client.submit(sent);
  const url = `${messengerUrl}/messages/${idText(sent.id)}/events`;
  const kinds: string[] = [];
  for await (const { kind } of eventsOf<MessageEvent>(url, { fetchUnit: units.units.fetch })) {
    kinds.push(kind);
  }
  expect(kinds).toEqual(["accepted", "assigned", "evaluated", "pushed"]);
  expect(await units.actions(target)).toEqual(["One"]);
});

test("notes that a result is proven once its unit says so, and tells who watches", async () => {
  const source = await units.spawned();
  const proven = units.sender.message(source, "Fan");
  const { compute } = units.computes[0] as (typeof units.computes)[number];
  let state = "queued";
  compute.forge = (evaluation) => ({ ...evaluation, proof: { state, reason: null } });
  await units.messenger.client.submit(proven);
  const before = await units.until(proven.id, ({ events }) =>
    events.some(({ kind }) => kind === "evaluated"),
  );
  expect(before.state).toBe("evaluated");
  const url = `${messengerUrl}/messages/${idText(proven.id)}/events`;
  const kinds: string[] = [];
  for await (const { kind } of eventsOf<MessageEvent>(url, { fetchUnit: units.units.fetch })) {
    kinds.push(kind);
    if (kind === "evaluated") state = "proven";
  }
  expect(kinds).toEqual(["accepted", "assigned", "evaluated", "proven"]);
  const { state: last, events } = await units.messenger.client.status(proven.id);
  expect(last).toBe("proven");
  expect(events.filter(({ kind }) => kind === "proven")).toHaveLength(1);
});

test("waits for a proof where the sender does, and answers 202 with the result where it does not come", async () => {
  const source = await units.spawned();
  const { compute } = units.computes[0] as (typeof units.computes)[number];
  const submit = async (state: string) => {
    compute.forge = (evaluation) => ({ ...evaluation, proof: { state, reason: null } });
    const response = await units.units.fetch(`${messengerUrl}/messages?wait=proof&timeout=500`, {
      method: "POST",
      headers: { "content-type": "application/msgpack", accept: "application/json" },
      body: envelopeRecord.encode(units.sender.message(source, "Fan")) as Uint8Array<ArrayBuffer>,
    });
    const { result } = (await response.json()) as { result: { proof: { state: string } } };
    return { status: response.status, state: result.proof.state };
  };
  expect(await submit("proven")).toEqual({ status: 200, state: "proven" });
  expect(await submit("unprovable")).toEqual({ status: 200, state: "unprovable" });
  expect(await submit("queued")).toEqual({ status: 202, state: "queued" });
});

test("pushes a result again for whoever asks, and adds nothing that is there", async () => {
  const [source, target] = [await units.spawned(), await units.spawned()];
  sends.set("Fan", [message(target, "One")]);
  const sent = units.sender.message(source, "Fan");
  await units.messenger.client.submit(sent);
  await units.until(sent.id, ({ state }) => state === "pushed");
  await units.messenger.client.push(source, 1);
  const end = Date.now() + 10_000;
  while ((await units.messenger.stores.pushes.depth()).pending > 0 && Date.now() < end) {
    await systemClock.sleep(5);
  }
  expect(await units.actions(target)).toEqual(["One"]);
  expect(await codeOf(units.messenger.client.push(source, 9))).toBe("SLOT_UNKNOWN");
  expect(await codeOf(units.messenger.client.push(person, 0))).toBe("PROCESS_UNKNOWN");
});

test("pushes a result that another messenger was given", async () => {
  const [source, target] = [await units.spawned(), await units.spawned()];
  sends.set("Fan", [message(target, "One")]);
  await units.scheduler.client.submit(units.sender.message(source, "Fan"));
  await units.messenger.client.push(source, 1);
  const end = Date.now() + 10_000;
  while ((await units.actions(target)).length === 0 && Date.now() < end) await systemClock.sleep(5);
  expect(await units.actions(target)).toEqual(["One"]);
});

test("lists the units that it knows", async () => {
  await units.spawned();
  expect(await units.messenger.client.units()).toEqual({
    schedulers: units.schedulers.map(({ url, address }) => ({ url, address: idText(address) })),
    computes: units.computes.map(({ url, address }) => ({ url, address: idText(address) })),
  });
});

test("limits what one address hands in, and what one owner signs", async () => {
  const process = await units.spawned();
  await units.messenger.service.stop();
  await units.messenger.stores.close();
  const slow = { ownerPerSecond: 0.001, ownerBurst: 2, remotePerSecond: 0.001, remoteBurst: 5 };
  const { client } = await units.open({ limits: slow });
  const forged = () => ({
    ...units.sender.message(process, "A"),
    authorisation: units.sender.message(process, "B").authorisation,
  });
  // A stranger's forgeries in the owner's name cost the stranger, not the owner.
  expect(await codeOf(client.submit(forged()))).toBe("SIGNATURE_INVALID");
  expect(await codeOf(client.submit(forged()))).toBe("SIGNATURE_INVALID");
  for (const action of ["A", "B"]) await client.submit(units.sender.message(process, action));
  expect(await codeOf(client.submit(units.sender.message(process, "C")))).toBe("RATE_LIMITED");
  expect(await codeOf(client.submit(forged()))).toBe("RATE_LIMITED");
  expect(await units.actions(process)).toEqual(["A", "B"]);
});

test("refuses more than it can hold between request and slot", async () => {
  const process = await units.spawned();
  await units.messenger.service.stop();
  await units.messenger.stores.close();
  const { client } = await units.open({ limits: { inFlightMax: 1 } });
  const answers = await Promise.all(
    ["A", "B"].map((action) => codeOf(client.submit(units.sender.message(process, action)))),
  );
  expect(answers.sort()).toEqual(["OVERLOADED", "none"]);
});
