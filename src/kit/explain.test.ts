import { afterAll, expect, test } from "vitest";
import { processProject } from "../testing/process-project.ts";
import { isEvaluationFailed } from "./evaluation-failed.ts";
import { createNetwork } from "./kit-network.ts";
import type { KitProcess, MessageOptions } from "./process-handle.ts";

const source = `import { addChecked, Address, guard, Message, output, owner, self, U128 } from "nymcompute/sdk";

class Account {
  balance: u64 = 5;
  get half(): u64 {
    return this.balance / 2;
  }
}

let total: u64 = 0;
const account = new Account();

function check(wanted: u64): void {
  guard(total == wanted, "the total is another");
}

export function start(message: Message): void {
  assert(message.tag("Name") != "bad", "a bad name");
}

export function receive(message: Message): void {
  const action = message.action;
  const word = message.text;
  if (action == "Add") total += 1;
  if (action == "Check") check(<u64>I32.parseInt(word));
  if (action == "Words") assert(word == "a\\"b", "words");
  if (action == "Amount") guard(U128.parse(word) > new U128(7), "too little");
  if (action == "Owner") assert(self() == owner());
  if (action == "And") assert(word.length > 1 && account.half == 9 && !message.hasTag("X"));
  if (action == "Call") assert(message.hasTag("There"), "a tag is missing");
  if (action == "List") assert(message.data.length == 0 || message.data == new Uint8Array(2));
  if (action == "Plain") {
    const isSo = total > 100;
    assert(isSo, "a plain word");
  }
  if (action == "Sum") output(addChecked(U64.MAX_VALUE - total, U64.parseInt(word)).toString());
  if (action == "Divide") output((<u64>10 / (total - total)).toString());
  if (action == "Index") output([1, 2][word.length].toString());
  if (action == "Loop") while (true) total += 1;
  if (action == "Missing") output(Address.parse(word).toString());
}
`;

const { entry, remove } = processProject(source);
afterAll(remove);

/** The line of the source on which a text stands first, from 1. */
function lineOf(text: string): number {
  return source.split("\n").findIndex((line) => line.includes(text)) + 1;
}

async function failureOf(process: KitProcess, options: MessageOptions): Promise<string> {
  const error: unknown = await process.send(options).catch((thrown: unknown) => thrown);
  if (!isEvaluationFailed(error)) throw new Error("the message fails", { cause: error });
  return error.message;
}

test("a failed assertion tells its line, both sides and the calls that led there", async () => {
  const process = await createNetwork().spawn(entry);
  await process.send({ action: "Add", data: "" });
  await process.send({ action: "Add", data: "" });
  const at = lineOf("the total is another");
  const from = lineOf('"Check"');
  expect(await failureOf(process, { action: "Check", data: "7" })).toBe(
    [
      `assembly/index.ts:${at}:3 abort: the total is another`,
      "  total == wanted",
      "    left:  2",
      "    right: 7",
      `${at} |   guard(total == wanted, "the total is another");`,
      "   |   ^",
      `    at check (assembly/index.ts:${at}:3)`,
      `    at receive (assembly/index.ts:${from}:26)`,
    ].join("\n"),
  );
  // Nothing of it stayed, and what comes next is explained on the state that there is then.
  await process.send({ action: "Add", data: "" });
  expect(await failureOf(process, { action: "Check", data: "9" })).toContain("left:  3\n");
});

test("values are shown as they are written: text, amounts, addresses, lists", async () => {
  const net = createNetwork();
  const process = await net.spawn(entry);
  const said = (action: string, data: string): Promise<string> =>
    failureOf(process, { action, data });
  expect(await said("Words", "a\nb")).toContain('left:  "a\\nb"\n    right: "a\\"b"\n');
  expect(await said("Amount", "3")).toContain("left:  3\n    right: 7\n");
  expect(await said("Owner", "")).toContain(
    `assertion failed\n  self() == owner()\n    left:  ${process.id}\n    right: ${net.accounts[0]?.address}\n`,
  );
  expect(await said("List", "ab")).toContain("left:  [97, 98]\n    right: [0, 0]\n");
  expect(await said("Call", "")).toContain('message.hasTag("There"): false\n');
});

