/**
 * `nymcompute send`: signs a message, sends it, shows what came of it.
 *
 * @module
 */

import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { openNetwork, openSigner } from "../open-network.ts";
import {
  actionOption,
  argumentAt,
  budgetOption,
  contentOptions,
  dataOf,
  keyOptions,
  networkOptions,
  tagsOf,
  timeoutOption,
} from "../options.ts";
import { sentOutcome, sentWithResult } from "../sent.ts";

export const sendCommand: Command = defineCommand({
  command: "nymcompute send",
  summary: "Signs a message to a process, sends it, and shows what came of it.",
  arguments: [{ name: "PROCESS", help: "the process's id" }],
  options: [
    actionOption,
    ...contentOptions,
    {
      name: "wait",
      kind: "string",
      default: "result",
      env: null,
      choices: ["assignment", "result", "proof"],
      help: "how far to wait; no unit proves yet, so `proof` answers its state at once",
    },
    {
      name: "finality",
      kind: "string",
      default: "none",
      env: null,
      choices: ["none", "signed", "witnessed"],
      help: "what the answer must be covered by; no head is signed yet",
    },
    budgetOption,
    timeoutOption,
    ...keyOptions,
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, terminal }) => {
    if (values.finality !== "none") {
      const fields = { expected: "none", got: values.finality, reason: "no head is signed yet" };
      throw new CliError("FINALITY_UNAVAILABLE", fields, "send with --finality none");
    }
    const data = await dataOf(values, terminal.folder);
    const tags = tagsOf(values.tag);
    const connection = await openNetwork(values, terminal.folder);
    const signer = await openSigner(values, connection.network, terminal);
    const { action, budget, timeout: timeoutMs } = values;
    const wait = values.wait === "assignment" ? "assignment" : "result";
    terminal.progress(`sending, waiting for the ${wait} …`);
    const accepted = await connection.message(argumentAt(given, 0), {
      signer,
      tags,
      wait,
      timeoutMs,
      ...(action === undefined ? {} : { action }),
      ...(data === undefined ? {} : { data }),
      ...(budget === undefined ? {} : { budget }),
    });
    if (wait === "assignment") {
      const { id, process, slot } = accepted;
      return {
        json: { id, process, slot, result: null, proof: null, receipt: null },
        text: `message ${id}\nslot ${slot ?? "none yet"}`,
      };
    }
    const sent = await sentWithResult(connection, accepted, timeoutMs);
    const { id, process, slot, result, receipt } = sent;
    const proof = result?.["proof"] ?? null;
    return {
      ...sentOutcome(sent, timeoutMs),
      json: { id, process, slot, result, proof, receipt },
    };
  },
});
