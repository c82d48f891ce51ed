import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("durability.mjs", import.meta.url));

/** What a round ends with. */
interface Round {
  readonly ok: boolean;
  readonly acknowledged: number;
  readonly lost: readonly string[];
  readonly notOnce: readonly number[];
  readonly repeated: number;
}

test("real units that are killed under load, each in turn, lose nothing and do nothing twice", async () => {
  const argv = [script, "--faults", "kill", "--messages", "40", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 170_000 });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Round);
  expect(lines.at(-1)).toMatchObject({ ok: true, lost: [], notOnce: [], repeated: 0 });
  expect(lines.at(-1)?.acknowledged).toBeGreaterThan(40);
}, 180_000);
