/**
 * docs/kit.md is run: its tests, as they stand, in a project of the template `kv`; and what it promises of
 * a failure and of what is kept, in one of the template `counter`.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nymcompute, root, temporaryHome } from "./dev-network.ts";

let home: Awaited<ReturnType<typeof temporaryHome>>;
beforeAll(async () => {
  home = await temporaryHome();
});
afterAll(() => home.remove());

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(folder: string, argv: readonly string[]): Promise<Said> {
  const options = { cwd: folder, env: { ...home.env, NO_COLOR: "1" } };
  return new Promise((done) => {
    execFile(process.execPath, [nymcompute, ...argv], options, (error, stdout, stderr) => {
      done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

async function project(template: string): Promise<string> {
  const folder = join(home.folder, template);
  await run(home.folder, ["init", folder, "--template", template]);
  return folder;
}

test("the tests of docs/kit.md pass as they stand", async () => {
  const text = await readFile(join(root, "docs", "kit.md"), "utf8");
  const blocks = [...text.matchAll(/<!-- test: run -->\n```js\n([\s\S]*?)```/g)].map(
    ([, block]) => block,
  );
  expect(blocks).toHaveLength(3);
  const folder = await project("kv");
  await writeFile(join(folder, "kit.test.mjs"), blocks.join("\n"));
  const { stdout, stderr } = await run(folder, ["test", "--json"]);
  expect(JSON.parse(stdout), stderr).toEqual({ passed: 6, failed: 0 });
}, 60_000);

test("a failing assertion in a process shows file, line and the values", async () => {
  const folder = await project("counter");
  const entry = join(folder, "assembly", "index.ts");
  const source = await readFile(entry, "utf8");
  const check = '  assert(count < 2, "two is too many");\n';
  await writeFile(
    entry,
    source.replace("  reply(message, count", `${check}  reply(message, count`),
  );
  const failed = await run(folder, ["test"]);
  expect(failed.code).toBe(1);
  const line = source.split("\n").findIndex((each) => each.startsWith("  reply(")) + 1;
  const place = `assembly/index.ts:${line}:3`;
  expect(failed.stderr).toContain(`EvaluationFailed: ${place} abort: two is too many\n`);
  expect(failed.stderr).toMatch(/count < 2\n +left: {2}2\n +right: 2\n/);
  expect(failed.stderr).toContain(`at receive (${place})`);
  expect(failed.stderr).toMatch(/counter\.test\.mjs:\d+:\d+/);

  // Mended, it is built anew; what was kept is of the sources before.
  await writeFile(entry, source);
  const { stdout } = await run(folder, ["test", "--json"]);
  expect(JSON.parse(stdout)).toEqual({ passed: 2, failed: 0 });
  expect(existsSync(join(folder, ".nymcompute", "cache"))).toBe(true);
}, 60_000);
