/**
 * The README is run: every block that is marked `<!-- test: … -->` is carried out as it stands, or
 * compared with the file or the output that it shows. Only ports are exchanged for free ones,
 * `PROCESS` and `MESSAGE` for the ids that came, and units say in JSON when they answer.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nymcompute, type Running, root, start, temporaryHome } from "./dev-network.ts";

interface Block {
  /** What stands behind `test:`. */
  readonly mark: string;
  readonly text: string;
}

/** A proof yields to everything else on the machine, and may take a while. */
const lineLimitMs = 150_000;

const readme = await readFile(join(root, "README.md"), "utf8");
const blocks: readonly Block[] = [
  ...readme.matchAll(/<!-- test: ([^>]+?) -->\n```\w+\n([\s\S]*?)```/g),
].map(([, mark, text]) => ({ mark: mark ?? "", text: text ?? "" }));

function blocksOf(mark: string): readonly string[] {
  return blocks.filter((block) => block.mark === mark).map(({ text }) => text);
}

let home: Awaited<ReturnType<typeof temporaryHome>>;
const running: Running[] = [];

beforeAll(async () => {
  home = await temporaryHome();
  // What `npm install -g .` puts on the path.
  const command = join(home.folder, "bin", "nymcompute");
  await mkdir(join(home.folder, "bin"));
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${nymcompute}" "$@"\n`;
  await writeFile(command, shim, { mode: 0o755 });
  // As a person has it: compute units prove.
  delete home.env["NYMCOMPUTE_PROVER"];
  home.env["PATH"] = `${join(home.folder, "bin")}:${home.env["PATH"] ?? ""}`;
});

afterAll(async () => {
  for (const program of running) await program.end();
  await home.remove();
});

