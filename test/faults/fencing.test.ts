import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("fencing.mjs", import.meta.url));

/** What a round ends with. */
interface Round {
  readonly acknowledged: number;
  readonly takeovers: { readonly kill: readonly number[] };
}

test("of two scheduler processes on one store, killed, stopped, drained, their clocks moved, one gives slots", async () => {
  const argv = [script, "--faults", "5", "--rate", "40", "--each", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 170_000 });
  const round = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Round;
  expect(round).toMatchObject({ ok: true, lost: { count: 0 }, notOnce: { count: 0 }, repeated: 0 });
  expect(round).toMatchObject({ doubled: 0, heads: { wrong: 0 }, replays: { differing: [] } });
  expect(round.acknowledged).toBeGreaterThan(100);
  expect(round.takeovers.kill.length).toBeGreaterThan(0);
  for (const ms of round.takeovers.kill) expect(ms).toBeLessThanOrEqual(2_000);
}, 180_000);
