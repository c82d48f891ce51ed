import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("determinism.mjs", import.meta.url));

interface Compared {
  readonly isEqual: boolean;
  readonly runs: readonly {
    readonly engine: string;
    readonly outcomes: readonly { readonly name: string; readonly failed: number }[];
  }[];
}

test("a log gives the same roots, outputs and gas with each of V8's compilers, warm and restored", async () => {
  const argv = [script, "--messages", "1500", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 280_000 });
  const { isEqual, runs } = JSON.parse(stdout) as Compared;
  expect(runs.map(({ engine }) => engine)).toEqual(["default", "--liftoff-only", "--no-liftoff"]);
  for (const { outcomes } of runs)
    expect(outcomes.map(({ name }) => name)).toEqual(["token", "hostile"]);
  // That a failure changes nothing is part of what is compared.
  expect(runs[0]?.outcomes[1]?.failed).toBeGreaterThan(100);
  expect(isEqual).toBe(true);
}, 300_000);