test("of connected conditions, those are told that were evaluated", async () => {
  const process = await createNetwork().spawn(entry);
  const both = await failureOf(process, { action: "And", data: "ab" });
  expect(both).toContain("word.length > 1\n    left:  2\n    right: 1\n");
  expect(both).toContain("account.half == 9\n    left:  2\n    right: 9\n");
  expect(both).toContain('message.hasTag("X"): (not evaluated)');
  expect(await failureOf(process, { action: "And", data: "" })).toContain(
    "account.half == 9\n    left:  (not evaluated)\n    right: 9\n",
  );
});

test("an assertion without a comparison has its line and text", async () => {
  const process = await createNetwork().spawn(entry);
  expect(await failureOf(process, { action: "Plain", data: "" })).toMatch(
    /^assembly\/index\.ts:\d+:5 abort: a plain word\n\d+ \| .*\n.*\n {4}at receive/,
  );
});

test("the SDK's own checks are told at the developer's line, with their values", async () => {
  const process = await createNetwork().spawn(entry);
  const text = await failureOf(process, { action: "Sum", data: "5" });
  const at = lineOf('"Sum"');
  expect(text).toMatch(new RegExp(`^assembly/index\\.ts:${at}:\\d+ abort: the sum is above`));
  expect(text).toContain("sum >= left\n    left:  4\n    right: 18446744073709551615\n");
  expect(text).toContain(`at receive (assembly/index.ts:${at}:`);
});

test("traps have their line and stack as well", async () => {
  const process = await createNetwork().spawn(entry);
  for (const [action, reason] of [
    ["Divide", "trap: divide by zero"],
    ["Index", "abort: Index out of range"],
  ] as const) {
    const text = await failureOf(process, { action, data: "abc" });
    const at = lineOf(`"${action}"`);
    expect(text).toMatch(new RegExp(`^assembly/index\\.ts:${at}:\\d+ ${reason}`));
    expect(text).toContain(`    at receive (assembly/index.ts:${at}:`);
  }
});

test("what only costs too much is told by the module itself", async () => {
  const process = await createNetwork().spawn(entry);
  const text = await failureOf(process, { action: "Loop", data: "" });
  const at = lineOf('"Loop"');
  expect(text).toMatch(new RegExp(`^assembly/index\\.ts:${at}:\\d+ gas: out of gas\n`));
  expect(text).toContain(`    at assembly/index.ts:${at}:`);
});

test("calls and spawns that fail are explained, also after a revert", async () => {
  const net = createNetwork();
  const process = await net.spawn(entry);
  const before = net.snapshot();
  for (const count of [1, 2]) {
    for (let at = 0; at < count; at++) await process.send({ action: "Add", data: "" });
    const call = process.call({ action: "Check", data: "7" });
    await expect(call).rejects.toThrow(`left:  ${count}\n    right: 7`);
    expect(await failureOf(process, { action: "Check", data: "8" })).toContain(`left:  ${count}\n`);
    net.revert(before);
  }
  const spawning = net.spawn(entry, { tags: { Name: "bad" } });
  await expect(spawning).rejects.toThrow('left:  "bad"\n    right: "bad"');
});

test("the error tells the same to programs", async () => {
  const process = await createNetwork().spawn(entry);
  const error: unknown = await process
    .send({ action: "Check", data: "7" })
    .catch((e: unknown) => e);
  if (!isEvaluationFailed(error)) throw new Error("the message fails", { cause: error });
  expect(error.diagnostic).toMatchObject({ reason: "abort", file: "assembly/index.ts" });
  expect(error.frames.map((frame) => frame.function)).toEqual(["check", "receive"]);
  expect(error.stack).toContain("right: 7");
  const tried = await process.trySend({ action: "Check", data: "7" });
  expect(tried.diagnostic?.text).toBe("the total is another");
});
