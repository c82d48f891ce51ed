/**
 * `nymcompute send`: signs a message, sends it, shows what came of it.
 *
 * @module
 */

import { systemClock } from "../../base/clock.ts";
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
import { proofLateOf, withProof } from "../wait-proof.ts";

/** How long a proof is waited for where nothing else is said. */
const proofTimeoutMs = 10 * 60 * 1000;

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
      help: "how far to wait; a proof takes seconds to minutes, and only a unit with a prover makes one",
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
  run: async ({ values, arguments: given, sources, terminal }) => {
    if (values.finality !== "none") {
      const fields = { expected: "none", got: values.finality, reason: "no head is signed yet" };
      throw new CliError("FINALITY_UNAVAILABLE", fields, "send with --finality none");
    }
    const data = await dataOf(values, terminal.folder);
    const tags = tagsOf(values.tag);
    const connection = await openNetwork(values, terminal.folder);
    const signer = await openSigner(values, connection.network, terminal);
    const { action, budget } = values;
    const isPatient = values.wait === "proof" && sources["timeout"] === "default";
    const timeoutMs = isPatient ? proofTimeoutMs : values.timeout;
    const wait = values.wait === "assignment" ? "assignment" : "result";
    terminal.progress(`sending, waiting for the ${wait} …`);
    const start = systemClock.monotonic();
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
    const evaluated = await sentWithResult(connection, accepted, timeoutMs);
    const leftMs = timeoutMs - (systemClock.monotonic() - start);
    const isProofWanted = values.wait === "proof";
    const sent = isProofWanted
      ? await withProof(connection, evaluated, { leftMs, terminal })
      : evaluated;
    const { id, process, slot, result, receipt } = sent;
    const proof = result?.["proof"] ?? null;
    const { text, failure = isProofWanted ? proofLateOf(sent, timeoutMs) : undefined } =
      sentOutcome(sent, timeoutMs);
    return {
      text,
      ...(failure === undefined ? {} : { failure }),
      json: { id, process, slot, result, proof, receipt },
    };
  },
});
