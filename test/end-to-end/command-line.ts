/**
 * The command line as a person's terminal sees it: the built program in a process of its own, with a
 * home folder of its own.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));
const commandLimitMs = 60_000;
const endLimitMs = 20_000;

/** What a command left behind. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program that runs until it is ended. */
export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The one document of `--json`. */
  readonly document: Record<string, unknown>;
  readonly ended: Promise<number | null>;
  /** What it wrote so far. */
  out(): string;
  err(): string;
  /** Ends it by a signal to its pid. Resolves with its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** A folder with a home of its own, in which commands run. */
export class Sandbox {
  readonly folder: string;
  readonly #running = new Set<Running>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Sandbox> {
    return new Sandbox(await mkdtemp(join(tmpdir(), "nymcompute-test-")));
  }

  /** Ends what runs and takes the folder away. */
  async remove(): Promise<void> {
    for (const running of this.#running) await running.end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** Runs a command to its end. */
  async run(argv: readonly string[], below = "."): Promise<Ran> {
    const child = this.#start(argv, below);
    const text = collect(child);
    const timer = setTimeout(() => child.kill("SIGKILL"), commandLimitMs);
    const code = await exitOf(child);
    clearTimeout(timer);
    return { code, out: text.out(), err: text.err() };
  }

  /** Runs a command with `--json` that must succeed; its stdout must be one document. */
  async json<Document = Record<string, unknown>>(
    argv: readonly string[],
    below = ".",
  ): Promise<Document> {
    const { code, out, err } = await this.run([...argv, "--json"], below);
    if (code !== 0) throw new Error(`${argv.join(" ")}: code ${code}\n${out}\n${err}`);
    return documentIn(out) as Document;
  }

  /** Starts a command with `--json` that goes on, and waits for its document. */
  async start(argv: readonly string[], below = "."): Promise<Running> {
    const child = this.#start([...argv, "--json"], below);
    const text = collect(child);
    const ended = exitOf(child);
    const line = await Promise.race([firstLine(child), ended]);
    if (typeof line !== "string") throw new Error(`${argv.join(" ")}: code ${line}\n${text.err()}`);
    const running: Running = {
      child,
      pid: child.pid ?? 0,
      document: documentIn(line) as Record<string, unknown>,
      ended,
      ...text,
      end: async (signal = "SIGTERM") => {
        this.#running.delete(running);
        if (child.exitCode === null && child.signalCode === null) child.kill(signal);
        const killing = setTimeout(() => child.kill("SIGKILL"), endLimitMs);
        const code = await ended;
        clearTimeout(killing);
        return code;
      },
    };
    this.#running.add(running);
    return running;
  }

  #start(argv: readonly string[], below: string): ChildProcess {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/^(NYMCOMPUTE_|NODE_OPTIONS|NODE_TEST_CONTEXT|VITEST)/.test(name),
    );
    // Who tests proofs asks for them: they take a core for seconds.
    const env = { ...Object.fromEntries(kept), HOME: this.folder, NYMCOMPUTE_PROVER: "0" };
    const cwd = this.path(below);
    return spawn(process.execPath, [program, ...argv], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once("close", done));
}

function collect(child: ChildProcess): Pick<Running, "out" | "err"> {
  let out = "";
  let err = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => {
    out += part;
  });
  child.stderr?.setEncoding("utf8").on("data", (part: string) => {
    err += part;
  });
  return { out: () => out, err: () => err };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done) => {
    let text = "";
    child.stdout?.on("data", (part: string) => {
      text += part;
      if (text.includes("\n")) done(text);
    });
  });
}

/** The document of stdout, which must hold one line and nothing else. */
export function documentIn(out: string): unknown {
  if (out.trimEnd().includes("\n")) throw new Error(`more than one document:\n${out}`);
  return JSON.parse(out);
}
