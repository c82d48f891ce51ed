/** A newcomer's way: from an empty folder to a process that runs, is read, and is replayed. @module */

import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, Sandbox } from "./command-line.ts";

interface SentDocument {
  readonly id: string;
  readonly process: string;
  readonly slot: number;
  readonly result: { readonly exit: string; readonly output: string; readonly slot: number };
}

let sandbox: Sandbox;
let dev: Running;
let counter: string;
let increment: SentDocument;

beforeAll(async () => {
  sandbox = await Sandbox.make();
  dev = await sandbox.start(["dev", "--port", "0"]);
});
afterAll(() => sandbox.remove());

test("dev answers with three units, one network and ten accounts", async () => {
  const { messenger, scheduler, compute, network, accounts } = dev.document;
  for (const [role, url] of Object.entries({ messenger, scheduler, compute })) {
    const info = (await (await fetch(String(url))).json()) as Record<string, unknown>;
    expect(info).toMatchObject({ role, network });
  }
  expect(accounts).toHaveLength(10);
  expect(dev.err()).toBe("");
});

test("init makes a project that tests and builds without an install", async () => {
  const made = await sandbox.json(["init", "mine"]);
  expect(made).toMatchObject({ directory: sandbox.path("mine") });
  expect(made["files"]).toContain("assembly/index.ts");
  expect(await sandbox.json(["test"], "mine")).toEqual({ passed: 2, failed: 0 });
  const built = await sandbox.json(["build"], "mine");
  expect(built).toMatchObject({ file: sandbox.path("mine/build/index.wasm") });
  expect(built["size"]).toBe((await readFile(sandbox.path("mine/build/index.wasm"))).length);
});

test("init leaves a project alone that is there", async () => {
  const { code, out, err } = await sandbox.run(["init", "mine", "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ error: { code: "FILE_EXISTS" } });
  expect(err).toMatch(/^nymcompute init: FILE_EXISTS: .+; next: .+\n$/);
});

test("spawn, send and call answer with documents", async () => {
  const spawned = await sandbox.json<SentDocument>(["spawn", "build/index.wasm"], "mine");
  expect(spawned).toMatchObject({ slot: 0, result: { exit: "ok" } });
  counter = spawned.process;
  increment = await sandbox.json<SentDocument>(["send", counter, "-a", "Increment"], "mine");
  expect(increment).toMatchObject({
    process: counter,
    slot: 1,
    result: { exit: "ok", output: "1" },
    proof: { state: "unprovable" },
    receipt: { head: expect.stringContaining("nymcompute/") },
    evidence: [],
  });
  const called = await sandbox.json(["call", counter, "--action", "Increment"], "mine");
  expect(called).toMatchObject({ result: { output: "2", attestation: null } });
  const again = await sandbox.json(["send", counter, "--action", "Count"], "mine");
  expect(again).toMatchObject({ slot: 2, result: { output: "1" } });
});

test("says on stderr that it signs as dev account 0, and nothing on stdout", async () => {
  const { out, err } = await sandbox.run(
    ["send", counter, "-a", "Count", "--wait", "assignment", "--json"],
    "mine",
  );
  expect(JSON.parse(out)).toMatchObject({ slot: 3, result: null });
  expect(err).toMatch(/^signing as dev account 0, [\w-]{43} /);
});

test("result reads a slot and a message", async () => {
  const bySlot = await sandbox.json(["result", counter, "1"], "mine");
  expect(bySlot).toEqual(increment.result);
  expect(await sandbox.json(["result", counter, increment.id], "mine")).toEqual(bySlot);
});

test("log is an array of entries with their messages", async () => {
  const log = await sandbox.json<{ slot: number; message: { id: string } }[]>(
    ["log", counter, "--from", "1", "--limit", "2"],
    "mine",
  );
  expect(log.map(({ slot }) => slot)).toEqual([1, 2]);
  expect(log[0]?.message.id).toBe(increment.id);
});

test("trace shows what a message caused", async () => {
  const tree = await sandbox.json(["trace", increment.id], "mine");
  expect(tree).toMatchObject({
    settled: true,
    count: 2,
    stopped: 0,
    messages: [
      { slot: 1, exit: "ok", cause: null },
      { state: "unclaimed", cause: increment.id, caused: [] },
    ],
  });
});

test("replay finds every result equal", async () => {
  const report = await sandbox.json(["replay", counter], "mine");
  expect(report).toEqual({ ok: true, slots: 4, firstDifference: null });
});

test("replay with another module shows the first slot that it would have changed", async () => {
  const source = await readFile(sandbox.path("mine/assembly/index.ts"), "utf8");
  const edited = source.replace("addChecked(count, 1)", "addChecked(count, count == 0 ? 5 : 1)");
  expect(edited).not.toBe(source);
  await writeFile(sandbox.path("mine/assembly/edited.ts"), edited);
  await sandbox.json(["build", "assembly/edited.ts"], "mine");
  const replayed = ["replay", counter, "--with", "build/edited.wasm"];
  const { code, out } = await sandbox.run([...replayed, "--json"], "mine");
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    slots: 4,
    firstOutput: {
      slot: 1,
      outputs: expect.arrayContaining([{ field: "output", current: '"1"', candidate: '"5"' }]),
    },
  });
  const { out: text, err } = await sandbox.run(replayed, "mine");
  expect(text).toContain('first in slot 1:\n  output\n    - "1"\n    + "5"');
  expect(err).toContain("REPLAY_DIFFERS");
  const same = await sandbox.json(["replay", counter, "--with", "build/index.wasm"], "mine");
  expect(same).toMatchObject({ ok: true, slots: 4, firstDifference: null });
});

test("doctor finds the units well", async () => {
  const { checks } = await sandbox.json<{ checks: { name: string; state: string }[] }>(["doctor"]);
  const units = checks.filter(({ name }) => ["messenger", "scheduler", "compute"].includes(name));
  expect(units.map(({ state }) => state)).toEqual(["ok", "ok", "ok"]);
});

test("a failure names the line of the source, and the exit code is 1", async () => {
  const source = `import { guard, Message, output } from "nymcompute/sdk";
export function receive(message: Message): void {
  guard(message.action != "Refuse", "as you wish");
  output((10 / message.dataLength).toString());
}
`;
  await writeFile(sandbox.path("mine/assembly/fails.ts"), source);
  await sandbox.json(["build", "assembly/fails.ts"], "mine");
  const { process } = await sandbox.json<SentDocument>(["spawn", "build/fails.wasm"], "mine");
  for (const [action, place] of [
    ["Refuse", "assembly/fails.ts:3"],
    ["Divide", "assembly/fails.ts:4"],
  ] as const) {
    const { code, out, err } = await sandbox.run(["send", process, "-a", action, "--json"], "mine");
    expect(code, action).toBe(1);
    expect(JSON.parse(out), action).toMatchObject({ result: { exit: "failed", output: null } });
    expect(err, action).toContain(`EVALUATION_FAILED: at ${place}`);
  }
});

test("build names the line of a float", async () => {
  const source = `import { Message, output } from "nymcompute/sdk";
export function receive(message: Message): void {
  output((<f64>message.slot / 3).toString());
}
`;
  await writeFile(sandbox.path("mine/assembly/floats.ts"), source);
  const { code, out, err } = await sandbox.run(["build", "assembly/floats.ts", "--json"], "mine");
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ error: { code: "BUILD_FAILED" } });
  expect(err).toMatch(/^assembly\/floats\.ts:3:\d+ error /m);
});
