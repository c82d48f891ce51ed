/**
 * `nymcompute drain`: has a unit of this machine take nothing new, finish what it has, and end. The unit is
 * found through its data folder and told by a signal, so only its own user can do it; nothing of it goes
 * over the network.
 *
 * @module
 */

import { resolve } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { isAlive } from "../../node/store/process-mark.ts";
import type { Left } from "../../node/unit/drain.ts";
import { type RunRecord, runningIn, runRecordOf } from "../../node/unit/run-record.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";

const lookMs = 50;

export const drainCommand: Command = defineCommand({
  command: "nymcompute drain",
  summary:
    "Has a unit take nothing new, finish what it has, and end. Run it as the user that runs the unit.",
  options: [
    {
      name: "data",
      kind: "string",
      placeholder: "DIR",
      help: "the unit's data folder, as its own --data names it",
    },
    {
      name: "pid",
      kind: "number",
      env: null,
      min: 1,
      max: 2 ** 31,
      placeholder: "N",
      help: "which process, where several instances of a scheduler share the folder",
    },
    {
      name: "timeout",
      kind: "number",
      env: null,
      default: 90,
      min: 1,
      max: 3600,
      placeholder: "SECONDS",
      help: "how long to wait for its end; the unit itself takes no longer than a minute",
    },
  ],
  run: async ({ values, terminal }) => {
    if (values.data === undefined) {
      throw new CliError(
        "ARGUMENT_INVALID",
        { expected: "--data DIR" },
        "name a folder: --data DIR",
      );
    }
    const dir = resolve(terminal.folder, values.data);
    const unit = unitIn(dir, values.pid);
    const began = systemClock.monotonic();
    process.kill(unit.pid, "SIGUSR2");
    const limit = began + 1000 * values.timeout;
    const show = (left: Left): void => terminal.progress(`draining: ${textOf(left) || "…"}`);
    const left = await untilDrained(dir, unit, { limit, show });
    const seconds = Math.round((systemClock.monotonic() - began) / 100) / 10;
    const { role, pid } = unit;
    const kept = textOf(left);
    const rest = kept === "" ? "nothing is left" : `its store keeps for the next start: ${kept}`;
    return {
      json: { role, pid, drained: true, seconds, left },
      text: `${role} drained and ended in ${seconds} s; ${rest}`,
    };
  },
});

/** The unit's process. */
function unitIn(dir: string, pid: number | undefined): RunRecord {
  const running = runningIn(dir).filter((each) => pid === undefined || each.pid === pid);
  const [unit, other] = running;
  if (unit === undefined) {
    const next = "name the --data of a unit that runs on this machine";
    throw new CliError("UNIT_NOT_RUNNING", { folder: dir, ...(pid && { pid }) }, next);
  }
  if (other === undefined) return unit;
  const pids = running.map((each) => each.pid).join(" ");
  throw new CliError("ARGUMENT_INVALID", { expected: "--pid N", pids }, "name one with --pid");
}

/** Answers what the unit's store keeps once it has ended. */
async function untilDrained(
  dir: string,
  unit: RunRecord,
  until: { readonly limit: number; readonly show: (left: Left) => void },
): Promise<Left> {
  for (;;) {
    // Looked at first: what a process wrote before it ended is there then.
    const isRunning = isAlive(unit);
    const record = runRecordOf(dir, unit.pid);
    if (!isRunning && record?.state === "drained") return record.left;
    if (!isRunning) {
      const next = "look into the unit's log; what it acknowledged is in its store";
      throw new CliError("UNIT_ENDED", { unit: unit.role, how: "before it was drained" }, next);
    }
    if (record?.state === "draining") until.show(record.left);
    if (systemClock.monotonic() > until.limit) {
      throw new CliError("DRAIN_LATE", { unit: unit.role, pid: unit.pid }, "wait on, or end it");
    }
    await systemClock.sleep(lookMs);
  }
}

/** `3 pushes, 1 proof`, or nothing. */
function textOf(left: Left): string {
  return Object.entries(left)
    .map(([name, count]) => `${count} ${name.replaceAll(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`)}`)
    .join(", ");
}
