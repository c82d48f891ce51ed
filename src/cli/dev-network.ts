/**
 * A `dev` network: the three units as three processes, each with its own key, store and server.
 *
 * @module
 */

import { connect } from "node:net";
import { resolve } from "node:path";
import type { UnitRole } from "../protocol/http.ts";
import { CliError } from "./cli-error.ts";
import { type DevFiles, prepareDevFiles, unitFiles, unitRoles } from "./dev-files.ts";
import {
  type DevRecord,
  devRecordIn,
  isAlive,
  removeDevRecord,
  writeDevRecord,
} from "./dev-record.ts";
import { startUnitChild, type UnitChild } from "./unit-child.ts";

export interface DevOptions {
  readonly folder: string;
  /** The messenger's; the scheduler's and the compute unit's follow. 0: any free ports. */
  readonly port: number;
  /** Threads that prove; 0: none. */
  readonly prover: number;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
  readonly progress: (text: string | null) => void;
}

/** A network that answers. */
export interface DevNetwork {
  readonly record: DevRecord;
  readonly isNew: boolean;
  /** Resolves with the reason when one of the units ends. */
  readonly ended: Promise<CliError>;
  /** Ends the units and resolves when they are gone. */
  stop(): Promise<void>;
}

const host = "127.0.0.1";

/** Starts a network, or rejects with one line's worth of reason and nothing left running. */
export async function startDevNetwork(options: DevOptions): Promise<DevNetwork> {
  const folder = resolve(options.folder);
  await refuseSecond(folder);
  const ports = unitRoles.map((_, i) => (options.port === 0 ? 0 : options.port + i));
  for (const [i, port] of ports.entries()) await refuseTaken(port, unitRoles[i] ?? "messenger");
  options.progress("making keys …");
  const files = await prepareDevFiles(folder);
  options.progress("starting the units …");
  const children = await startUnits(files, ports, options);
  const urlOf = (role: UnitRole): string => children.find((each) => each.role === role)?.url ?? "";
  const record: DevRecord = {
    messenger: urlOf("messenger"),
    scheduler: urlOf("scheduler"),
    compute: urlOf("compute"),
    network: files.network,
    accounts: files.accounts,
    pid: process.pid,
  };
  const unshared = await writeDevRecord(folder, record);
  if (unshared !== null) {
    options.note(`commands in other folders have to name a --key: ${unshared}`);
  }
  options.progress(null);
  return {
    record,
    isNew: files.isNew,
    ended: Promise.race(children.map(({ ended }) => ended)),
    stop: async () => {
      await removeDevRecord(folder, files.network);
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}

async function refuseSecond(folder: string): Promise<void> {
  const running = await devRecordIn(folder);
  if (running === null || !isAlive(running.pid) || !(await isOpen(running.messenger))) return;
  const fields = { folder, pid: running.pid, messenger: running.messenger };
  throw new CliError("DEV_RUNNING", fields, "use it, or give this one its own --data");
}

async function isOpen(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return answers(hostname, Number(port));
}

/** Asked before any unit starts, so that the answer is one line and at once. */
async function refuseTaken(port: number, role: UnitRole): Promise<void> {
  if (port === 0 || !(await answers(host, port))) return;
  const next = "end what uses it, or choose others with --port";
  throw new CliError("PORT_TAKEN", { port, for: role }, next);
}

function answers(hostname: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: hostname, port });
    const end = (isTaken: boolean) => (): void => {
      socket.destroy();
      done(isTaken);
    };
    socket.once("connect", end(true)).once("error", end(false));
    socket.setTimeout(2000, end(false));
  });
}

/** All at once where the ports are known; else one after the other, each told of those before. */
async function startUnits(
  files: DevFiles,
  ports: readonly number[],
  { prover, signal }: Pick<DevOptions, "prover" | "signal">,
): Promise<readonly UnitChild[]> {
  const started: UnitChild[] = [];
  const urls = new Map<UnitRole, string>();
  unitRoles.forEach((role, i) => {
    if (ports[i] !== 0) urls.set(role, `http://${host}:${ports[i]}`);
  });
  const start = async (role: UnitRole): Promise<void> => {
    const port = ports[unitRoles.indexOf(role)] ?? 0;
    const { key, store, log } = unitFiles(files.folder, role);
    const argv = ["--listen", `${host}:${port}`, "--data", store, "--key", key];
    argv.push("--network", files.network, "--log-level", "warn", "--peer-requests", "0");
    if (role === "compute") argv.push("--prover", String(prover));
    for (const other of knownTo[role]) argv.push(`--${other}`, urls.get(other) ?? "");
    const child = await startUnitChild({ role, argv, folder: files.folder, log, signal });
    started.push(child);
    urls.set(role, child.url);
  };
  try {
    if (urls.size === unitRoles.length) await allOrFirstFailure(unitRoles.map(start));
    else for (const role of ["scheduler", "compute", "messenger"] as const) await start(role);
    return started;
  } catch (error) {
    await Promise.all(started.map((child) => child.stop()));
    throw error;
  }
}

/** Which units each is told of. */
const knownTo: Readonly<Record<UnitRole, readonly UnitRole[]>> = {
  scheduler: [],
  compute: ["scheduler"],
  messenger: ["scheduler", "compute"],
  witness: ["scheduler"],
};

/** Waits for all also where one fails, so that none starts after the others were stopped. */
async function allOrFirstFailure(starts: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(starts)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}
