import { afterAll, expect, test } from "vitest";
import { processProject } from "../testing/process-project.ts";
import { createNetwork } from "./kit-network.ts";
import type { Network } from "./network.ts";
import type { KitProcess } from "./process-handle.ts";

/** `Tell` sends a note for each word of its data to `To`; `Note` is written down with its time. */
const source = `import { Message, output, send, spawn } from "nymcompute/sdk";

let notes: string = "";

export function receive(message: Message): void {
  const to = message.tagAddress("To");
  if (message.action == "Tell" && to) {
    const words = message.text.split(" ");
    for (let at = 0; at < words.length; at++) send(to, "Note").text(words[at]);
  }
  if (message.action == "Spawn" && to) spawn(to);
  if (message.action == "Note") {
    notes += message.text + "@" + (message.timestamp % 100_000).toString() + " ";
    const next = message.tagAddress("Next");
    if (next) send(next, "Note").text(message.text);
  }
  output(notes);
}
`;

const { entry, remove } = processProject(source);
afterAll(remove);

async function pair(): Promise<{
  readonly net: Network;
  readonly sender: KitProcess;
  readonly receiver: KitProcess;
  readonly tell: (words: string) => Promise<unknown>;
  readonly notes: () => Promise<string>;
}> {
  const net = createNetwork();
  const sender = await net.spawn(entry);
  const receiver = await net.spawn(entry);
  const tags = { To: receiver.id };
  return {
    net,
    sender,
    receiver,
    tell: (data) => sender.send({ action: "Tell", tags, data }),
    notes: async () => (await receiver.call()).text.replaceAll("@0", "").trim(),
  };
}

test("what a route drops is lost, and the rest arrives in order", async () => {
  const { net, sender, receiver, tell, notes } = await pair();
  net.route(({ data }) => (data === "b" ? "drop" : "deliver"));
  await tell("a b c");
  expect(await notes()).toBe("a c");
  expect(net.lost).toEqual([{ target: receiver.id, reason: "dropped" }]);
  const seen: unknown[] = [];
  net.route(({ from, target, tags }) => {
    seen.push([from, target, tags["Action"]]);
    return "deliver";
  });
  await tell("d");
  expect(seen).toEqual([[sender.id, receiver.id, "Note"]]);
  net.route(null);
  await tell("e");
  expect(await notes()).toBe("a c d e");
  expect(seen).toHaveLength(1);
});

test("what is held is released in the order that the test chooses, once", async () => {
  const { net, tell, notes } = await pair();
  net.route(() => "hold");
  await tell("a b c");
  expect(await notes()).toBe("");
  const [a, b, c] = net.held;
  if (!a || !b || !c) throw new Error("three messages wait");
  expect([a.data, a.due, c.data]).toEqual(["a", null, "c"]);
  const evaluations = await net.release([c, a]);
  expect(evaluations.map(({ ok }) => ok)).toEqual([true, true]);
  expect(await notes()).toBe("c a");
  await expect(net.release([b, c])).rejects.toThrow(/^MESSAGE_NOT_HELD/);
  expect(net.held).toEqual([b]);
  await net.release();
  expect(await notes()).toBe("c a b");
  expect(net.held).toEqual([]);
});

test("what is delayed comes at its time, the earliest first", async () => {
  const { net, tell, receiver } = await pair();
  const began = net.clock.now();
  const delays: Readonly<Record<string, number>> = { a: 300, b: 100, c: 200 };
  net.route(({ data }) => ({ delayMs: delays[data ?? ""] ?? 0 }));
  await tell("a b c");
  expect(await net.advance(99)).toEqual([]);
  expect(await net.advance(101)).toHaveLength(2);
  expect(net.clock.now()).toBe(began + 200);
  expect(net.held.map(({ data }) => data)).toEqual(["a"]);
  await net.advance(1000);
  const { text } = await receiver.call();
  expect(text).toBe("b@100 c@200 a@300 ");
  expect(net.clock.now()).toBe(began + 1200);
  await expect(net.advance(-1)).rejects.toThrow(RangeError);
});

test("a message that arrives twice has one slot", async () => {
  const { net, receiver, tell, notes } = await pair();
  net.route(() => "duplicate");
  await tell("a b");
  expect(await notes()).toBe("a b");
  expect(receiver.log).toHaveLength(3);
  const again = { target: receiver.id, reason: "ENTRY_REPEATED" };
  expect(net.lost).toEqual([again, again]);
});

test("a spawn by a process is on its way as well, and people's mail is not", async () => {
  const { net, sender } = await pair();
  const module = await net.put(entry);
  net.route(({ target }) => (target === null ? "hold" : "drop"));
  await sender.send({ action: "Spawn", tags: { To: module } });
  expect(net.held).toMatchObject([{ target: null, from: sender.id }]);
  const [born] = await net.release();
  expect(born).toMatchObject({ slot: 0, ok: true });
  expect(net.process(born?.process ?? "").results).toHaveLength(1);
  const bob = net.account("bob");
  await sender.send({ action: "Tell", tags: { To: bob.address }, data: "hello" });
  expect(net.messagesTo(bob)).toMatchObject([{ data: "hello" }]);
});

test("a snapshot brings everything back, as often as one likes", async () => {
  const { net, sender, receiver, tell, notes } = await pair();
  const bob = net.account("bob");
  await tell("a");
  net.route(({ data }) => (data === "late" ? "hold" : "deliver"));
  await tell("late");
  const before = net.snapshot();
  const rootBefore = receiver.results.at(-1)?.root;
  const outcomes: string[] = [];
  for (const word of ["b", "c", "b"]) {
    net.clock.advance(5000);
    await tell(word);
    await net.release();
    await sender.send({ action: "Tell", tags: { To: bob.address }, data: word });
    const younger = await net.spawn(entry);
    outcomes.push(`${(await receiver.call()).text}${receiver.results.at(-1)?.root ?? ""}`);
    net.revert(before);
    expect(net.clock.now()).toBe(before.time);
    expect(await notes()).toBe("a");
    expect(receiver.results.at(-1)?.root).toBe(rootBefore);
    expect(receiver.log).toHaveLength(2);
    expect(net.messagesTo(bob)).toEqual([]);
    expect(net.held.map(({ data }) => data)).toEqual(["late"]);
    expect(() => younger.results).toThrow(/^PROCESS_UNKNOWN/);
  }
  // The same messages on the same state give the same root, also after a revert.
  expect(outcomes[0]).toContain("a@0 b@5000 late@5000 ");
  expect(outcomes[2]).toBe(outcomes[0]);
  expect(outcomes[1]).not.toBe(outcomes[0]);
});

test("a snapshot of one network is none of another", async () => {
  const snapshot = createNetwork().snapshot();
  expect(() => createNetwork().revert(snapshot)).toThrow(/^SNAPSHOT_FOREIGN/);
});

test("a log takes no message from before its last one", async () => {
  const { net, receiver } = await pair();
  await receiver.send();
  net.clock.set(net.clock.now() - 1);
  await expect(receiver.send()).rejects.toThrow(/^ENTRY_TIMESTAMP/);
});
