/**
 * The witness's command.
 *
 * @module
 */

import type { CommandDeclaration, OptionValues } from "../src/node/config-declaration.ts";
import { unitOptions } from "../src/node/unit/unit-options.ts";

export const witnessOptions = [
  ...unitOptions,
  {
    name: "scheduler",
    kind: "list",
    default: [],
    required: true,
    placeholder: "URL",
    help: "a scheduler whose heads are cosigned",
  },
] as const;

export type WitnessOptionValues = OptionValues<typeof witnessOptions>;

export const witnessCommand: CommandDeclaration<typeof witnessOptions> = {
  command: "nymcompute witness",
  summary:
    "Runs a witness: cosigns heads of logs that only ever grew, and keeps what convicts others.",
  options: witnessOptions,
};
