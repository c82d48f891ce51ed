/**
 * The controls of a running `dev` network: units are killed and started again, its state is kept and
 * put back, its clock is moved. One after the other, whoever asks.
 *
 * @module
 */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { UnitRole } from "../protocol/http.ts";
import { CliError } from "./cli-error.ts";
import {
  clockOffsetIn,
  copyNetwork,
  keepClockOffset,
  replaceNetwork,
  snapshotFolder,
  snapshotsIn,
} from "./dev-copy.ts";
import { type DevFiles, prepareDevFiles, unitRoles } from "./dev-files.ts";
import type { DevUnits } from "./dev-units.ts";
import { auditCacheFolder } from "./places.ts";
import { forgetSeen } from "./seen-receipts.ts";

/** What can be asked of a network. */
export type DevRequest =
  | { readonly action: "status" }
  | { readonly action: "kill" | "restart"; readonly unit: string }
  | { readonly action: "snapshot" | "revert"; readonly name: string }
  | { readonly action: "dump" | "load"; readonly folder: string }
  /** Moves the clock to so far from the machine's. */
  | { readonly action: "time"; readonly offsetMs: number };

export interface DevStatus {
  readonly network: string;
  readonly folder: string;
  readonly units: readonly {
    readonly role: UnitRole;
    readonly url: string;
    /** Null where it does not run. */
    readonly pid: number | null;
  }[];
  readonly clock: { readonly offsetMs: number; readonly now: number };
  readonly snapshots: readonly string[];
}

export interface DevControlOptions {
  readonly files: DevFiles;
  readonly units: DevUnits;
  readonly clockOffsetMs: number;
  /** Told when the network is another, or its clock is moved. */
  readonly onChange: (files: DevFiles, clockOffsetMs: number) => Promise<void>;
}

/** A clock further from the machine's than this is a mistake: a hundred years. */
const clockOffsetMaxMs = 100 * 365 * 86_400_000;

export class DevControl {
  readonly #units: DevUnits;
  readonly #onChange: DevControlOptions["onChange"];
  #files: DevFiles;
  #clockOffsetMs: number;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ files, units, clockOffsetMs, onChange }: DevControlOptions) {
    this.#files = files;
    this.#units = units;
    this.#clockOffsetMs = clockOffsetMs;
    this.#onChange = onChange;
  }

  /** Does what is asked, after all that was asked before; answers how things stand then. */
  ask(request: DevRequest): Promise<DevStatus> {
    const done = this.#last.then(async () => {
      await this.#do(request);
      return this.#status();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #do(request: DevRequest): Promise<void> {
    const { folder } = this.#files;
    switch (request.action) {
      case "status":
        return;
      case "kill":
        return this.#units.kill(roleOf(request.unit));
      case "restart":
        await this.#units.stop(roleOf(request.unit));
        return this.#units.start(roleOf(request.unit));
      case "snapshot":
        await copyNetwork(folder, snapshotFolder(folder, request.name));
        return;
      case "revert":
        return this.#load(snapshotFolder(folder, request.name));
      case "dump":
        await copyNetwork(folder, request.folder);
        return;
      case "load":
        return this.#load(request.folder);
      case "time":
        return this.#setClock(request.offsetMs);
    }
  }

  async #load(from: string): Promise<void> {
    const { folder, network } = this.#files;
    const incoming = join(folder, "incoming");
    await rm(incoming, { recursive: true, force: true });
    await copyNetwork(from, incoming);
    const origin = await originOf(this.#units.urlOf("scheduler"));
    await this.#units.stopAll();
    await replaceNetwork(folder, incoming);
    // Its log begins anew from there: what was seen of the other one must convict nobody.
    if (origin !== null) await forgetSeen(origin);
    await rm(auditCacheFolder(network), { recursive: true, force: true });
    this.#files = await prepareDevFiles(folder);
    this.#clockOffsetMs = await clockOffsetIn(folder);
    this.#units.setFiles(this.#files);
    this.#units.setClock(this.#clockOffsetMs);
    await this.#units.startAll();
    await this.#onChange(this.#files, this.#clockOffsetMs);
  }

  async #setClock(offsetMs: number): Promise<void> {
    if (!Number.isSafeInteger(offsetMs) || Math.abs(offsetMs) > clockOffsetMaxMs) {
      const fields = { expected: "a time within a hundred years", got: String(offsetMs) };
      throw new CliError("ARGUMENT_INVALID", fields);
    }
    if (offsetMs < this.#clockOffsetMs) {
      const fields = {
        expected: "a later time",
        got: `${this.#clockOffsetMs - offsetMs} ms earlier`,
      };
      throw new CliError("ARGUMENT_INVALID", fields, "time goes back only with a revert");
    }
    await keepClockOffset(this.#files.folder, offsetMs);
    this.#clockOffsetMs = offsetMs;
    this.#units.setClock(offsetMs);
    await this.#onChange(this.#files, offsetMs);
  }

  async #status(): Promise<DevStatus> {
    const { network, folder } = this.#files;
    const offsetMs = this.#clockOffsetMs;
    return {
      network,
      folder,
      units: unitRoles.map((role) => {
        return { role, url: this.#units.urlOf(role), pid: this.#units.pidOf(role) };
      }),
      clock: { offsetMs, now: Date.now() + offsetMs },
      snapshots: await snapshotsIn(folder),
    };
  }
}

function roleOf(text: string): UnitRole {
  const role = unitRoles.find((each) => each === text);
  if (role !== undefined) return role;
  throw new CliError("ARGUMENT_INVALID", {
    expected: unitRoles.join(", "),
    got: text.slice(0, 100),
  });
}

const askMs = 2000;

/** The name of a scheduler's log; null where it has signed no head, or is down. */
async function originOf(scheduler: string): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(askMs);
    const answer = await fetch(`${scheduler}/checkpoint`, { signal });
    return answer.ok ? ((await answer.text()).split("\n")[0] ?? null) : null;
  } catch {
    return null;
  }
}
