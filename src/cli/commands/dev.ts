/**
 * `nymcompute dev`: a whole network on this machine until Ctrl-C.
 *
 * @module
 */

import { resolve } from "node:path";
import type { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { type DevNetwork, startDevNetwork } from "../dev-network.ts";
import { devOptions } from "../dev-options.ts";
import { programName } from "../program-name.ts";
import type { Terminal } from "../terminal.ts";
import { untilSignal } from "../until-signal.ts";

export const devCommand: Command = defineCommand({
  command: "nymcompute dev",
  summary: "Runs a messenger, a scheduler and a compute unit on this machine, until Ctrl-C.",
  options: devOptions,
  run: async ({ values, isJson, terminal }) => {
    const failure = await runDevNetwork(values, terminal, async (network) => {
      const { messenger, scheduler, compute, network: id, accounts } = network.record;
      if (isJson) {
        terminal.write(
          `${JSON.stringify({ messenger, scheduler, compute, network: id, accounts })}\n`,
        );
      } else
        terminal.write(`${describe(network, values.data)}\n\n${tryNext(programName(terminal))}\n`);
    });
    return failure === null ? {} : { failure };
  },
});

/**
 * Runs a network and, once it answers, `onReady`; then waits for a signal. Answers why it ended by
 * itself, or null.
 */
export async function runDevNetwork(
  values: { readonly data: string; readonly port: number; readonly prover: number },
  terminal: Terminal,
  onReady: (network: DevNetwork, signal: AbortSignal) => Promise<void>,
): Promise<CliError | null> {
  const ending = untilSignal();
  try {
    const network = await startDevNetwork({
      folder: resolve(terminal.folder, values.data),
      port: values.port,
      prover: values.prover,
      signal: ending.signal,
      note: terminal.note,
      progress: terminal.progress,
    });
    try {
      await Promise.race([onReady(network, ending.signal), ending.begun, network.ended]);
      const reason = await Promise.race([ending.begun, network.ended]);
      // A unit that ends because the same Ctrl-C reached it did what it was told.
      return reason === undefined || ending.signal.aborted ? null : reason;
    } finally {
      terminal.progress(ending.signal.aborted ? "ending …" : null);
      await network.stop();
      terminal.progress(null);
    }
  } catch (error) {
    if (ending.signal.aborted) return null;
    throw error;
  } finally {
    ending.release();
  }
}

/** The network in a few lines. */
export function describe({ record, isNew }: DevNetwork, folder: string): string {
  const { messenger, scheduler, compute, network, accounts } = record;
  return [
    `${isNew ? "A new network" : "The network"} in ${folder} answers.`,
    "",
    `  messenger  ${messenger}`,
    `  scheduler  ${scheduler}`,
    `  compute    ${compute}`,
    `  network    ${network}`,
    `  console    ${messenger}/console`,
    "",
    `${accounts.length} accounts, keys in ${folder}/accounts (not encrypted: for development only)`,
    ...accounts.slice(0, 2).map(({ address }, i) => `  ${i}  ${address}`),
    "  …",
  ].join("\n");
}

function tryNext(program: string): string {
  return `Try next, in another terminal:

  ${program} init my-process
  cd my-process
  ${program} test
  ${program} build
  ${program} spawn build/index.wasm
  ${program} send PROCESS --action Increment

Ctrl-C ends the network; nothing is lost.`;
}
