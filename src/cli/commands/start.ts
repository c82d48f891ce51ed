/**
 * `nymcompute start`, which is what `npm start` runs: a network on this machine, a first message that
 * goes round, and what to try next. Runs until Ctrl-C.
 *
 * @module
 */

import { type Command, defineCommand } from "../command.ts";
import { devOptions } from "../dev-options.ts";
import { programName } from "../program-name.ts";
import { runTour, type TourEnd } from "../tour.ts";
import { describe, runDevNetwork } from "./dev.ts";

export const startCommand: Command = defineCommand({
  command: "nymcompute start",
  summary: "Runs a network on this machine and shows a first message go round, until Ctrl-C.",
  options: devOptions,
  run: async ({ values, isJson, terminal }) => {
    const failure = await runDevNetwork(values, terminal, async (network, signal) => {
      const say = (text: string): void => {
        if (!isJson && !signal.aborted) terminal.write(`${text}\n`);
      };
      say(`${describe(network, values.data)}\n`);
      const end = await runTour(network.record, say);
      const { messenger, scheduler, compute, network: id, accounts } = network.record;
      if (isJson) {
        const units = { messenger, scheduler, compute, network: id, accounts };
        terminal.write(`${JSON.stringify({ ...units, ...end })}\n`);
      }
      say(tryNext(end, programName(terminal), accounts[1]?.address ?? ""));
    });
    return failure === null ? {} : { failure };
  },
});

function tryNext({ token, counter, message }: TourEnd, program: string, other: string): string {
  return `What to try next, in another terminal of this folder:

  ${program} send ${token} --action Transfer --tag Recipient=${other} --tag Quantity=10
  ${program} call ${token} --action Balance --tag Recipient=${other}
  ${program} send ${counter} --action Increment
  ${program} trace ${message}
  ${program} log ${token}
  ${program} replay ${token}
  ${program} audit ${token} --wait proof
  ${program} receipt ${message} -o transfer.receipt
  ${program} verify transfer.receipt --process ${token}
  ${program} doctor

Your own process:

  ${program} init my-process
  ${program} test --cwd my-process
  ${program} build --cwd my-process
  ${program} spawn my-process/build/index.wasm

The network runs until Ctrl-C; the next start takes it up where it was.`;
}
