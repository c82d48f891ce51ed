/**
 * The scheduler's command.
 *
 * @module
 */

import type { CommandDeclaration, OptionValues } from "../src/node/config-declaration.ts";
import { unitOptions } from "../src/node/unit/unit-options.ts";

export const schedulerOptions = [
  ...unitOptions,
  {
    name: "witness",
    kind: "list",
    default: [],
    placeholder: "URL",
    help: "a witness that is asked to cosign the heads",
  },
] as const;

export type SchedulerOptionValues = OptionValues<typeof schedulerOptions>;

export const schedulerCommand: CommandDeclaration<typeof schedulerOptions> = {
  command: "nymcompute scheduler",
  summary: "Runs a scheduler: gives each message of a process its slot, and serves the logs.",
  options: schedulerOptions,
};
