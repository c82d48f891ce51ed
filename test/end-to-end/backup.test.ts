/** Backups as runners make them: of units under load, and put back on other ports. @module */

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

const counterWasm = fileURLToPath(new URL("../../dist/processes/counter.wasm", import.meta.url));
const network = "A".repeat(43);
const roles = ["scheduler", "compute", "messenger"] as const;
type Urls = Readonly<Record<(typeof roles)[number], string>>;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.make();
  for (const role of roles) await sandbox.json(["key", "new", "--out", `${role}.key`]);
});
afterAll(() => sandbox.remove());

/** The three units on free ports, with data folders of this name. */
async function startUnits(name: string): Promise<{ urls: Urls; running: readonly Running[] }> {
  const unit = (role: string, ...argv: string[]): Promise<Running> => {
    const own = ["--listen", "127.0.0.1:0", "--data", `${role}.${name}`, "--key", `${role}.key`];
    return sandbox.start([role, ...own, "--network", network, "--log-level", "error", ...argv]);
  };
  const urlOf = ({ document }: Running): string => String(document["url"]);
  const scheduler = await unit("scheduler");
  const compute = await unit("compute", "--scheduler", urlOf(scheduler));
  const known = ["--scheduler", urlOf(scheduler), "--compute", urlOf(compute)];
  const messenger = await unit("messenger", ...known);
  return {
    urls: { scheduler: urlOf(scheduler), compute: urlOf(compute), messenger: urlOf(messenger) },
    running: [messenger, compute, scheduler],
  };
}

/** Every entry and every root of a process, as long as the compute unit has results. */
async function historyOf(urls: Urls, process: string, to: number) {
  const connection = await connect(urls);
  const [scheduler] = connection.schedulers;
  const { items } = (await scheduler?.log(parseId(process), { from: 0, limit: to })) ?? {};
  const entries = items?.map(({ entry }) => Buffer.from(entry).toString("hex"));
  const roots: unknown[] = [];
  for (let slot = 0; slot < to; slot++) {
    const result = await connection.result(process, slot, { timeoutMs: 30_000 });
    roots.push(result?.["postRoot"]);
  }
  return { entries, roots };
}

const checkpointOf = async ({ scheduler }: Urls): Promise<readonly string[]> =>
  (await (await fetch(`${scheduler}/checkpoint`)).text()).split("\n").slice(0, 3);

/** The head of a unit's whole log, once it is signed. */
async function headOver(urls: Urls, process: string, slot: number): Promise<readonly string[]> {
  await fetch(`${urls.scheduler}/processes/${process}/log/${slot}/receipt?wait=20000`);
  return checkpointOf(urls);
}

test("what was acknowledged before a backup under load is there on other ports, with the same heads and roots", async () => {
  const { urls, running } = await startUnits("first");
  const signer = createIdentity(systemRandom);
  const connection = await connect(urls);
  const module = new Uint8Array(await readFile(counterWasm));
  const { process } = await connection.spawn(module, { signer });
  const context = {
    network: parseId(network),
    owner: signer,
    clock: systemClock,
    random: systemRandom,
  };
  let acknowledged = 0;
  let loaded = true;
  const load = async (): Promise<void> => {
    while (loaded) {
      const tags = [{ name: "Action", value: "Increment" }];
      const envelope = composeMessage({ target: parseId(process), tags }, context);
      const { slot } = await connection.messenger.submit(envelope, { wait: "result" });
      acknowledged = Math.max(acknowledged, slot ?? 0);
    }
  };
  const loads = [load(), load()];
  while (acknowledged < 8) await new Promise((done) => setTimeout(done, 20));
  // Whoever depends on another is copied first: what it knows, the other then has.
  const before = acknowledged;
  for (const role of roles.toReversed()) {
    const argv = ["backup", "--data", `${role}.first`, "--to", `${role}.copy`];
    expect(await sandbox.json(argv)).toMatchObject({ role });
  }
  loaded = false;
  await Promise.all(loads);
  const whole = await historyOf(urls, process, before + 1);
  const last = acknowledged;
  const { roots: allRoots, entries: allEntries } = await historyOf(urls, process, last + 1);
  const head = await headOver(urls, process, last);
  for (const unit of running) await unit.end();

  for (const role of roles) {
    await sandbox.json(["restore", "--from", `${role}.copy`, "--data", `${role}.second`]);
  }
  const second = await startUnits("second");
  expect(await historyOf(second.urls, process, before + 1)).toEqual(whole);
  // That nothing came after this copy nobody confirms, and it is not so: nothing is added to it.
  const other = await connect(second.urls);
  const tags = [{ name: "Action", value: "Increment" }];
  const late = composeMessage({ target: parseId(process), tags }, context);
  await expect(other.messenger.submit(late, {})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  const health = await fetch(`${second.urls.scheduler}/health`);
  expect(await health.json()).toMatchObject({ ok: false, restored: "not confirmed" });
  for (const unit of second.running) await unit.end();

  // Of units that had ended nothing is missing, and the head is the very same.
  for (const role of roles) {
    await sandbox.json(["backup", "--data", `${role}.first`, "--to", `${role}.last`]);
    const folders = ["--from", `${role}.last`, "--data", `${role}.third`];
    await sandbox.json(["restore", ...folders, "--newest"]);
  }
  const third = await startUnits("third");
  expect(await headOver(third.urls, process, last)).toEqual(head);
  expect(await historyOf(third.urls, process, last + 1)).toEqual({
    entries: allEntries,
    roots: allRoots,
  });
  // It had ended before the copy was made, as the runner said: it goes on.
  const again = await connect(third.urls);
  expect(await again.messenger.submit(late, {})).toMatchObject({ slot: last + 1 });
}, 180_000);
