/**
 * `nymcompute send`: signs a message, sends it, shows what came of it.
 *
 * @module
 */

import { systemClock } from "../../base/clock.ts";
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
import { holdAgainstSeen } from "../seen-receipts.ts";
import { finalityLateOf, receiptText, sentOutcome, sentWithResult } from "../sent.ts";
import { proofLateOf, withProof } from "../wait-proof.ts";

/** How long a proof is waited for where nothing else is said. */
const proofTimeoutMs = 10 * 60 * 1000;

const finalities = ["none", "signed", "witnessed"] as const;

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
      default: "signed",
      env: null,
      choices: finalities,
      help: "what must cover the message: nothing, its scheduler's signed head, or one that the witnesses of the process have cosigned",
    },
    budgetOption,
    timeoutOption,
    ...keyOptions,
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, sources, terminal }) => {
    const data = await dataOf(values, terminal.folder);
    const tags = tagsOf(values.tag);
    const connection = await openNetwork(values, terminal.folder);
    const signer = await openSigner(values, connection.network, terminal);
    const { action, budget } = values;
    const finality = finalities.find((one) => one === values.finality) ?? "signed";
    const isPatient = values.wait === "proof" && sources["timeout"] === "default";
    const timeoutMs = isPatient ? proofTimeoutMs : values.timeout;
    const wait = values.wait === "assignment" ? "assignment" : "result";
    terminal.progress(`sending, waiting for the ${wait} …`);
    const start = systemClock.monotonic();
    const accepted = await connection.message(argumentAt(given, 0), {
      signer,
      tags,
      wait,
      finality,
      timeoutMs,
      ...(action === undefined ? {} : { action }),
      ...(data === undefined ? {} : { data }),
      ...(budget === undefined ? {} : { budget }),
    });
    const urls = connection.schedulers.map(({ unit }) => unit.url);
    const { received } = accepted;
    const evidence = received === null ? [] : await holdAgainstSeen(received, urls, terminal);
    if (wait === "assignment") {
      const { id, process, slot, receipt } = accepted;
      const failure = finalityLateOf(accepted, finality, timeoutMs);
      return {
        json: { id, process, slot, result: null, proof: null, receipt, evidence },
        text: `message ${id}\nslot ${slot ?? "none yet"}${receiptText(accepted)}`,
        ...(failure === undefined ? {} : { failure }),
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
    const late = isProofWanted ? proofLateOf(sent, timeoutMs) : undefined;
    const { text, failure = late ?? finalityLateOf(sent, finality, timeoutMs) } = sentOutcome(
      sent,
      timeoutMs,
    );
    return {
      text: `${text}${receiptText(sent)}`,
      ...(failure === undefined ? {} : { failure }),
      json: { id, process, slot, result, proof, receipt, evidence },
    };
  },
});
