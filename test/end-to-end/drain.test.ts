/** Units that are drained under load, one after the other, and started again. @module */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  composeMessage,
  connect,
  createIdentity,
  parseId,
  systemClock,
  systemRandom,
} from "../../src/client/index.ts";
import { type Running, Sandbox } from "./command-line.ts";

const wasmOf = (name: string): string =>
  fileURLToPath(new URL(`../../dist/processes/${name}.wasm`, import.meta.url));
const network = "A".repeat(43);
const roles = ["messenger", "compute", "scheduler"] as const;
type Role = (typeof roles)[number];

let sandbox: Sandbox;
const running = new Map<Role, Running>();
const urls: Record<Role, string> = { messenger: "", compute: "", scheduler: "" };

/** Starts a unit on any free port: another than before, after a restart. */
async function startUnit(role: Role, known: readonly Role[]): Promise<void> {
  const own = ["--listen", "127.0.0.1:0", "--data", role, "--key", `${role}.key`];
  const others = known.flatMap((other) => [`--${other}`, urls[other]]);
  const unit = await sandbox.start([
    role,
    ...own,
    "--network",
    network,
    "--log-level",
    "error",
    ...others,
  ]);
  running.set(role, unit);
  urls[role] = String(unit.document["url"]);
}

async function startAll(): Promise<void> {
  await startUnit("scheduler", []);
  await startUnit("compute", ["scheduler"]);
  await startUnit("messenger", ["scheduler", "compute"]);
}

beforeAll(async () => {
  sandbox = await Sandbox.make();
  for (const role of roles) await sandbox.json(["key", "new", "--out", `${role}.key`]);
  await startAll();
});
afterAll(() => sandbox.remove());

interface Drained {
  readonly role: Role;
  readonly pid: number;
  readonly drained: boolean;
  readonly left: Readonly<Record<string, number>>;
}

/** Drains a unit as its runner does; the process has ended, in order. */
async function drained(role: Role): Promise<Drained> {
  const unit = running.get(role);
  const answer = await sandbox.json<Drained>(["drain", "--data", role]);
  expect(answer, role).toMatchObject({ role, pid: unit?.pid, drained: true });
  expect(await unit?.ended, role).toBe(0);
  return answer;
}

test("a unit that does not run, and a folder that is none, are said to be so", async () => {
  const { code, err } = await sandbox.run(["drain", "--data", "nowhere"]);
  expect(code).toBe(1);
  expect(err).toMatch(/^nymcompute drain: UNIT_NOT_RUNNING: /);
  expect((await sandbox.run(["drain"])).code).toBe(2);
});

test("drained under load, units refuse what is new, finish what they have, and go on after a start", async () => {
  const connection = await connect(urls);
  const signer = createIdentity(systemRandom);
  const spawn = async (name: string, tags: { name: string; value: string }[] = []) =>
    (await connection.spawn(new Uint8Array(await readFile(wasmOf(name))), { signer, tags }))
      .process;
  const tagged = (tags: Record<string, string>) =>
    Object.entries(tags).map(([name, value]) => ({ name, value }));
  const counter = await spawn("counter");
  const coin = { Name: "Coin", Ticker: "COIN", Denomination: "0", Supply: "100000" };
  const token = await spawn("token", tagged(coin));
  const context = {
    network: parseId(network),
    owner: signer,
    clock: systemClock,
    random: systemRandom,
  };
  // Each transfer to the counter makes the token push two notices; the counter answers the one it gets.
  const transfer = { Action: "Transfer", Recipient: counter, Quantity: "1" };
  const acknowledged: string[] = [];
  const taken: Record<string, number> = {};
  const refusals = new Set<string>();
  let loaded = true;
  const load = async (process: string, tags: Record<string, string>): Promise<void> => {
    while (loaded) {
      const message = { target: parseId(process), tags: tagged(tags) };
      const envelope = composeMessage(message, context);
      try {
        const { id } = await connection.messenger.submit(envelope, {});
        acknowledged.push(Buffer.from(id).toString("base64url"));
        taken[process] = (taken[process] ?? 0) + 1;
      } catch (error) {
        refusals.add(String((error as { code?: unknown }).code));
        await systemClock.sleep(20);
      }
    }
  };
  const loads = [load(token, transfer), load(counter, { Action: "Increment" })];
  while (acknowledged.length < 30) await systemClock.sleep(20);

  const messenger = await drained("messenger");
  loaded = false;
  await Promise.all(loads);
  expect(refusals).toContain("DRAINING");
  const log = async (process: string): Promise<string[]> => {
    const answer = await fetch(`${urls.scheduler}/processes/${process}/log?from=0`, {
      headers: { accept: "application/json" },
    });
    const items = (await answer.json()) as { readonly messageId: string }[];
    return items.map(({ messageId }) => messageId);
  };
  const before = { token: await log(token), counter: await log(counter) };
  const all = [...before.token, ...before.counter];
  expect(acknowledged.filter((id) => !all.includes(id))).toEqual([]);

  const compute = await drained("compute");
  expect(compute.left).toEqual({});
  const scheduler = await drained("scheduler");
  expect(scheduler.left).toEqual({});
  await startAll();
  expect({ token: await log(token), counter: await log(counter) }).toEqual(before);
  // Each transfer has brought its notice to the counter, which has answered it, before the drain ended.
  const { [token]: transfers = 0, [counter]: increments = 0 } = taken;
  expect(before.counter.length).toBe(1 + increments + transfers);
  expect(before.token.length).toBe(1 + 2 * transfers);
  // What is for the sender has no process to go to: it waits to be claimed, durably.
  expect(messenger.left).toEqual({ pushes: transfers + increments });
  const balance = ["call", token, "--action", "Balance", "--tag", `Recipient=${counter}`];
  const at = roles.flatMap((role) => [`--${role}`, urls[role]]);
  const { code, out } = await sandbox.run([...balance, ...at, "--key", "messenger.key"]);
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^output +${transfers}$`, "m"));
}, 120_000);
