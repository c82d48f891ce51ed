/**
 * Every example runs against a `dev` network and says what it promises.
 *
 * @module
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nymcompute, type Running, root, run, start, temporaryHome } from "./dev-network.ts";

let home: Awaited<ReturnType<typeof temporaryHome>>;
let dev: Running;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  home = await temporaryHome();
  const { folder } = home;
  dev = start([nymcompute, "dev", "--port", "0", "--json"], { cwd: folder, env: home.env });
  const [line] = await dev.said(/\{.*\}/);
  const { messenger, scheduler, compute } = JSON.parse(line);
  env = {
    ...home.env,
    NYMCOMPUTE_MESSENGER: messenger,
    NYMCOMPUTE_SCHEDULER: scheduler,
    NYMCOMPUTE_COMPUTE: compute,
  };
});

afterAll(async () => {
  expect(await dev.end()).toBe(0);
  await home.remove();
});

/** What each example says; what stands for an id is left to it. */
const promised: Readonly<Record<string, readonly RegExp[]>> = {
  "01-send-a-message.mjs": [
    /^I am [\w-]{43}$/m,
    /^slot 1: ok, output 1, \d+ gas$/m,
    /^slot 2: ok, output 2, \d+ gas$/m,
    /^the count is 2 \(dry run\)$/m,
  ],
  "02-bundle.mjs": [
    /^100 of 100 have a slot$/m,
    /^0 moved when sent again$/m,
    /^after slot 100 the counter says 100$/m,
  ],
  "03-check-a-result.mjs": [
    /^output 1, attested by\n {2}[\w-]{43}\n1 of the 1 that the spawn demands$/m,
    /^a changed result: PROVENANCE_RESULT$/m,
  ],
  "04-watch-a-message.mjs": [
    /^accepted\nassigned slot 1\nevaluated slot 1 ok\npushed\nthe counter says 1$/m,
  ],
};

test.for(Object.entries(promised))("%s does what it says", async ([file, lines]) => {
  const said = await run([join(root, "examples", file)], { cwd: home.folder, env });
  for (const line of lines) expect(said).toMatch(line);
});

test("every example is run here and listed in the folder's README", async () => {
  const folder = join(root, "examples");
  const files = (await readdir(folder)).filter((name) => name.endsWith(".mjs"));
  expect(files.sort()).toEqual(Object.keys(promised).sort());
  const readme = await readFile(join(folder, "README.md"), "utf8");
  for (const file of files) expect(readme).toContain(`node examples/${file}`);
});

test("examples import nothing but the package and what Node has", async () => {
  for (const file of Object.keys(promised)) {
    const text = await readFile(join(root, "examples", file), "utf8");
    const imported = [...text.matchAll(/from "([^"]+)"/g)].map(([, name]) => name);
    const others = imported.filter((name) => name !== "nymcompute" && !name?.startsWith("node:"));
    expect(others, file).toEqual([]);
  }
});
