/**
 * `nymcompute doctor`: what this machine has, which units answer, and what to mend.
 *
 * @module
 */

import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { type Check, checkLine } from "../doctor-check.ts";
import { checkMachine } from "../doctor-machine.ts";
import { checkUnits } from "../doctor-units.ts";
import { urlsOf } from "../open-network.ts";
import { networkOptions } from "../options.ts";

export const doctorCommand: Command = defineCommand({
  command: "nymcompute doctor",
  summary: "Looks at this machine and at the units of a network, and says what to mend.",
  options: networkOptions,
  run: async ({ values, terminal }) => {
    terminal.progress("looking at this machine …");
    const checks: Check[] = [...(await checkMachine())];
    terminal.progress("asking the units …");
    try {
      checks.push(...(await checkUnits(await urlsOf(values, terminal.folder), values.network)));
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
