/**
 * A unit in a process of its own, as a child of `dev`: the same command that a node runner types. It
 * ends when it is asked to, and also when this process goes away, because the channel between them
 * closes then (`src/node/shutdown.ts`).
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { UnitRole } from "../protocol/http.ts";
import { CliError } from "./cli-error.ts";
import { type ClockMessage, clockVariable } from "./dev-clock.ts";
import { builtFile } from "./places.ts";

/** A unit that answers. */
export interface UnitChild {
  readonly role: UnitRole;
  readonly url: string;
  readonly pid: number;
  /** Resolves with the reason when the unit ends, asked or not. */
  readonly ended: Promise<CliError>;
  /** Ends the unit and resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it without a word to it, as a power cut does. */
  kill(): Promise<void>;
  /** Moves its wall clock to so far from the machine's. */
  setClock(offsetMs: number): void;
}

const startLimitMs = 60_000;
/** The unit's own limit is 10 s; after that it is not going to end by itself. */
const stopLimitMs = 12_000;

/**
 * Under load a message is on its way for a tenth of a second, longer than it takes to fill the engine's
 * usual young generation of 16 MB: what would have been garbage soon is copied to the old one. With 64 MB,
 * taken as survivors demand it, messages in bundles cost both units a fifth less.
 */
function engineFlags(role: UnitRole): readonly string[] {
  return role === "messenger" || role === "scheduler" ? ["--max-semi-space-size=64"] : [];
}

/** Starts a unit and waits until it answers. */
export async function startUnitChild(options: {
  readonly role: UnitRole;
  readonly argv: readonly string[];
  readonly folder: string;
  readonly log: string;
  readonly signal: AbortSignal;
  readonly clockOffsetMs: number;
}): Promise<UnitChild> {
  const { role, argv, folder, signal } = options;
  const logPath = resolve(options.log);
  const log = openSync(logPath, "w", 0o600);
  const child = fork(builtFile("src/cli/main.js"), [role, ...argv, "--json"], {
    cwd: folder,
    env: { ...childEnvironment(), [clockVariable]: String(options.clockOffsetMs) },
    execArgv: [
      ...engineFlags(role),
      ...["--import", pathToFileURL(builtFile("src/cli/dev-clock.js")).href],
    ],
    stdio: ["ignore", "pipe", log, "ipc"],
  });
  closeSync(log);
  const ended = new Promise<CliError>((done) => {
    const onEnd = (code: number | null, by: string | null): void => {
      done(endOf(role, code === null ? `signal ${by}` : `code ${code}`, logPath));
    };
    child.once("exit", onEnd);
    child.once("error", (error) => done(endOf(role, error.message, logPath)));
  });
  const stop = (): Promise<void> => stopChild(child, ended);
  try {
    const url = await firstLine(child, ended, signal, role);
    const kill = async (): Promise<void> => {
      child.kill("SIGKILL");
      await ended;
    };
    const setClock = (clockOffsetMs: number): void => {
      const message: ClockMessage = { clockOffsetMs };
      child.send(message);
    };
    return { role, url, pid: child.pid ?? 0, ended, stop, kill, setClock };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The variables of this shell speak of the person's network, not of the unit's. */
function childEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("NYMCOMPUTE_"));
  return Object.fromEntries(kept);
}

async function firstLine(
  child: ChildProcess,
  ended: Promise<CliError>,
  signal: AbortSignal,
  role: UnitRole,
): Promise<string> {
  const line = new Promise<string>((done) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (text.includes("\n")) done(text.slice(0, text.indexOf("\n")));
    });
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(startLimitMs)]);
  const aborted = new Promise<CliError>((done) => {
    const onAbort = (): void => {
      const code = signal.aborted ? "INTERRUPTED" : "UNIT_SILENT";
      done(new CliError(code, { unit: role, waitedMs: startLimitMs }));
    };
    if (limit.aborted) onAbort();
    else limit.addEventListener("abort", onAbort, { once: true });
  });
  const first = await Promise.race([line, ended, aborted]);
  if (typeof first !== "string") throw first;
  return (JSON.parse(first) as { readonly url: string }).url;
}

async function stopChild(child: ChildProcess, ended: Promise<CliError>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  // Not a signal: Ctrl-C has already sent the child one, and a second one would end it at once.
  if (child.connected) child.disconnect();
  else child.kill("SIGTERM");
  const killing = setTimeout(() => child.kill("SIGKILL"), stopLimitMs);
  await ended;
  clearTimeout(killing);
}

/** The end of a unit, with the last thing it said. */
function endOf(role: UnitRole, how: string, log: string): CliError {
  const said = lastLine(log);
  const taken = /ADDRESS_UNAVAILABLE/.test(said);
  const next = taken ? "end what uses the port, or choose others with --port" : `look into ${log}`;
  return new CliError(taken ? "PORT_TAKEN" : "UNIT_ENDED", { unit: role, how, said }, next);
}

function lastLine(log: string): string {
  try {
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    return (lines.at(-1) ?? "").slice(0, 500);
  } catch {
    return "";
  }
}
