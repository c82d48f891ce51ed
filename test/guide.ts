/**
 * A guide of `docs/guides`, and how it is followed. Everything between fences is carried out in order, in
 * a fresh folder, as a reader would:
 *
 *     sh            line by line, in shells that keep folder and variables; a line that ends in `&` runs
 *                   on, and is waited for until it says where it answers
 *     text          right behind a `sh`: lines that it says, one after the other; `…` is anything
 *     ts FILE …     the file, written as it stands
 *     console       for root on a machine of one's own: not carried out here
 *
 * `PROCESS` and `MESSAGE` stand for the ids that came last, 8701 to 8709 for free ports. A block `nymcompute
 * dev` alone is the other terminal. `<!-- ends with 1 -->` before a `sh` says that it has to fail.
 *
 * @module
 */

import { type ChildProcess, execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";

/** What stands between two fences. */
export interface GuideBlock {
  readonly kind: string;
  /** What stands behind the kind: a file's name. */
  readonly file: string;
  readonly text: string;
  /** The exit code that its last line ends with. */
  readonly code: number;
}

const blockPattern = /(?:<!-- ends with (\d+) -->\n)?^```(\w+)(?: ([^\n]+))?\n([\s\S]*?)^```$/gm;

/** The blocks of a guide, in order. Every fence has to be one of them. */
export function blocksOf(markdown: string): readonly GuideBlock[] {
  const blocks = [...markdown.matchAll(blockPattern)].map(([, code, kind, file, text]) => ({
    kind: kind ?? "",
    file: file ?? "",
    text: text ?? "",
    code: Number(code ?? 0),
  }));
  expect(2 * blocks.length).toBe(markdown.match(/^\s*(```|~~~)/gm)?.length);
  expect(blocks.filter(({ code }) => code !== 0).length).toBe(
    markdown.match(/<!-- ends with/g)?.length ?? 0,
  );
  return blocks;
}

/** Where a guide is followed. */
export interface GuidePlace {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** What stands for port 8701; those above follow. */
  readonly basePort: number;
  /** Has a `dev` network run that the guide's commands find. */
  readonly startDev: () => Promise<void>;
}

const blockLimitMs = 120_000;
const answerLimitMs = 30_000;

/** One reader on the way through one guide. */
export class GuideReader {
  readonly #place: GuidePlace;
  readonly #ids = new Map<string, string>();
  readonly #running = new Set<ChildProcess>();
  #said = "";

  constructor(place: GuidePlace) {
    this.#place = place;
  }

  /** Follows the guide from its first block to its last. */
  async follow(blocks: readonly GuideBlock[]): Promise<void> {
    await mkdir(this.#place.folder, { recursive: true });
    await writeFile(this.#state, `cd '${this.#place.folder}'\n`);
    for (const [i, block] of blocks.entries()) {
      const { kind, text, file } = block;
      if (kind === "text") expectShown(this.#said, this.#withPorts(text));
      else if (kind === "ts" || kind === "js") await this.#write(file, text);
      else if (kind === "sh" && text.trim() === "nymcompute dev") await this.#place.startDev();
      else if (kind === "sh") await this.#run(block);
      else expect(kind, `block ${i}: ${text}`).toBe("console");
    }
  }

  /** Ends whatever runs on, in the reverse of the order in which it came. */
  async end(): Promise<void> {
    for (const child of [...this.#running].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
    }
  }

  get #state(): string {
    return `${this.#place.folder}.sh`;
  }

  async #write(file: string, text: string): Promise<void> {
    expect(file).not.toBe("");
    const path = join(await this.#folder(), file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** The folder in which the last shell ended. */
  async #folder(): Promise<string> {
    const state = await readFile(this.#state, "utf8");
    return /^cd '(.+)'$/m.exec(state)?.[1] ?? this.#place.folder;
  }

  async #run({ text, code }: GuideBlock): Promise<void> {
    this.#said = "";
    const lines = text.trimEnd().split("\n");
    for (const [i, written] of lines.entries()) {
      const line = this.#filledIn(written);
      if (line.endsWith(" &")) await this.#start(line.slice(0, -2));
      else await this.#shell(line, i === lines.length - 1 ? code : 0);
      for (const [, name = "", id = ""] of this.#said.matchAll(
        /^(process|message) ([\w-]{43})$/gm,
      )) {
        this.#ids.set(name.toUpperCase(), id);
      }
    }
  }

  /** With the ports that are free here. */
  #withPorts(text: string): string {
    const { basePort } = this.#place;
    return text.replaceAll(/\b870([1-9])\b/g, (_, i) => String(basePort + Number(i) - 1));
  }

  #filledIn(text: string): string {
    return this.#withPorts(text).replaceAll(/\b(PROCESS|MESSAGE)\b/g, (name) => {
      const id = this.#ids.get(name);
      expect(id, `${name} in ${text}`).toBeDefined();
      return id ?? "";
    });
  }

  async #shell(line: string, code: number): Promise<void> {
    const state = this.#state;
    const keep = `trap '{ export -p; echo "cd '"'"'$PWD'"'"'"; } > "${state}.new"; mv "${state}.new" "${state}"' EXIT`;
    const script = `source '${state}'\n${keep}\nset -eo pipefail\n${line}`;
    const { env } = this.#place;
    await new Promise<void>((resolve, reject) => {
      const options = { env, timeout: blockLimitMs };
      execFile("bash", ["-c", script], options, (error, stdout, stderr) => {
        const got = error === null ? 0 : error.code;
        this.#said += stdout + stderr;
        if (got === code) resolve();
        else reject(new Error(`ended with ${got}\n${line}\n${stdout}\n${stderr}`));
      });
    });
  }

  /** Runs a line on, until it says where it answers. */
  async #start(line: string): Promise<void> {
    const script = `source '${this.#state}'\nexec ${line}`;
    const child = execFile("bash", ["-c", script], { env: this.#place.env });
    this.#running.add(child);
    await new Promise<void>((resolve, reject) => {
      let said = "";
      const fail = (why: string) => () => reject(new Error(`${line} ${why}\n${said}`));
      const timer = setTimeout(fail("does not answer"), answerLimitMs);
      child.once("exit", fail("ended"));
      child.stderr?.on("data", (part: string) => {
        said += part;
        if (!said.includes('"event":"listening"')) return;
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Expects that lines were said, one after the other; `…` is anything within a line. */
function expectShown(said: string, shown: string): void {
  const escaped = shown.trimEnd().replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const lines = escaped.split("\n").map((line) => (line === "…" ? "(?:.*\\n)*?.*" : line));
  expect(said).toMatch(new RegExp(`^${lines.join("\n").replaceAll("…", "[^\\n]*")}$`, "m"));
}
