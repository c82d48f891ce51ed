/** What a process's developer looks into, against a network on this machine. @module */

import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Sandbox } from "./command-line.ts";

interface Sent {
  readonly id: string;
  readonly process: string;
  readonly result: { readonly gasUsed: number };
}

interface Profile {
  readonly slot: number;
  readonly exit: string;
  readonly gasUsed: number;
  readonly failureGas: number;
  readonly functions: readonly { readonly name: string; readonly self: number }[];
  readonly lines: readonly { readonly file: string | null; readonly gas: number }[];
  readonly stack: readonly { readonly file: string | null; readonly line: number | null }[];
}

let sandbox: Sandbox;
let token: string;
let transfer: Sent;

beforeAll(async () => {
  sandbox = await Sandbox.make();
  await sandbox.start(["dev", "--port", "0"]);
  await sandbox.json(["init", "mine", "--template", "token"]);
  await sandbox.json(["build"], "mine");
  const spawn = ["spawn", "build/index.wasm", "--tag", "Supply=1000", "--tag", "Name=Gold"];
  token = (await sandbox.json<Sent>(spawn, "mine")).process;
  transfer = await sandbox.json<Sent>([
    ...["send", token, "-a", "Transfer", "--tag", `Recipient=${token}`, "--tag", "Quantity=7"],
  ]);
});
afterAll(() => sandbox.remove());

function spentOf({ functions }: Profile): number {
  return functions.reduce((sum, { self }) => sum + self, 0);
}

test("profile accounts for the gas of a slot to the last unit, and folds its stacks", async () => {
  const profile = await sandbox.json<Profile>(["profile", token, "1", "--folded", "stacks.txt"]);
  const { gasUsed } = transfer.result;
  expect(profile).toMatchObject({ slot: 1, exit: "ok", gasUsed, failureGas: 0 });
  expect(spentOf(profile)).toBe(gasUsed);
  expect(profile.lines.reduce((sum, { gas }) => sum + gas, 0)).toBe(gasUsed);
  expect(profile.lines.some(({ file }) => file === "assembly/index.ts")).toBe(true);
  const folded = (await readFile(sandbox.path("stacks.txt"), "utf8")).trimEnd().split("\n");
  expect(folded.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0)).toBe(gasUsed);
  expect(await sandbox.json(["profile", token, transfer.id])).toEqual(profile);
});

test("profile takes a message that is not sent, and says in words what it finds", async () => {
  const { code, out } = await sandbox.run(["profile", token, "-a", "Info", "--top", "3"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^slot \d+ {2}ok {2}[\d,]+ gas\n/);
  expect(out).toMatch(/function +at\n/);
  expect(out).toMatch(/and \d+ more lines/);
});

test("profile refuses a slot that is not there, and a slot together with a message", async () => {
  const absent = await sandbox.run(["profile", token, "99"]);
  expect(absent).toMatchObject({ code: 1, err: expect.stringContaining("SLOT_UNKNOWN") });
  const both = await sandbox.run(["profile", token, "1", "-a", "Info"]);
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining("ARGUMENT_INVALID") });
});

test("inspect shows the ledger after any slot, by the names of the source", async () => {
  interface Shown {
    readonly slot: number;
    readonly globals: readonly { readonly name: string; readonly value: object }[];
  }
  const all = await sandbox.json<Shown>(["inspect", token]);
  const name = all.globals.find((each) => each.name === "assembly/terms/name");
  expect(name?.value).toEqual({ type: "String", value: "Gold", length: 4 });
  const ask = ["inspect", token, "--slot", transfer.id, "--global", "balances"];
  const after = await sandbox.json<Shown>(ask);
  expect(after).toMatchObject({ slot: 1, globals: [{ name: "assembly/ledger/balances" }] });
  expect(after.globals[0]?.value).toMatchObject({ type: "SortedMap<Address,U128>", length: 2 });
  const { out } = await sandbox.run(["inspect", token, "--slot", "1", "--global", "balances"]);
  expect(out).toContain(`${token} => U128 7\n`);
  expect(out).toContain(" => U128 993\n");
  const odd = await sandbox.run(["inspect", token, "--global", "nowhere"]);
  expect(odd).toMatchObject({ code: 2, err: expect.stringContaining("ARGUMENT_INVALID") });
});

test("prove-time says what a proof would be made of, and that this unit makes none", async () => {
  const asked = ["prove-time", token, "-a", "Info"];
  const document = await sandbox.json<Record<string, unknown>>(asked);
  const { rows, segments, gasUsed } = document;
  expect(document).toMatchObject({ exit: "ok", provable: true, reason: null, estimate: null });
  expect(document["unit"]).toMatchObject({ prover: false });
  expect(segments).toEqual([rows]);
  // One gas is about one row.
  expect(Number(rows) / Number(gasUsed)).toBeGreaterThan(0.5);
  expect(Number(rows) / Number(gasUsed)).toBeLessThan(2);
  const { out } = await sandbox.run(asked);
  expect(out).toMatch(/rows {6}[\d,]+ in 1 segment of at most 262,144\n.+proves nothing/);
});

test("prove-time tells beforehand of a message that nobody could prove", async () => {
  const spawn = ["spawn", "build/index.wasm", "--tag", "Prove-Gas-Limit=10000"];
  const { process } = await sandbox.json<Sent>(spawn, "mine");
  const fits = await sandbox.json(["prove-time", process, "-a", "Balance"]);
  expect(fits).toMatchObject({ provable: true });
  const much = await sandbox.run(["prove-time", process, "-a", "Info", "--json"]);
  expect(JSON.parse(much.out)).toMatchObject({ provable: false, reason: "gas", segments: null });
  expect(much).toMatchObject({ code: 1, err: expect.stringContaining("UNPROVABLE") });
});

const failing = `import { Message, output } from "nymcompute/sdk";
let calls: i32 = 0;
function deepest(depth: i32): i32 {
  if (depth == 0) {
    assert(calls < 0, "too deep");
    return 0;
  }
  calls += deepest(depth - 1);
  return calls;
}
export function receive(message: Message): void {
  output(deepest(3).toString());
}
`;

test("a failure is told with the calls that led to it, wherever it is shown", async () => {
  await sandbox.json(["init", "other"]);
  await writeFile(sandbox.path("other", "assembly", "index.ts"), failing);
  await sandbox.json(["build"], "other");
  const { process } = await sandbox.json<Sent>(["spawn", "build/index.wasm"], "other");
  const sent = await sandbox.run(["send", process, "-a", "Any", "--wait", "result"]);
  const place = "assembly/index.ts:5:5 abort: too deep";
  const frames = /( {4}at assembly\/index\.ts:8:\d+\n){3} {4}at assembly\/index\.ts:12:\d+\n/;
  expect(sent.out).toContain(`failed    ${place}`);
  expect(sent.out).toMatch(frames);
  const profile = await sandbox.run(["profile", process, "1", "--json"]);
  const { exit, gasUsed, failureGas, functions, stack } = JSON.parse(profile.out) as Profile;
  expect(exit).toBe("failed");
  expect(functions.reduce((sum, { self }) => sum + self, 0) + failureGas).toBe(gasUsed);
  const lines = stack.filter(({ file }) => file === "assembly/index.ts").map(({ line }) => line);
  expect(lines.filter((line) => line === 8)).toHaveLength(3);
  expect(lines.at(-1)).toBe(12);
  const replayed = await sandbox.run(["replay", process, "--with", "mine/build/index.wasm"]);
  expect(replayed.out).toContain(`the process's module failed: ${place}`);
  expect(replayed.out).toMatch(frames);
});
