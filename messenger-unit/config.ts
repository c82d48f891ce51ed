/**
 * The messenger's command.
 *
 * @module
 */

import type { CommandDeclaration, OptionValues } from "../src/node/config-declaration.ts";
import { unitOptions } from "../src/node/unit/unit-options.ts";
import { messengerLimitDefaults } from "./limits.ts";

export const messengerOptions = [
  ...unitOptions,
  {
    name: "scheduler",
    kind: "list",
    default: [],
    required: true,
    placeholder: "URL",
    help: "a scheduler to hand messages to",
  },
  {
    name: "compute",
    kind: "list",
    default: [],
    required: true,
    placeholder: "URL",
    help: "a compute unit to take results from",
  },
  {
    name: "public-url",
    kind: "list",
    default: [],
    placeholder: "URL=URL",
    help: "a unit's URL as above, and the one by which others reach it",
  },
  {
    name: "peer-messages",
    kind: "number",
    default: messengerLimitDefaults.remotePerSecond,
    min: 1,
    max: 1_000_000,
    placeholder: "N",
    help: "messages a second that one address may hand in",
  },
  {
    name: "owner-messages",
    kind: "number",
    default: messengerLimitDefaults.ownerPerSecond,
    min: 1,
    max: 1_000_000,
    placeholder: "N",
    help: "messages a second that one owner may sign",
  },
  {
    name: "unlisted",
    kind: "boolean",
    default: false,
    help: "show nobody which messages came through this messenger",
  },
] as const;

export type MessengerOptionValues = OptionValues<typeof messengerOptions>;

export const messengerCommand: CommandDeclaration<typeof messengerOptions> = {
  command: "nymcompute messenger",
  summary:
    "Runs a messenger: brings messages to their schedulers, and what results send to its targets.",
  options: messengerOptions,
};
