/**
 * Each guide is followed literally: what it says to type is typed, what it says to write is written, what it
 * says will be seen is seen, and its last block is the place where it says that it ends. They share one
 * `dev` network, which proves nothing; only the guide that speaks of proofs has one of its own.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nymcompute, type Running, root, start, temporaryHome } from "./dev-network.ts";
import { blocksOf, GuideReader } from "./guide.ts";

const guidesFolder = join(root, "docs", "guides");
const names = (await readdir(guidesFolder)).filter((name) => name !== "README.md").sort();
const texts = new Map<string, string>();
for (const name of names) texts.set(name, await readFile(join(guidesFolder, name), "utf8"));

let home: Awaited<ReturnType<typeof temporaryHome>>;
let isSharedRunning = false;
const networks: Running[] = [];
let nextPort = 21_701;

beforeAll(async () => {
  home = await temporaryHome();
  // What `npm install -g .` puts on the path.
  await mkdir(join(home.folder, "bin"));
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${nymcompute}" "$@"\n`;
  await writeFile(join(home.folder, "bin", "nymcompute"), shim, { mode: 0o755 });
  home.env["PATH"] = `${join(home.folder, "bin")}:${home.env["PATH"] ?? ""}`;
});

afterAll(async () => {
  for (const network of networks) await network.end();
  await home.remove();
});

/** Nine free ports in a row, for those of the text that begin at 8701. */
async function freePorts(): Promise<number> {
  for (; nextPort < 60_000; nextPort += 10) {
    const free = await Promise.all(Array.from({ length: 9 }, (_, i) => isFree(nextPort + i)));
    if (!free.every(Boolean)) continue;
    nextPort += 10;
    return nextPort - 10;
  }
  throw new Error("no nine free ports in a row");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}

/** A `dev` network in a folder, which commands below it find. */
async function startDev(folder: string, prover: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const env = { ...home.env, NYMCOMPUTE_PROVER: prover };
  const network = start([nymcompute, "dev", "--port", "0"], { cwd: folder, env });
  networks.push(network);
  await network.said(/Try next/);
}

test.each(names)(
  "%s, followed literally, ends where it says",
  async (name) => {
    const markdown = texts.get(name) ?? "";
    const isProven = markdown.includes("--wait proof");
    const room = join(home.folder, isProven ? "proven" : "shared");
    const reader = new GuideReader({
      folder: join(room, name.replace(".md", "")),
      env: home.env,
      basePort: await freePorts(),
      startDev: async () => {
        if (isProven) await startDev(room, "1");
        else if (!isSharedRunning) await startDev(room, "0");
        isSharedRunning ||= !isProven;
      },
    });
    if (markdown.includes(" my-counter/build/") && name !== "first-process.md") {
      // Whoever follows this one has followed the first one.
      const built = join(room, name.replace(".md", ""), "my-counter", "build");
      await mkdir(built, { recursive: true });
      await copyFile(join(root, "dist", "processes", "counter.wasm"), join(built, "index.wasm"));
    }
    const blocks = blocksOf(markdown);
    expect(blocks.slice(-2).map(({ kind }) => kind)).toEqual(["sh", "text"]);
    try {
      await reader.follow(blocks);
    } finally {
      await reader.end();
    }
  },
  240_000,
);

test("links of the guides, and files that they name, are there", () => {
  for (const [name, text] of texts) {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to = ""]) => to);
    const files = [...text.matchAll(/ (docs\/[\w./-]+)/g)].map(([, file = ""]) => join(root, file));
    for (const path of [...links.map((to) => join(guidesFolder, to)), ...files]) {
      expect(existsSync(path), `${path} of ${name}`).toBe(true);
    }
  }
});

test("every guide says in its first lines where it ends, and is listed", async () => {
  const list = await readFile(join(guidesFolder, "README.md"), "utf8");
  const listed = [...list.matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, file]) => file);
  expect(new Set(listed)).toEqual(new Set(names));
  for (const [name, text] of texts) expect(text, name).toMatch(/^# .+\n\n.*\*\*At the end:?\*\*/);
});
