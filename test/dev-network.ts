/**
 * A `dev` network on free ports in a temporary folder, run as a person runs it, for tests that act from
 * outside. Whatever it and its users keep at home lies in that folder too.
 *
 * @module
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

/** The repository's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The built command line. */
export const nymcompute: string = join(root, "dist", "src", "cli", "main.js");

const startLimitMs = 45_000;

/**
 * A temporary folder with the environment of somebody who lives there. Networks prove nothing unless they
 * are told to: proofs take a core for seconds.
 */
export async function temporaryHome(): Promise<{
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), "nymcompute-"));
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("NYMCOMPUTE_"));
  const env = { ...Object.fromEntries(kept), HOME: folder, NYMCOMPUTE_PROVER: "0" };
  return { folder, env, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A program that runs until it is ended. */
export interface Running {
  /** The first match in what it said on stdout; rejects where it ends, or says nothing, before. */
  said(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Asks it to end, as Ctrl-C does; resolves with its exit code. */
  end(): Promise<number | null>;
}

/** Starts a program of Node. */
export function start(
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Running {
  const child = spawn(process.execPath, argv, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((done) => child.once("exit", done));
  return {
    said: (pattern) => saidBy(child, pattern),
    end: async () => {
      if (child.exitCode === null) child.kill("SIGINT");
      return ended;
    },
  };
}

function saidBy(child: ChildProcess, pattern: RegExp): Promise<RegExpMatchArray> {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    const fail = (why: string) => (): void => reject(new Error(`${why}\n${stdout}\n${stderr}`));
    const timer = setTimeout(fail(`nothing like ${pattern} was said`), startLimitMs);
    child.once("exit", fail("it ended"));
    child.stderr?.setEncoding("utf8").on("data", (part: string) => {
      stderr += part;
    });
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      stdout += part;
      const found = stdout.match(pattern);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
}

/** Runs a program of Node to its end; answers its stdout. Its failure is the test's. */
export function run(
  argv: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { ...options, timeout: 60_000 }, (error, stdout, stderr) => {
      expect(error, `${argv.join(" ")}\n${stdout}\n${stderr}`).toBeNull();
      resolve(stdout);
    });
  });
}
