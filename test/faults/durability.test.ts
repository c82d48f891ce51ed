import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("durability.mjs", import.meta.url));

/** What a round ends with. */
interface Round {
  readonly acknowledged: number;
}

/** The sample of the campaign `durability`: its last line. */
async function roundOf(faults: string): Promise<Round> {
  const argv = [script, "--faults", faults, "--seconds", "8", "--rate", "40", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 170_000 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Round;
}

const kept = { ok: true, lost: { count: 0 }, notOnce: { count: 0 }, repeated: 0 };

test("real units that are killed under load, each in turn, lose nothing and do nothing twice", async () => {
  const round = await roundOf("kill");
  expect(round).toMatchObject({ ...kept, replays: { differing: [] } });
  expect(round.acknowledged).toBeGreaterThanOrEqual(320);
}, 180_000);

test("real units that stand still, and one whose disk is full, lose nothing and do nothing twice", async () => {
  const round = await roundOf("pause,disk");
  expect(round).toMatchObject({ ...kept, replays: { differing: [] } });
  expect(round.acknowledged).toBeGreaterThanOrEqual(320);
}, 180_000);
