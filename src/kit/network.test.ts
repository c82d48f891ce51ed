import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { budgetDefault, messageGasMin } from "../protocol/limits.ts";
import { processProject } from "../testing/process-project.ts";
import { simulatedClock } from "./clock.ts";
import { isEvaluationFailed } from "./evaluation-failed.ts";
import { createNetwork } from "./kit-network.ts";

const source = `import { Address, guard, Message, output, send, spawn } from "nymcompute/sdk";

let total: u64 = 0;

export function start(message: Message): void {
  guard(!message.hasTag("Refuse"), "refused to begin");
}

export function receive(message: Message): void {
  const action = message.action;
  total += 1;
  guard(action != "Guard", "not this");
  const to = message.tagAddress("To");
  if (action == "Time") output(message.timestamp.toString());
  if (action == "Total") output(total.toString());
  if (action == "Tell" && to) send(to, "Told").text("something");
  if (action == "Ping") send(to ? to : message.from, "Ping");
  if (action == "Spawn" && to) spawn(to).tag("Name", "child");
}
`;

const { assembly, entry, remove } = processProject(source);
afterAll(remove);

test("time stands still until it is moved, and messages carry it", async () => {
  const clock = simulatedClock(1000);
  const net = createNetwork({ clock });
  const process = await net.spawn(entry);
  expect((await process.send({ action: "Time" })).text).toBe("1000");
  clock.advance(500);
  expect((await process.send({ action: "Time" })).text).toBe("1500");
  expect(() => clock.advance(-1)).toThrow(RangeError);
});

test("a failure names the line of the source and changes nothing", async () => {
  const process = await createNetwork().spawn(entry);
  await process.send({ action: "Total" });
  const failing = process.send({ action: "Guard" });
  await expect(failing).rejects.toThrow(
    /^assembly\/index\.ts:12:\d+ abort: not this\n[^|]*\n12 \| /,
  );
  const error: unknown = await failing.catch((thrown: unknown) => thrown);
  expect(isEvaluationFailed(error) && error.diagnostic.line).toBe(12);
  const { ok, root, slot } = await process.trySend({ action: "Guard" });
  expect({ ok, slot, root }).toEqual({ ok: false, slot: 3, root: process.results[1]?.root });
  expect((await process.send({ action: "Total" })).text).toBe("2");
});

test("a process whose slot 0 fails is refused to the test", async () => {
  const spawning = createNetwork().spawn(entry, { tags: { Refuse: "yes" } });
  await expect(spawning).rejects.toThrow(/^assembly\/index\.ts:6:\d+ abort: refused to begin/);
});

test("a call leaves no trace", async () => {
  const process = await createNetwork().spawn(entry);
  expect((await process.call({ action: "Total" })).text).toBe("1");
  expect((await process.call({ action: "Total" })).text).toBe("1");
  expect(process.log).toHaveLength(1);
});

test("people read what processes send them", async () => {
  const net = createNetwork();
  const process = await net.spawn(entry);
  const bob = net.account("bob");
  await process.send({ action: "Tell", tags: { To: bob.address } });
  const [message, ...others] = net.messagesTo(bob);
  expect(others).toEqual([]);
  expect(message).toMatchObject({
    from: process.id,
    target: bob.address,
    tags: { Action: "Told" },
    data: "something",
  });
});

test("two processes that answer each other end by budget", async () => {
  const net = createNetwork();
  const left = await net.spawn(entry);
  const right = await net.spawn(entry);
  await left.send({ action: "Ping", tags: { To: right.id } });
  expect(net.lost).toEqual([{ target: expect.any(String), reason: "budget" }]);
  // Each took what it cost, and at least the least; what was left was too little for one more.
  const costs = net.lastEvaluations.map(({ gasUsed }) => Math.max(gasUsed, messageGasMin));
  const spent = costs.reduce((sum, cost) => sum + cost, 0);
  expect(spent).toBeLessThanOrEqual(budgetDefault);
  expect(spent).toBeGreaterThan(budgetDefault - messageGasMin);
  expect(left.results.length + right.results.length).toBe(2 + costs.length);
});

test("processes spawn processes, which come with their terms", async () => {
  const net = createNetwork();
  const module = await net.put(entry);
  const parent = await net.spawn(entry);
  await parent.send({ action: "Spawn", tags: { To: module } });
  const born = net.lastEvaluations.find(({ slot }) => slot === 0);
  const child = net.process(born?.process ?? "");
  expect((await child.send({ action: "Total" })).text).toBe("1");
  expect(child.log[0]).toMatchObject({ message: { from: { kind: "process", id: parent.id } } });
});

test("a process that trusts another compute unit refuses what ours attests", async () => {
  const net = createNetwork();
  const stranger = net.account("a stranger's unit").address;
  const wary = await net.spawn(entry, { tags: { Trust: stranger } });
  const other = await net.spawn(entry);
  await other.send({ action: "Tell", tags: { To: wary.id } });
  expect(wary.log).toHaveLength(1);
  expect(net.lost).toEqual([{ target: wary.id, reason: "EVIDENCE_UNTRUSTED" }]);
});

test("the same messages give the same ids and roots in every network", async () => {
  const roots = async (): Promise<readonly string[]> => {
    const process = await createNetwork().spawn(entry);
    await process.send({ action: "Total" });
    return [process.id, ...process.results.map(({ root }) => root)];
  };
  expect(await roots()).toEqual(await roots());
});

test("sources that do not compile are named with their line", async () => {
  const broken = join(assembly, "broken.ts");
  writeFileSync(broken, "export function receive(message: Missing): void {}\n");
  await expect(createNetwork().spawn(pathToFileURL(broken))).rejects.toThrow(
    /^PROGRAM_BUILD_FAILED.*\nassembly\/broken\.ts:1:\d+ error/,
  );
});

test("a module that may not run is spawned as everywhere: its slot 0 fails", async () => {
  const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
  await expect(createNetwork().spawn(empty)).rejects.toThrow(/^module: /);
});

test("a variable is read by its name, with the state that it has now", async () => {
  const net = createNetwork();
  const process = await net.spawn(entry);
  await process.send({ action: "Total" });
  const before = net.snapshot();
  await process.send({ action: "Total" });
  expect(process.variable("total")).toEqual({ type: "u64", value: "2" });
  expect(process.variable("assembly/index/total").value).toBe("2");
  net.revert(before);
  expect(process.variable("total").value).toBe("1");
  expect(() => process.variable("otal")).toThrow(/^VARIABLE_UNKNOWN: variable otal/);
});
