/** Witnesses as their runners see them: cosigned receipts, a killed witness, an old copy of a store. @module */

import { cp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, Sandbox } from "./command-line.ts";

const counterWasm = fileURLToPath(new URL("../../dist/processes/counter.wasm", import.meta.url));
const network = "A".repeat(43);

let sandbox: Sandbox;
let schedulerPort: number;
let witnessPorts: readonly number[];
let scheduler: Running;
let witnesses: Running[];
let mine: readonly string[];
let counter: string;

interface VerdictDocument {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly status: string; detail: string }[];
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

const unit = (role: string, name: string, port: number, ...argv: string[]): Promise<Running> => {
  const own = ["--listen", `127.0.0.1:${port}`, "--data", `${name}.store`, "--key", `${name}.key`];
  return sandbox.start([role, ...own, "--network", network, "--log-level", "error", ...argv]);
};
const urlOf = (port: number): string => `http://127.0.0.1:${port}`;
const startScheduler = (): Promise<Running> =>
  unit("scheduler", "s", schedulerPort, ...witnessPorts.flatMap((p) => ["--witness", urlOf(p)]));
const startWitness = (i: number): Promise<Running> =>
  unit("witness", `w${i}`, witnessPorts[i] ?? 0, "--scheduler", urlOf(schedulerPort));

beforeAll(async () => {
  sandbox = await Sandbox.make();
  schedulerPort = await freePort();
  witnessPorts = [await freePort(), await freePort()];
  for (const name of ["s", "w0", "w1", "c", "m", "me"]) {
    await sandbox.json(["key", "new", "--out", `${name}.key`]);
  }
  scheduler = await startScheduler();
  witnesses = [await startWitness(0), await startWitness(1)];
  const from = ["--scheduler", urlOf(schedulerPort)];
  const compute = String((await unit("compute", "c", 0, ...from)).document["url"]);
  const messenger = await unit("messenger", "m", 0, ...from, "--compute", compute);
  mine = ["--messenger", String(messenger.document["url"]), "--key", "me.key"];
  const spawned = await sandbox.json<{ process: string }>(["spawn", counterWasm, ...mine]);
  counter = spawned.process;
}, 120_000);
afterAll(() => sandbox.remove());

async function send(): Promise<string> {
  const argv = ["send", counter, "-a", "Increment", ...mine];
  return (await sandbox.json<{ id: string }>(argv)).id;
}

const textAt = async (url: string): Promise<string> => (await fetch(url)).text();

async function verdict(...argv: string[]): Promise<Record<string, string>> {
  const ran = await sandbox.run(["verify", "r.receipt", ...argv, "--json"]);
  const { checks } = JSON.parse(ran.out) as VerdictDocument;
  return Object.fromEntries(checks.map(({ name, status }) => [name, status]));
}

/** The size under the newest head that has a signature of a witness's name. */
async function cosignedSize(): Promise<number> {
  const note = await textAt(`${urlOf(schedulerPort)}/checkpoint`);
  return note.includes("— nymcompute/witness/") ? Number(note.split("\n")[1]) : 0;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error("it does not come");
    await new Promise((done) => setTimeout(done, 100));
  }
}

test("a receipt holds the cosignatures that were asked for, and verify knows whose they are", async () => {
  const message = await send();
  const argv = ["receipt", message, "-o", "r.receipt", "--cosignatures", "2", ...mine.slice(0, 2)];
  expect(await sandbox.json(argv)).toMatchObject({ head: "present" });
  const keys = await Promise.all(witnessPorts.map((port) => textAt(`${urlOf(port)}/vkey`)));
  const named = keys.flatMap((key) => ["--witness", key.trim()]);
  expect(await verdict(...named)).toMatchObject({ head: "valid", cosignatures: "valid" });
  expect(await verdict()).toMatchObject({ head: "valid", cosignatures: "not checked" });
  // A witness's own name with another's key: its line does not hold.
  const [first, second] = keys.map((key) => key.trim().split("+"));
  const vkey = `${first?.[0]}+${first?.[1]}+${second?.slice(2).join("+")}`;
  expect(await verdict("--witness", vkey)).toMatchObject({ cosignatures: "invalid" });
});

test("a killed witness holds up nobody, and cosigns again when it is back", async () => {
  await witnesses[0]?.end("SIGKILL");
  await send();
  witnesses[0] = await startWitness(0);
  await send();
  const size = Number((await textAt(`${urlOf(schedulerPort)}/checkpoint`)).split("\n")[1]);
  await until(async () => (await cosignedSize()) >= size);
  const origin = (await textAt(`${urlOf(schedulerPort)}/checkpoint`)).split("\n")[0] ?? "";
  const { createHash } = await import("node:crypto");
  const name = createHash("sha256").update(origin).digest("hex");
  const url = `${urlOf(witnessPorts[0] ?? 0)}/${name}/checkpoint`;
  await until(async () => Number((await textAt(url)).split("\n")[1]) >= size);
});

test("a scheduler whose store is an old copy gives no slot, and says why", async () => {
  await scheduler.end();
  await cp(sandbox.path("s.store"), sandbox.path("old.store"), { recursive: true });
  scheduler = await startScheduler();
  await send();
  const size = Number((await textAt(`${urlOf(schedulerPort)}/checkpoint`)).split("\n")[1]);
  await until(async () => (await cosignedSize()) >= size);
  await scheduler.end();
  await rm(sandbox.path("s.store"), { recursive: true });
  await cp(sandbox.path("old.store"), sandbox.path("s.store"), { recursive: true });
  scheduler = await startScheduler();
  const health = await fetch(`${urlOf(schedulerPort)}/health`);
  expect(health.status).toBe(503);
  const sent = await sandbox.run(["send", counter, "-a", "Increment", ...mine, "--timeout", "5"]);
  expect(sent.code).toBe(1);
  expect(sent.err).toContain("ROLLED_BACK");
  // It serves what it has.
  const log = await fetch(`${urlOf(schedulerPort)}/processes/${counter}/log`);
  expect(log.status).toBe(200);
}, 60_000);