/** Three free ports in a row, for those of the text that begin at 8701. */
async function freePorts(): Promise<number> {
  for (let base = 18_701; base < 60_000; base += 10) {
    const free = await Promise.all([0, 1, 2].map((i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
  throw new Error("no three free ports in a row");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
  });
}

/** A shell that goes through a block line by line, and remembers what later lines speak of. */
class Session {
  readonly said = new Map<string, string>();
  readonly #base: number;
  readonly #ids = new Map<string, string>();
  readonly #env: NodeJS.ProcessEnv;
  #cwd: string;

  constructor(base: number, cwd: string) {
    this.#base = base;
    this.#cwd = cwd;
    this.#env = { ...home.env };
  }

  async run(block: string): Promise<void> {
    for (const written of block.trimEnd().split("\n")) {
      const line = this.#filledIn(written.replace(/\s+#.*$/, ""));
      const variable = /^export (\w+)=(.*)$/.exec(line);
      if (variable !== null) {
        this.#env[variable[1] ?? ""] = (await this.#shell(`echo ${variable[2]}`)).trim();
      } else if (line.startsWith("cd ")) this.#cwd = join(this.#cwd, line.slice("cd ".length));
      else if (line.endsWith("&")) await this.background(line.slice(0, -1), /"url"/, "--json");
      else this.#learn(line, await this.#shell(line));
    }
  }

  /** Starts a line that runs until it is ended, and waits for what it says. */
  async background(line: string, until: RegExp, ...more: readonly string[]): Promise<Running> {
    const [program, ...argv] = [...this.#filledIn(line).trim().split(/\s+/), ...more];
    expect(program).toBe("nymcompute");
    const child = start([nymcompute, ...argv], { cwd: this.#cwd, env: this.#env });
    running.push(child);
    await child.said(until);
    return child;
  }

  #filledIn(line: string): string {
    const withPorts = line.replaceAll(/\b870([123])\b/g, (_, i) =>
      String(this.#base + Number(i) - 1),
    );
    return withPorts.replaceAll(/\b(PROCESS|MESSAGE)\b/g, (name) => {
      const id = this.#ids.get(name);
      expect(id, `${name} in "${line}"`).toBeDefined();
      return id ?? "";
    });
  }

  #learn(line: string, output: string): void {
    const command = /^nymcompute (\S+)/.exec(line)?.[1] ?? line;
    // What the text shows of a command is what it said the first time.
    if (!this.said.has(command)) this.said.set(command, output);
    for (const [name, pattern] of [
      ["PROCESS", /^process ([\w-]{43})$/m],
      ["MESSAGE", /^message ([\w-]{43})$/m],
    ] as const) {
      const id = pattern.exec(output)?.[1];
      if (id !== undefined) this.#ids.set(name, id);
    }
  }

  /** Runs lines of which the last must fail; answers what it said. */
  async fails(block: string): Promise<string> {
    const lines = block.trimEnd().split("\n");
    await this.run(lines.slice(0, -1).join("\n"));
    const last = this.#filledIn(lines.at(-1) ?? "");
    const options = { cwd: this.#cwd, env: this.#env, timeout: lineLimitMs };
    return new Promise((resolve, reject) => {
      execFile("bash", ["-c", last], options, (error, stdout) => {
        if (error?.code === 1) resolve(stdout);
        else reject(new Error(`${last} ended with code ${error?.code ?? 0}`, { cause: error }));
      });
    });
  }

  #shell(line: string): Promise<string> {
    const options = { cwd: this.#cwd, env: this.#env, timeout: lineLimitMs };
    return new Promise((resolve, reject) => {
      execFile("bash", ["-c", line], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${line}\n${stdout}\n${stderr}`, { cause: error }));
      });
    });
  }
}

/** Expects that lines which the README shows were said, one after the other; `…` is anything. */
function expectShown(said: string, shown: string): void {
  const escaped = shown.trimEnd().replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  expect(said).toMatch(new RegExp(escaped.replaceAll("…", "[^\\n]*")));
}

test("the process in one file is that of the package, in at most 20 lines", async () => {
  const [{ mark, text } = { mark: "", text: "" }] = blocks.filter((b) =>
    b.mark.startsWith("file "),
  );
  expect(text).toBe(await readFile(join(root, mark.slice("file ".length)), "utf8"));
  expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(20);
});

test("the two commands are scripts of the package", async () => {
  const text = await readFile(join(root, "package.json"), "utf8");
  const { scripts, bin } = JSON.parse(text) as Record<string, Record<string, string>>;
  const [first, second, ...others] = blocksOf("scripts").map((block) => block.trim());
  expect([first, second, others]).toEqual(["npm ci && npm start", "npm ci && npm test", []]);
  expect(scripts?.["start"]).toBe(`node ${bin?.["nymcompute"]} start`);
  expect(scripts?.["test"]).toBe("vitest run");
});

test("the first command shows what the README says", async () => {
  const folder = join(home.folder, "tour");
  await mkdir(folder);
  const tour = start([nymcompute, "start", "--port", "0"], { cwd: folder, env: home.env });
  running.push(tour);
  const said = await tour.said(/[\s\S]*What to try next[\s\S]*Ctrl-C/);
  expectShown(said[0], blocksOf("tour").join("\n"));
  expect(await tour.end()).toBe(0);
});

test("a project is made, tested, built and run, and HTTP answers, as the README says", async () => {
  const folder = join(home.folder, "project");
  await mkdir(folder);
  const base = await freePorts();
  const session = new Session(base, folder);
  const dev = blocksOf("background").join("").trim();
  await session.background(dev, /Try next/, "--port", String(base));
  const sections = blocksOf("run");
  expect(sections.length).toBe(7);
  for (const section of sections) await session.run(section);
  for (const name of ["send", "replay"]) {
    expectShown(session.said.get(name) ?? "", blocksOf(`output ${name}`).join("\n"));
  }
  for (const [line, said] of session.said)
    if (line.startsWith("curl")) expect(said).toMatch(/^[{#]/);
}, 120_000);

test("a transfer is proven, its receipt verified without any network, and a changed byte found", async () => {
  const folder = join(home.folder, "proof");
  const token = join(folder, "dist", "processes", "token.wasm");
  await cp(join(root, "dist", "processes", "token.wasm"), token);
  const base = await freePorts();
  const session = new Session(base, folder);
  const dev = blocksOf("background").join("").trim();
  const network = await session.background(dev, /Try next/, "--port", String(base));
  for (const block of blocksOf("proof")) await session.run(block);
  expect(session.said.get("audit")).toMatch(/^level: proven, slots 0 to 1$/m);
  expect(await network.end()).toBe(0);
  for (const block of blocksOf("offline")) await session.run(block);
  expectShown(session.said.get("verify") ?? "", blocksOf("output verify").join("\n"));
  expect(session.said.get("verify")).toMatch(/^level: attested, step-proven$/m);
  const broken = await session.fails(blocksOf("broken").join("\n"));
  expectShown(broken, blocksOf("output broken").join("\n"));
}, 400_000);

test("three units run by hand, and count what their READMEs say that they count", async () => {
  const folder = join(home.folder, "by-hand");
  const module = join(folder, "my-counter", "build", "index.wasm");
  await cp(join(root, "dist", "processes", "counter.wasm"), module);
  const base = await freePorts();
  const session = new Session(base, folder);
  for (const block of blocksOf("by hand")) await session.run(block);
  expect(session.said.get("send")).toMatch(/^output {4}1$/m);
  for (const [i, role] of ["messenger", "scheduler", "compute"].entries()) {
    const metrics = await (await fetch(`http://127.0.0.1:${base + i}/metrics`)).text();
    const unitReadme = await readFile(join(root, `${role}-unit`, "README.md"), "utf8");
    // Below a third heading stands what an option takes away.
    const section = unitReadme.split("\n## Metrics\n")[1]?.split(/\n###? /)[0] ?? "";
    const rows = section.split("\n").filter((line) => line.startsWith("| `"));
    const names = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)]);
    expect(names.length, role).toBeGreaterThan(5);
    for (const [, name] of names) expect(metrics).toContain(`# TYPE nymcompute_${role}_${name} `);
  }
});

test("every marked block is carried out by a test here", () => {
  const known =
    /^(scripts|tour|background|run|by hand|proof|offline|broken|file .+|output (send|replay|verify|broken))$/;
  expect(blocks.filter(({ mark }) => !known.test(mark))).toEqual([]);
  expect(readme.match(/<!-- test: /g)?.length).toBe(blocks.length);
  expect(readme.match(/^```\w+$/gm)?.length).toBe(blocks.length);
});
