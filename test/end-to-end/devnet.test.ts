/** The controls of a network on this machine: snapshots, time, units that fail. @module */

import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DevStatus } from "../../src/cli/dev-control.ts";
import { type Running, Sandbox } from "./command-line.ts";

const counterWasm = fileURLToPath(new URL("../../dist/processes/counter.wasm", import.meta.url));

interface Sent {
  readonly process: string;
  readonly slot: number;
  readonly evidence: readonly string[];
  readonly result: { readonly output: string };
}

let sandbox: Sandbox;
let dev: Running;
let counter: string;

/** Three in a row that are free, below those that the system gives to connections. */
async function freePorts(): Promise<string> {
  for (let base = 20_000 + 3 * (process.pid % 3000); base < 32_000; base += 3) {
    const free = await Promise.all([0, 1, 2].map((i) => isFree(base + i)));
    if (free.every(Boolean)) return String(base);
  }
  throw new Error("no three free ports in a row");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}

beforeAll(async () => {
  sandbox = await Sandbox.make();
  dev = await sandbox.start(["dev", "--port", await freePorts()]);
  counter = (await sandbox.json<Sent>(["spawn", counterWasm])).process;
});
afterAll(() => sandbox.remove());

const devnet = (...argv: string[]): Promise<DevStatus> => sandbox.json(["devnet", ...argv]);
const increment = (): Promise<Sent> => sandbox.json<Sent>(["send", counter, "-a", "Increment"]);

async function count(): Promise<string> {
  return (await sandbox.json<Sent>(["call", counter, "-a", "Count"])).result.output;
}

test("status names the units, and their processes live", async () => {
  const { network, units, clock, snapshots } = await devnet();
  expect(network).toBe(dev.document["network"]);
  expect(units.map(({ role }) => role)).toEqual(["messenger", "scheduler", "compute"]);
  for (const { role, url, pid } of units) {
    expect(url).toBe(dev.document[role]);
    expect(() => process.kill(Number(pid), 0)).not.toThrow();
  }
  expect(clock.offsetMs).toBe(0);
  expect(snapshots).toEqual([]);
});

test("a revert takes back what came after the snapshot, and convicts nobody", async () => {
  expect((await increment()).result.output).toBe("1");
  expect(await devnet("snapshot", "first")).toMatchObject({ snapshots: ["first"] });
  expect((await increment()).result.output).toBe("2");
  await devnet("revert", "first");
  expect(await count()).toBe("1");
  // The same slot again, under another head: nobody is told that the log was forked.
  const sent = await increment();
  expect(sent).toMatchObject({ slot: 2, evidence: [], result: { output: "2" } });
  expect(await sandbox.json(["replay", counter])).toMatchObject({ ok: true, slots: 3 });
});

test("time goes on where it was moved, and messages are stamped with it", async () => {
  const day = 86_400_000;
  const before = Date.now();
  const { clock } = await devnet("time", `+${day}`);
  expect(clock.offsetMs).toBe(day);
  const { slot } = await increment();
  const stamps = await sandbox.json<{ readonly timestamp: number }[]>(["log", counter]);
  expect(stamps[slot]?.timestamp).toBeGreaterThanOrEqual(before + day);
  const set = await devnet("time", new Date(before + 3 * day).toISOString());
  expect(Math.abs(set.clock.now - before - 3 * day)).toBeLessThan(60_000);
  const back = await sandbox.run(["devnet", "time", new Date(before).toISOString()]);
  expect(back).toMatchObject({ code: 2, err: expect.stringContaining("ARGUMENT_INVALID") });
});

test("a unit that is killed is away until it is started again, and has kept what it said", async () => {
  const known = await count();
  const { units } = await devnet("kill", "scheduler");
  expect(units[1]).toMatchObject({ role: "scheduler", pid: null });
  const failed = await sandbox.run(["log", counter]);
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining("UNREACHABLE") });
  const again = await devnet("restart", "scheduler");
  expect(again.units[1]?.pid).toEqual(expect.any(Number));
  expect(again.units[1]?.url).toBe(units[1]?.url);
  const { result } = await increment();
  expect(Number(result.output)).toBeGreaterThan(Number(known));
  expect(await devnet("restart", "compute")).toMatchObject({ units: [{}, {}, {}] });
  expect(await count()).toBe(result.output);
});

test("a dump is a network's folder of its own, with history, and can be loaded again", async () => {
  const known = await count();
  await devnet("dump", "kept");
  expect((await stat(sandbox.path("kept", "scheduler", "key"))).mode & 0o077).toBe(0);
  await increment();
  await devnet("load", "kept");
  expect(await count()).toBe(known);
  expect(await readdir(sandbox.path())).toContain("kept");
  await dev.end();
  dev = await sandbox.start(["dev", "--port", "0", "--data", "kept"]);
  const urls = ["messenger", "scheduler", "compute"].flatMap((role) => {
    return [`--${role}`, String(dev.document[role])];
  });
  const called = await sandbox.json<Sent>(["call", counter, "-a", "Count", ...urls]);
  expect(called.result.output).toBe(known);
  const log = await sandbox.json<unknown[]>(["log", counter, ...urls]);
  expect(log).toHaveLength(
    (await sandbox.json<Sent>(["send", counter, "-a", "Count", ...urls])).slot,
  );
});

test("the controls obey nobody without the token, and say what they do not understand", async () => {
  const record = JSON.parse(await readFile(sandbox.path("kept", "dev.json"), "utf8")) as {
    readonly control: { readonly url: string; readonly token: string };
  };
  const { url, token } = record.control;
  const ask = (authorization: string, body: string): Promise<Response> =>
    fetch(url, { method: "POST", headers: { authorization }, body });
  const kill = JSON.stringify({ action: "kill", unit: "messenger" });
  for (const wrong of ["", token, `Bearer ${"0".repeat(64)}`]) {
    expect((await ask(wrong, kill)).status).toBe(403);
  }
  const bodies = [
    "",
    "null",
    "[]",
    "{}",
    '{"action":"kill"}',
    '{"action":"toString"}',
    "x".repeat(70_000),
  ];
  for (const body of [...bodies, '{"action":"snapshot","name":"../../outside"}']) {
    const answer = await ask(`Bearer ${token}`, body).catch(() => null);
    if (answer !== null) expect(answer.status, body.slice(0, 50)).toBe(400);
  }
  const { units } = await devnet("status", "--data", "kept");
  expect(units.every(({ pid }) => pid !== null)).toBe(true);
  const odd = await sandbox.run(["devnet", "revert", "nothing", "--data", "kept"]);
  expect(odd).toMatchObject({ code: 1, err: expect.stringContaining("FILE_MISSING") });
});
