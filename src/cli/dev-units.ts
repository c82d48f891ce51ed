/**
 * The units of a `dev` network, each a process of its own that can be killed and started again in its
 * place: at the same URL, with the same key and store.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import type { UnitRole } from "../protocol/http.ts";
import { CliError } from "./cli-error.ts";
import { type DevFiles, unitFiles, unitRoles } from "./dev-files.ts";
import { startUnitChild, type UnitChild } from "./unit-child.ts";

/** Which units each is told of. */
const knownTo: Readonly<Record<UnitRole, readonly UnitRole[]>> = {
  scheduler: [],
  compute: ["scheduler"],
  messenger: ["scheduler", "compute"],
  witness: ["scheduler"],
};

const host = "127.0.0.1";

export class DevUnits {
  /** Resolves with the reason when a unit ends that nobody ended. */
  readonly ended: Promise<CliError>;
  readonly #prover: number;
  readonly #signal: AbortSignal;
  readonly #children = new Map<UnitRole, UnitChild>();
  readonly #urls = new Map<UnitRole, string>();
  #endedBy: (reason: CliError) => void = () => undefined;
  #files: DevFiles;
  #clockOffsetMs: number;

  constructor(options: {
    readonly files: DevFiles;
    /** The messenger's, the scheduler's, the compute unit's; 0: any free port. */
    readonly ports: readonly number[];
    readonly prover: number;
    readonly clockOffsetMs: number;
    readonly signal: AbortSignal;
  }) {
    const { files, ports, prover, clockOffsetMs, signal } = options;
    this.#files = files;
    this.#prover = prover;
    this.#signal = signal;
    this.#clockOffsetMs = clockOffsetMs;
    unitRoles.forEach((role, i) => {
      if (ports[i] !== 0) this.#urls.set(role, `http://${host}:${ports[i]}`);
    });
    this.ended = new Promise((done) => {
      this.#endedBy = done;
    });
  }

  /** Starts all; rejects with the first failure and nothing left running. */
  async startAll(): Promise<void> {
    try {
      // At once where the ports are known; else one after the other, each told of those before.
      if (this.#urls.size === unitRoles.length) {
        await allOrFirstFailure(unitRoles.map((role) => this.start(role)));
      } else
        for (const role of ["scheduler", "compute", "messenger"] as const) await this.start(role);
    } catch (error) {
      await this.stopAll();
      throw error;
    }
  }

  async stopAll(): Promise<void> {
    await Promise.all(unitRoles.map((role) => this.stop(role)));
  }

  /** Starts a unit that does not run. */
  async start(role: UnitRole): Promise<void> {
    if (this.#children.has(role)) return;
    const { key, store, log } = unitFiles(this.#files.folder, role);
    const { port } = new URL(this.#urls.get(role) ?? `http://${host}:0`);
    const argv = ["--listen", `${host}:${port || 0}`, "--data", store, "--key", key];
    argv.push("--network", this.#files.network, "--log-level", "warn", "--peer-requests", "0");
    if (role === "compute") argv.push("--prover", String(this.#prover));
    for (const other of knownTo[role]) argv.push(`--${other}`, this.urlOf(other));
    const { folder } = this.#files;
    const clockOffsetMs = this.#clockOffsetMs;
    const child = await startPatiently({
      ...{ role, argv, folder, log, signal: this.#signal, clockOffsetMs },
    });
    this.#children.set(role, child);
    this.#urls.set(role, child.url);
    void child.ended.then((reason) => {
      // What was ended is not in the table any more.
      if (this.#children.get(role) === child) this.#endedBy(reason);
    });
  }

  /** Ends a unit in order. */
  async stop(role: UnitRole): Promise<void> {
    const child = this.#children.get(role);
    this.#children.delete(role);
    await child?.stop();
  }

  /** Ends a unit as a power cut does. */
  async kill(role: UnitRole): Promise<void> {
    const child = this.#children.get(role);
    this.#children.delete(role);
    await child?.kill();
  }

  /** Moves the clocks of all units, also of those that start later. */
  setClock(offsetMs: number): void {
    this.#clockOffsetMs = offsetMs;
    for (const child of this.#children.values()) child.setClock(offsetMs);
  }

  /** From the next start on, units are those of these files. */
  setFiles(files: DevFiles): void {
    this.#files = files;
  }

  urlOf(role: UnitRole): string {
    return this.#urls.get(role) ?? "";
  }

  /** The process of a unit; null where it does not run. */
  pidOf(role: UnitRole): number | null {
    return this.#children.get(role)?.pid ?? null;
  }
}

const attemptsMax = 10;
const pauseMs = 500;

/** A port whose unit just ended may still be held by what was connected to it. */
async function startPatiently(options: Parameters<typeof startUnitChild>[0]): Promise<UnitChild> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startUnitChild(options);
    } catch (error) {
      const isTaken = error instanceof CliError && error.code === "PORT_TAKEN";
      if (!isTaken || attempt === attemptsMax) throw error;
      await systemClock.sleep(pauseMs, options.signal);
    }
  }
}

/** Waits for all also where one fails, so that none starts after the others were stopped. */
async function allOrFirstFailure(starts: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(starts)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}
