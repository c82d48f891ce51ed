/**
 * `nymcompute test`: the project's `*.test.mjs` by Node's own test runner, with `nymcompute` and
 * `nymcompute/kit` resolved to this package, so that the project needs no `node_modules`.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { builtFile } from "../places.ts";

/** A process may use more stack than Node gives a thread: 1.6 MB, of 8 that the system allows. */
const stackKib = 4000;
const passedOver: ReadonlySet<string> = new Set(["node_modules", "build", ".nymcompute", ".git"]);
const depthMax = 8;

export const testCommand: Command = defineCommand({
  command: "nymcompute test",
  summary: "Runs the tests of a project (*.test.mjs) in-process, without servers.",
  options: [
    {
      name: "cwd",
      kind: "string",
      default: ".",
      env: null,
      placeholder: "DIR",
      help: "the project's folder",
    },
  ],
  run: async ({ values, terminal }) => {
    const folder = resolve(terminal.folder, values.cwd);
    const files = await testFiles(folder, "", 0);
    if (files.length === 0) {
      const next = "write a file such as counter.test.mjs: nymcompute init shows one";
      throw new CliError("TESTS_MISSING", { expected: "*.test.mjs", folder }, next);
    }
    const { passed, failed } = await runTests(folder, files);
    const next = "the report above names each failure and its line";
    return {
      json: { passed, failed },
      text: `${passed} passed, ${failed} failed`,
      ...(failed === 0 ? {} : { failure: new CliError("TESTS_FAILED", { passed, failed }, next) }),
    };
  },
});

async function testFiles(root: string, below: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (entry.isFile() && entry.name.endsWith(".test.mjs")) found.push(path);
    if (entry.isDirectory() && depth < depthMax && !passedOver.has(entry.name)) {
      found.push(...(await testFiles(root, path, depth + 1)));
    }
  }
  return found.sort();
}

/** The report for people goes to stderr; the counts come from the TAP stream. */
async function runTests(
  folder: string,
  files: readonly string[],
): Promise<{ readonly passed: number; readonly failed: number }> {
  const register = pathToFileURL(builtFile("src/kit/test-register.js")).href;
  const argv = [`--stack-size=${stackKib}`, `--import=${register}`, "--test"];
  argv.push("--test-reporter=spec", "--test-reporter-destination=stderr");
  argv.push("--test-reporter=tap", "--test-reporter-destination=stdout");
  const paths = files.map((file) => relative(".", file));
  const child = spawn(process.execPath, [...argv, ...paths], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const counts = new Map<string, number>();
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, name, count] = /^# (pass|fail|cancelled) (\d+)$/.exec(line) ?? [];
      if (name !== undefined) counts.set(name, Number(count));
    }
  });
  const code = await new Promise<number | null>((done, fail) => {
    child.once("error", fail);
    child.once("close", done);
  });
  const failed = (counts.get("fail") ?? 0) + (counts.get("cancelled") ?? 0);
  // A runner that died without counting has failed.
  return { passed: counts.get("pass") ?? 0, failed: failed === 0 && code !== 0 ? 1 : failed };
}
