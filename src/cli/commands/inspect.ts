/**
 * `nymcompute inspect`: what a process holds, as its developer wrote it. The log is evaluated here up
 * to the slot, and memory is read with the names and layouts that `build` left beside the module.
 *
 * @module
 */

import { inspectState } from "../../kit/inspect-state.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { count } from "../gas-text.ts";
import { stateText } from "../inspect-text.ts";
import { withProcessOf } from "../local-process.ts";
import { moduleKnowledgeOf } from "../module-maps.ts";
import { argumentAt, networkOptions } from "../options.ts";

export const inspectCommand: Command = defineCommand({
  command: "nymcompute inspect",
  summary: "Shows what a process holds: its globals, and the objects, strings and maps in them.",
  arguments: [{ name: "PROCESS", help: "the process's id" }],
  options: [
    {
      name: "slot",
      kind: "string",
      env: null,
      placeholder: "SLOT|MESSAGE",
      help: "the state after it; by default after the newest",
    },
    {
      name: "global",
      kind: "string",
      env: null,
      placeholder: "NAME",
      help: "one global, by its name or the end of it; by default all that are not a library's",
    },
    {
      name: "depth",
      kind: "number",
      default: 4,
      min: 1,
      max: 64,
      env: null,
      placeholder: "N",
      help: "objects within objects",
    },
    {
      name: "items",
      kind: "number",
      default: 20,
      min: 0,
      max: 10_000,
      env: null,
      placeholder: "N",
      help: "entries of each collection",
    },
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const process = argumentAt(given, 0);
    const place = { values, process, place: values.slot ?? null, before: false, terminal };
    return withProcessOf(place, async (local) => {
      const state = await local.state();
      const { debug } = await moduleKnowledgeOf(local.terms.module);
      if (debug === null) terminal.note(unknownNote);
      const { depth, items, global } = values;
      const globals = inspectState(state, debug, { depth, items, wants: wantsOf(global) });
      if (globals.length === 0 && global !== undefined) {
        const fields = { expected: "a global of the process", got: global };
        throw new CliError("ARGUMENT_INVALID", fields, "leave --global out to see all");
      }
      const slot = local.slots - 1;
      const head = `slot ${slot}  ${count(state.memory.length)} bytes of memory`;
      return {
        json: { process, slot, memoryBytes: state.memory.length, globals },
        text: `${head}\n${stateText(globals)}`,
      };
    });
  },
});

const unknownNote =
  "this module was not built here, so its globals have no names: nymcompute build its sources";

/** `balances` finds `assembly/ledger/balances`. */
function wantsOf(global: string | undefined): (name: string) => boolean {
  if (global === undefined) return (name) => !name.startsWith("~");
  return (name) => name === global || name.endsWith(`/${global}`);
}
