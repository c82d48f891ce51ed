/**
 * `nymcompute replay`: evaluates a process's whole log on this machine and compares it with what a
 * compute unit says, or with what another module would have made of it.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ComputeClient } from "../../client/compute-client.ts";
import type { LogSource } from "../../node/checked-pages.ts";
import { replayProcess } from "../../node/replay.ts";
import { shadowReplay } from "../../node/shadow-replay.ts";
import { VerifierPool } from "../../node/verifier-pool/verifier-pool.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { contentIdOf, idText, parseId } from "../../protocol/ids.ts";
import { compileProcessModule } from "../../runtime/process-module.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand, type Outcome } from "../command.ts";
import { openNetwork } from "../open-network.ts";
import { argumentAt, networkOptions } from "../options.ts";
import { schedulerOf } from "../process-log.ts";
import { shadowText, shadowView } from "../shadow-text.ts";
import type { Terminal } from "../terminal.ts";

export const replayCommand: Command = defineCommand({
  command: "nymcompute replay",
  summary:
    "Evaluates a process's log here, and compares every result with the compute unit's, bit by bit; or, with another module, shows what that one would have changed.",
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
    {
      name: "with",
      kind: "string",
      env: null,
      placeholder: "MODULE.wasm",
      help: "evaluate with this module as well, and show what it would have changed",
    },
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const connection = await openNetwork(values, terminal.folder);
    const process = parseId(argumentAt(given, 0), "process");
    const { scheduler } = await schedulerOf(connection, process);
    const { address } = await scheduler.info();
    const source: LogSource = {
      network: parseId(connection.network, "network"),
      process,
      scheduler,
      schedulerAddress: parseId(address, "scheduler"),
      to: values.to ?? Number.MAX_SAFE_INTEGER - 1,
    };
    if (values.with !== undefined) {
      return replayWith(source, resolve(terminal.folder, values.with), terminal);
    }
    const [compute] = connection.computes;
    if (compute === undefined) {
      throw new CliError(
        "ARGUMENT_INVALID",
        { expected: "a compute unit" },
        "name one: --compute URL",
      );
    }
    return compareWithUnit(source, compute, terminal);
  },
});

async function compareWithUnit(
  source: LogSource,
  compute: ComputeClient,
  terminal: Terminal,
): Promise<Outcome> {
  const verifier = new VerifierPool({ workerCount: 1 });
  try {
    const report = await replayProcess({
      ...source,
      compute,
      verifier,
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
}

/** The log through the process's own module and through that of a file. */
async function replayWith(source: LogSource, path: string, terminal: Terminal): Promise<Outcome> {
  const candidate = new Uint8Array(await readFile(path));
  // Told here, with its place in the file, rather than as a failure of slot 0.
  compileProcessModule(candidate);
  const replayed = await shadowReplay({
    ...source,
    candidate,
    onProgress: (slots) => terminal.progress(`${slots} slots in both modules …`),
  });
  if (replayed === null) {
    throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(source.process) });
  }
  const { module } = replayed.terms;
  const modules = { current: idText(module), candidate: idText(contentIdOf(candidate)) };
  const { report, first } = await shadowView(replayed, modules);
  const { terms: _, ...counts } = report;
  const json = { ok: first === null, firstDifference: first, ...counts, modules };
  const outcome = { json, text: shadowText(report) };
  if (first === null) return outcome;
  return { ...outcome, failure: new CliError("REPLAY_DIFFERS", { slot: first.slot }, differsNext) };
}

const differsNext = "the log itself is untouched; spawn the new module to use it";
