/**
 * One run of a unit as the user who runs it sees and commands it: SIGUSR2 drains it, and its data folder
 * says which process it is and how far it has come (`run-record.ts`).
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { UnitRole } from "../../protocol/http.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import type { HostProcess, Shutdown } from "../shutdown.ts";
import { markOf } from "../store/process-mark.ts";
import { type DrainPart, type Left, nothingToFinish, UnitDrain } from "./drain.ts";
import { clearEndedRuns, type RunState, removeRunRecord, writeRunRecord } from "./run-record.ts";

export interface UnitRunOptions {
  readonly role: UnitRole;
  /** The data folder. */
  readonly dir: string;
  readonly part: DrainPart | undefined;
  readonly host: HostProcess & { readonly pid: number };
  readonly shutdown: Shutdown;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface UnitRun {
  readonly drain: UnitDrain;
  /** The unit answers: from now on the folder says so. */
  listening(url: string): void;
}

/** Listens for SIGUSR2 until the unit ends. */
export function startUnitRun(options: UnitRunOptions): UnitRun {
  const { role, dir, part = nothingToFinish, host, shutdown, clock, logger, metrics } = options;
  const mark = markOf(host.pid);
  let url: string | null = null;
  let isDrained = false;
  const say = (state: RunState, left: Left): void => {
    if (url === null) return;
    try {
      writeRunRecord(dir, { ...mark, role, url, state, left });
      isDrained = state === "drained";
    } catch (error) {
      logger.warn("the run's record was not written", { error });
    }
  };
  const end = (): Promise<void> => shutdown.begin("drained", 0);
  const drain = new UnitDrain({ part, clock, logger, onProgress: say, end });
  host.on("SIGUSR2", () => void drain.begin());
  // What says that it was drained stays for whoever waits for it; the next start takes it away.
  shutdown.onEnd("run", () => {
    if (!isDrained) removeRunRecord(dir, host.pid);
  });
  metrics.measured(
    { name: "draining", help: "1 while the unit takes nothing new and ends." },
    () => (drain.isDraining ? 1 : 0),
  );
  return {
    drain,
    listening: (at) => {
      url = at;
      clearEndedRuns(dir);
      say("running", {});
    },
  };
}
