/**
 * The scheduler's command.
 *
 * @module
 */

import type { CommandDeclaration } from "../src/node/config-declaration.ts";
import { unitOptions } from "../src/node/unit/unit-options.ts";

export const schedulerCommand: CommandDeclaration<typeof unitOptions> = {
  command: "nymcompute scheduler",
  summary: "Runs a scheduler: gives each message of a process its slot, and serves the logs.",
  options: unitOptions,
};
