/**
 * `nymcompute devnet`: controls of a network that `nymcompute dev` runs: its state is kept and put back,
 * its clock is moved, its units are killed and started again.
 *
 * @module
 */

import { resolve } from "node:path";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import type { DevRequest, DevStatus } from "../dev-control.ts";
import { askDevNetwork } from "../dev-control-http.ts";
import { type DevRecord, devNetworkNear, devRecordIn, isAlive } from "../dev-record.ts";

const actions = "status, snapshot, revert, dump, load, time, kill, restart";

export const devnetCommand: Command = defineCommand({
  command: "nymcompute devnet",
  summary: "Controls a network that `nymcompute dev` runs.",
  arguments: [
    { name: "ACTION", help: `${actions}; by default status`, isOptional: true },
    {
      name: "WHAT",
      help: "snapshot, revert: a NAME; dump, load: a folder; time: +MS, or a date; kill, restart: a unit",
      isOptional: true,
    },
  ],
  options: [
    {
      name: "data",
      kind: "string",
      placeholder: "DIR",
      help: "the network's folder; by default the nearest .nymcompute that runs",
    },
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const { folder } = terminal;
    const [action = "status", what] = given;
    const record = await recordOf(values.data, folder);
    terminal.progress(`${action} …`);
    const status = await askDevNetwork(record, await requestOf(action, what, { folder, record }));
    return { json: status, text: statusText(status) };
  },
});

async function recordOf(data: string | undefined, folder: string): Promise<DevRecord> {
  const record =
    data === undefined ? await devNetworkNear(folder) : await devRecordIn(resolve(folder, data));
  if (record !== null && isAlive(record.pid)) return record;
  const fields = { folder: data === undefined ? folder : resolve(folder, data) };
  throw new CliError("DEV_ABSENT", fields, "start one with `nymcompute dev`, or name its --data");
}

async function requestOf(
  action: string,
  what: string | undefined,
  { folder, record }: { readonly folder: string; readonly record: DevRecord },
): Promise<DevRequest> {
  switch (action) {
    case "status":
      return { action };
    case "snapshot":
    case "revert":
      return { action, name: named(what, "a NAME") };
    case "dump":
    case "load":
      return { action, folder: resolve(folder, named(what, "a folder")) };
    case "kill":
    case "restart":
      return { action, unit: named(what, "messenger, scheduler or compute") };
    case "time": {
      const { clock } = await askDevNetwork(record, { action: "status" });
      return { action, offsetMs: offsetOf(named(what, "+MS, or a date"), clock) };
    }
    default:
      throw new CliError("ARGUMENT_INVALID", { expected: actions, got: action.slice(0, 100) });
  }
}

function named(what: string | undefined, expected: string): string {
  if (what !== undefined) return what;
  throw new CliError("ARGUMENT_INVALID", { expected, got: "none" }, "nymcompute devnet --help");
}

/** `+5000` moves the clock on, a date sets it. */
function offsetOf(text: string, { offsetMs, now }: DevStatus["clock"]): number {
  if (/^\+\d{1,15}$/.test(text)) return offsetMs + Number(text);
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return offsetMs + (at - now);
  const next = "write +60000, or 2027-01-01T00:00:00Z";
  throw new CliError("ARGUMENT_INVALID", { expected: "+MS, or a date", got: text }, next);
}

function statusText({ network, folder, units, clock, snapshots }: DevStatus): string {
  const moved = clock.offsetMs === 0 ? "" : `, ${clock.offsetMs} ms ahead`;
  return [
    `network    ${network} in ${folder}`,
    ...units.map(({ role, url, pid }) => {
      return `${role.padEnd(10)} ${url}  ${pid === null ? "down" : `process ${pid}`}`;
    }),
    `clock      ${new Date(clock.now).toISOString()}${moved}`,
    `snapshots  ${snapshots.length === 0 ? "none" : snapshots.join(", ")}`,
  ].join("\n");
}
