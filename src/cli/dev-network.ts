/**
 * A `dev` network: the three units as three processes, each with its own key, store and server.
 *
 * @module
 */

import { connect } from "node:net";
import { resolve } from "node:path";
import type { UnitRole } from "../protocol/http.ts";
import { CliError } from "./cli-error.ts";
import { DevControl } from "./dev-control.ts";
import { type DevControlServer, serveDevControl } from "./dev-control-http.ts";
import { clockOffsetIn } from "./dev-copy.ts";
import { type DevFiles, prepareDevFiles, unitRoles } from "./dev-files.ts";
import {
  type DevRecord,
  devRecordIn,
  isAlive,
  removeDevRecord,
  writeDevRecord,
} from "./dev-record.ts";
import { DevUnits } from "./dev-units.ts";

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
  const clockOffsetMs = await clockOffsetIn(folder);
  const { prover, signal } = options;
  const units = new DevUnits({ files, ports, prover, clockOffsetMs, signal });
  await units.startAll();
  try {
    const network = new RunningNetwork(files, units, { ...options, clockOffsetMs });
    await network.open();
    options.progress(null);
    return network;
  } catch (error) {
    await units.stopAll();
    throw error;
  }
}

/** Its record follows what is loaded into it. */
class RunningNetwork implements DevNetwork {
  readonly isNew: boolean;
  readonly #units: DevUnits;
  readonly #note: (line: string) => void;
  #files: DevFiles;
  #clockOffsetMs: number;
  #server: DevControlServer | null = null;

  constructor(
    files: DevFiles,
    units: DevUnits,
    { note, clockOffsetMs }: Pick<DevOptions, "note"> & { readonly clockOffsetMs: number },
  ) {
    this.#clockOffsetMs = clockOffsetMs;
    this.isNew = files.isNew;
    this.#files = files;
    this.#units = units;
    this.#note = note;
  }

  /** Serves the controls, and says where everything is. */
  async open(): Promise<void> {
    const control = new DevControl({
      files: this.#files,
      units: this.#units,
      clockOffsetMs: this.#clockOffsetMs,
      onChange: (files, offsetMs) => this.#become(files, offsetMs),
    });
    this.#server = await serveDevControl((request) => control.ask(request));
    const unshared = await writeDevRecord(this.#files.folder, this.record);
    if (unshared !== null) {
      this.#note(`commands in other folders have to name a --key: ${unshared}`);
    }
  }

  get record(): DevRecord {
    const { network, accounts } = this.#files;
    return {
      messenger: this.#units.urlOf("messenger"),
      scheduler: this.#units.urlOf("scheduler"),
      compute: this.#units.urlOf("compute"),
      network,
      accounts,
      pid: process.pid,
      clockOffsetMs: this.#clockOffsetMs,
      control: { url: this.#server?.url ?? "", token: this.#server?.token ?? "" },
    };
  }

  get ended(): Promise<CliError> {
    return this.#units.ended;
  }

  async stop(): Promise<void> {
    await removeDevRecord(this.#files.folder, this.#files.network);
    await this.#server?.close();
    await this.#units.stopAll();
  }

  async #become(files: DevFiles, clockOffsetMs: number): Promise<void> {
    await removeDevRecord(this.#files.folder, this.#files.network);
    this.#files = files;
    this.#clockOffsetMs = clockOffsetMs;
    await writeDevRecord(files.folder, this.record);
  }
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
