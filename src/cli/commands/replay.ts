/**
 * `nymcompute replay`: evaluates a process's whole log on this machine and compares.
 *
 * @module
 */

import { replayProcess } from "../../node/replay.ts";
import { VerifierPool } from "../../node/verifier-pool/verifier-pool.ts";
import { parseId } from "../../protocol/ids.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { openNetwork } from "../open-network.ts";
import { argumentAt, networkOptions } from "../options.ts";
import { schedulerOf } from "../process-log.ts";

export const replayCommand: Command = defineCommand({
  command: "nymcompute replay",
  summary:
    "Evaluates a process's log here, and compares every result with the compute unit's, bit by bit.",
  arguments: [{ name: "PROCESS", help: "the process's id" }],
  options: [
    {
      name: "to",
      kind: "number",
      min: 0,
      env: null,
      placeholder: "SLOT",
      help: "the last slot; by default the newest",
    },
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const connection = await openNetwork(values, terminal.folder);
    const process = parseId(argumentAt(given, 0), "process");
    const { scheduler } = await schedulerOf(connection, process);
    const [compute] = connection.computes;
    if (compute === undefined) {
      throw new CliError(
        "ARGUMENT_INVALID",
        { expected: "a compute unit" },
        "name one: --compute URL",
      );
    }
    const { address } = await scheduler.info();
    const verifier = new VerifierPool({ workerCount: 1 });
    try {
      const report = await replayProcess({
        network: parseId(connection.network, "network"),
        process,
        scheduler,
        schedulerAddress: parseId(address, "scheduler"),
        compute,
        verifier,
        to: values.to ?? Number.MAX_SAFE_INTEGER - 1,
        onProgress: (slots) => terminal.progress(`${slots} slots are equal …`),
      });
      const { slots, firstDifference: first } = report;
      const text = `${slots} slots evaluated here: every result, root and output equal`;
      if (first === null) return { json: report, text };
      const next = "do not trust this compute unit's results from that slot on";
      const failure = new CliError("REPLAY_DIFFERS", { ...first }, next);
      return { json: report, text: `${slots} slots are equal`, failure };
    } finally {
      await verifier.close();
    }
  },
});
