/**
 * Runs a few lines of TypeScript as a process of its own, for tests of what only a process does:
 * exit, signals, stderr. Node 20 cannot run `.ts`, so the lines are bundled first.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { build } from "esbuild";
import { assert } from "../base/assert.ts";

/** How a script ended. `code` is null where a signal ended it. */
export interface ScriptEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Forks the script, with a channel, and resolves when it ended. `folder` is where its imports are
 * resolved from; `whenReady` is called at its first message.
 */
export async function runScript(options: {
  readonly source: string;
  readonly folder: string;
  readonly whenReady?: (child: ChildProcess) => void;
}): Promise<ScriptEnd> {
  const directory = await mkdtemp(join(tmpdir(), "nymcompute-script-"));
  try {
    const built = await build({
      stdin: { contents: options.source, resolveDir: options.folder, loader: "ts" },
      bundle: true,
      write: false,
      platform: "node",
      format: "esm",
    });
    const file = join(directory, "script.mjs");
    await writeFile(file, built.outputFiles[0]?.contents ?? "");
    const child = fork(file, [], { silent: true, execArgv: [] });
    child.once("message", () => options.whenReady?.(child));
    return await endOf(child);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function endOf(child: ChildProcess): Promise<ScriptEnd> {
  const { stdout, stderr } = child;
  assert(stdout !== null && stderr !== null, "forked without pipes");
  // Not the event `close`: it does not come where this side closed the channel (Node 20.20).
  const [[code], out, err] = await Promise.all([once(child, "exit"), text(stdout), text(stderr)]);
  return { code: code as number | null, stdout: out, stderr: err };
}
