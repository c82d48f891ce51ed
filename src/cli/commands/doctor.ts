/**
 * `nymcompute doctor`: what this machine has, which units answer, and what to mend.
 *
 * @module
 */

import { resolve } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { runningIn } from "../../node/unit/run-record.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { type Check, checkLine } from "../doctor-check.ts";
import { checkCopies, checkFolder, checkKey } from "../doctor-folder.ts";
import { checkMachine } from "../doctor-machine.ts";
import { checkUnits, unitsOf } from "../doctor-units.ts";
import { urlsOf } from "../open-network.ts";
import { networkOptions } from "../options.ts";

export const doctorCommand: Command = defineCommand({
  command: "nymcompute doctor",
  summary: "Looks at this machine and at the units of a network, and says what to mend.",
  options: [
    ...networkOptions,
    {
      name: "data",
      kind: "list",
      default: [],
      env: null,
      placeholder: "DIR",
      help: "a data folder of a unit on this machine: looked at with the unit that runs on it",
    },
    {
      name: "copies",
      kind: "string",
      env: null,
      placeholder: "DIR",
      help: "where `nymcompute backup` puts its copies: how old is the newest?",
    },
    {
      name: "key",
      kind: "string",
      env: null,
      placeholder: "FILE",
      help: "a unit's key file: can others read it?",
    },
  ],
  run: async ({ values, terminal }) => {
    terminal.progress("looking at this machine …");
    const checks: Check[] = [...(await checkMachine())];
    const at = (path: string): string => resolve(terminal.folder, path);
    const folders = values.data.map(at);
    for (const dir of folders) checks.push(...(await checkFolder(dir, systemClock)));
    if (values.key !== undefined) checks.push(await checkKey(at(values.key)));
    if (values.copies !== undefined) checks.push(await checkCopies(at(values.copies), systemClock));
    terminal.progress("asking the units …");
    try {
      // Who names folders asks for what runs on them, and for others only by name.
      const isOwn = folders.length > 0 && values.messenger === undefined;
      const units = isOwn
        ? folders.flatMap(runningIn)
        : unitsOf(await urlsOf(values, terminal.folder));
      checks.push(...(await checkUnits(units, values.network)));
    } catch (error) {
      const found = (error as Error).message;
      checks.push({ name: "messenger", state: "bad", found, mend: "look at its URL" });
    }
    const bad = checks.filter(({ state }) => state === "bad");
    const text = checks.map(checkLine).join("\n");
    if (bad.length === 0) return { json: { checks }, text };
    const fields = { bad: bad.length, which: bad.map(({ name }) => name).join(", ") };
    const failure = new CliError("CHECKS_FAILED", fields, bad[0]?.mend ?? null);
    return { json: { checks }, text, failure };
  },
});
