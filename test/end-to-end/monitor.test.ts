/** The monitor as its runner sees it: an honest network, a lying scheduler, and a log of another kind. @module */

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { vkeyOf } from "../../src/log/vkey.ts";
import { headKeyRecord } from "../../src/protocol/head-key.ts";
import { idText } from "../../src/protocol/ids.ts";
import { LyingScheduler, scheduler } from "../lies/lying-scheduler.ts";
import { serveLies } from "../lies/serve-lies.ts";
import { Sandbox } from "./command-line.ts";

const counterWasm = fileURLToPath(new URL("../../dist/processes/counter.wasm", import.meta.url));

interface Look {
  readonly size: number;
  readonly silent: string | null;
  readonly findings: readonly { readonly code: string; readonly evidence: string | null }[];
}

interface Looks {
  readonly logs: readonly Look[];
  readonly results: Look | null;
}

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.make();
});
afterAll(() => sandbox.remove());

async function look(
  ...argv: string[]
): Promise<{ code: number | null; err: string; looks: Looks }> {
  const { code, out, err } = await sandbox.run(["monitor", ...argv, "--once", "--json"]);
  return { code, err, looks: JSON.parse(out) as Looks };
}

test("an honest network's scheduler is followed, and a restarted monitor goes on", async () => {
  const dev = await sandbox.start(["dev", "--port", "0", "--prover", "0"]);
  const urls = ["--scheduler", "--compute"].flatMap((option) => [
    option,
    String(dev.document[option.slice(2)]),
  ]);
  const argv = [...urls, "--data", "honest"];
  const mine = ["--messenger", String(dev.document["messenger"])];
  const { process } = await sandbox.json<{ process: string }>(["spawn", counterWasm, ...mine]);
  const sizes: (readonly unknown[])[] = [];
  for (let i = 0; i < 2; i++) {
    await sandbox.json(["send", process, "-a", "Increment", "--wait", "result", ...mine]);
    // A head comes within 250 ms.
    await new Promise((done) => setTimeout(done, 600));
    const { code, looks } = await look(...argv);
    expect(looks.logs[0]).toMatchObject({ findings: [], silent: null });
    expect(code).toBe(0);
    expect(looks.results).toMatchObject({ findings: [], silent: null });
    sizes.push([looks.logs[0]?.size, looks.results?.size]);
  }
  // Beside the entries the log has its head key, and the results are read anew.
  expect(sizes).toEqual([
    [3, 2],
    [4, 3],
  ]);
  await dev.end();
  const away = await look(...argv);
  expect(away.code).toBe(1);
  expect(away.looks.logs[0]).toMatchObject({ size: 4, findings: [] });
  expect(away.looks.logs[0]?.silent).toMatch(/UNREACHABLE/);
  expect(away.looks.results?.silent).toMatch(/UNREACHABLE/);
}, 60_000);

test("a lie ends the monitor with a file that convicts, and it says so again later", async () => {
  const lying = LyingScheduler.withMessages(2);
  const { url, close } = await serveLies(lying);
  const argv = ["--scheduler", url, "--data", "lying"];
  expect((await look(...argv)).code).toBe(0);
  lying.forkAt(3);
  lying.send();
  lying.send();
  for (let i = 0; i < 2; i++) {
    const { code, err, looks } = await look(...argv);
    expect(code).toBe(1);
    expect(err).toMatch(/EVIDENCE_MET/);
    const [finding] = looks.logs[0]?.findings ?? [];
    expect(finding?.code).toBe("E2");
    const verdict = await sandbox.json(["verify", finding?.evidence ?? ""]);
    expect(verdict).toMatchObject({ convicts: true, lie: "E2", unit: idText(scheduler.address) });
  }
  await close();
}, 60_000);

test("a log of another kind is followed by its heads, and its fork is kept", async () => {
  const lying = LyingScheduler.withMessages(2);
  const { url, close } = await serveLies(lying);
  const { origin, headKey } = headKeyRecord.decode(lying.log.headKey);
  const log = `${vkeyOf({ name: origin, publicKey: headKey })}@${url}`;
  const argv = ["--log", log, "--data", "other"];
  expect(await look(...argv)).toMatchObject({ code: 0, looks: { logs: [{ size: 4 }] } });
  lying.send();
  expect(await look(...argv)).toMatchObject({ code: 0, looks: { logs: [{ size: 5 }] } });
  lying.forkAt(3);
  for (let i = 0; i < 4; i++) lying.send();
  const { code, looks } = await look(...argv);
  expect(code).toBe(1);
  expect(looks.logs[0]?.findings.map((finding) => finding.code)).toEqual(["FORKED"]);
  await close();
}, 60_000);

test("what is no evidence is told apart from what is", async () => {
  const { code, err } = await sandbox.run(["monitor"]);
  expect(code).toBe(2);
  expect(err).toMatch(/ARGUMENT_INVALID/);
  const aimless = await sandbox.run(["monitor", "--compute", "http://127.0.0.1:1"]);
  expect(aimless.err).toMatch(/ARGUMENT_INVALID/);
  const help = await sandbox.run(["monitor", "--help"]);
  expect(help.out).toContain("--scheduler URL");
});
