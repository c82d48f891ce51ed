/**
 * `nymcompute verify`: checks a receipt on this machine alone, line by line, or judges a file of evidence.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type EvidenceVerdict, isEvidence, judgeEvidence } from "../../client/judge-evidence.ts";
import { type ReceiptVerdict, receiptLevels, verifyReceipt } from "../../client/verify-receipt.ts";
import { checked } from "../../protocol/errors.ts";
import { receiptBytesMax } from "../../protocol/limits.ts";
import { receiptRecord } from "../../protocol/receipt.ts";
import { checkLinesText } from "../check-lines-text.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand, type Outcome } from "../command.ts";
import { argumentAt } from "../options.ts";
import { holdAgainstSeen } from "../seen-receipts.ts";
import type { Terminal } from "../terminal.ts";

export const verifyCommand: Command = defineCommand({
  command: "nymcompute verify",
  summary: "Checks a receipt, or evidence of a lie, offline and says what it shows.",
  arguments: [{ name: "FILE", help: "a receipt, as `nymcompute receipt` writes it, or evidence" }],
  options: [
    {
      name: "process",
      kind: "string",
      env: null,
      placeholder: "ID",
      help: "the process that it must be about",
    },
    { name: "network", kind: "string", placeholder: "ID", help: "the network that it must be of" },
    {
      name: "witness",
      kind: "list",
      default: [],
      env: null,
      placeholder: "VKEY",
      help: "a witness's key, as its /vkey says; may be repeated",
    },
    {
      name: "require",
      kind: "string",
      env: null,
      choices: receiptLevels,
      help: "what must have been reached; no receipt of this version reaches `proven`",
    },
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const bytes = new Uint8Array(await readFile(resolve(terminal.folder, argumentAt(given, 0))));
    if (bytes.length > receiptBytesMax) {
      const fields = { expected: `at most ${receiptBytesMax} bytes`, got: bytes.length };
      throw new CliError("ARGUMENT_INVALID", fields, "name a receipt");
    }
    if (isEvidence(bytes)) return evidenceOutcome(judgeEvidence(bytes));
    const { process, network } = values;
    const require = receiptLevels.find((level) => level === values.require);
    terminal.progress("checking …");
    const verdict = verifyReceipt(bytes, {
      ...{ process, network, require, witnesses: values.witness },
    });
    const failure = failureOf(verdict, require);
    const evidence = await heldAgainstSeen(bytes, terminal);
    return {
      json: { ...verdict, required: require ?? null, evidence },
      text: verdictText(verdict),
      ...(failure === null ? {} : { failure }),
    };
  },
});

/** A receipt whose head does not go with others that were seen convicts; nobody is asked. */
async function heldAgainstSeen(bytes: Uint8Array, terminal: Terminal): Promise<readonly string[]> {
  const read = checked(() => receiptRecord.decode(bytes));
  const [entry, receipt] = read.ok ? [read.value.entries.at(-1), read.value.head] : [];
  if (entry === undefined || receipt === undefined || receipt === null) return [];
  return holdAgainstSeen({ entry, receipt }, [], terminal);
}

function evidenceOutcome(verdict: EvidenceVerdict): Outcome {
  if (!verdict.convicts) {
    const { reason, detail } = verdict;
    const failure = new CliError("EVIDENCE_UNSHOWN", { reason }, "it convicts nobody");
    return { json: verdict, text: `convicts nobody: ${detail}`, failure };
  }
  const { role, unit, lie, detail } = verdict;
  const named = role === "scheduler" ? "scheduler" : "compute unit";
  return { json: verdict, text: `${lie}: the ${named} ${unit} has lied\n${detail}` };
}

function verdictText({ checks, levels, process, slot }: ReceiptVerdict): string {
  const lines = process === null ? [] : [`slot ${slot} of ${process}`];
  lines.push(...checkLinesText(checks));
  lines.push(`level: ${levels.length === 0 ? "none" : levels.join(", ")}`);
  return lines.join("\n");
}

function failureOf({ ok, checks, levels }: ReceiptVerdict, require?: string): CliError | null {
  if (ok) return null;
  const invalid = checks.filter(({ status }) => status === "invalid").map(({ name }) => name);
  if (invalid.length > 0) {
    return new CliError("RECEIPT_INVALID", { invalid: invalid.join(", ") }, "do not believe it");
  }
  const got = levels.length === 0 ? "none" : levels.join(", ");
  const next = "fetch it again once more is there: nymcompute receipt MESSAGE -o FILE";
  return new CliError("LEVEL_UNMET", { expected: require ?? null, got }, next);
}
