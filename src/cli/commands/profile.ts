/**
 * `nymcompute profile`: where a message's gas goes, by function and line. The log is evaluated here up
 * to the message, which then runs on a machine that writes every charge down.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { diagnosticLine, placedDiagnostic } from "../../kit/failure-place.ts";
import { gasReport } from "../../kit/gas-report.ts";
import type { LocalProcess, Profiled } from "../../node/local-run.ts";
import { exits, resultRecord } from "../../protocol/result.ts";
import { validateProcess } from "../../wasm/validate/validate-process.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand, type Outcome } from "../command.ts";
import { count, gasTables, stackText } from "../gas-text.ts";
import { draftInput, isDraft, withProcessOf } from "../local-process.ts";
import { moduleKnowledgeOf } from "../module-maps.ts";
import {
  actionOption,
  argumentAt,
  contentOptions,
  fromOption,
  keyOptions,
  networkOptions,
} from "../options.ts";

export const profileCommand: Command = defineCommand({
  command: "nymcompute profile",
  summary:
    "Shows where a message's gas goes, by function and line: of a slot, or of a message that is not sent.",
  arguments: [
    { name: "PROCESS", help: "the process's id" },
    {
      name: "SLOT|MESSAGE",
      help: "a slot's number or a message's id; left out, the options say the message",
      isOptional: true,
    },
  ],
  options: [
    actionOption,
    ...contentOptions,
    fromOption,
    ...keyOptions,
    {
      name: "folded",
      kind: "string",
      env: null,
      placeholder: "FILE",
      help: "write folded stacks there, as flame graphs are made of",
    },
    {
      name: "top",
      kind: "number",
      default: 20,
      min: 1,
      max: 100_000,
      env: null,
      placeholder: "N",
      help: "rows of each table; --json has all",
    },
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const place = given[1] ?? null;
    if (place !== null && isDraft(values)) {
      const fields = { expected: "a slot, or a message in options", got: "both" };
      throw new CliError("ARGUMENT_INVALID", fields, "leave one of them out");
    }
    const at = { values, process: argumentAt(given, 0), place, before: place !== null, terminal };
    return withProcessOf(at, async (local, { network }) => {
      terminal.progress("counting …");
      const input = local.last ?? (await draftInput(values, local, { ...at, network }));
      const profiled = await local.profile(input);
      const { outcome, folded } = await shown(profiled, local, { ...at, top: values.top });
      if (values.folded !== undefined) {
        await writeFile(resolve(terminal.folder, values.folded), folded);
      }
      return outcome;
    });
  },
});

async function shown(
  { output, profile }: Profiled,
  local: LocalProcess,
  { process, top }: { readonly process: string; readonly top: number },
): Promise<{ readonly outcome: Outcome; readonly folded: string }> {
  const { slot, exit, gasUsed } = resultRecord.decode(output.result);
  const knowledge = await moduleKnowledgeOf(local.terms.module);
  const diagnostic =
    output.diagnostic === null ? null : placedDiagnostic(output.diagnostic, knowledge.locate);
  const exitWord = exit === exits.ok ? "ok" : "failed";
  const head = `slot ${slot}  ${exitWord}  ${count(gasUsed)} gas`;
  const said = diagnostic === null ? [] : [`failed    ${diagnosticLine(diagnostic)}`];
  const begin = { process, slot, exit: exitWord, gasUsed };
  if (profile === null) {
    const none = { failureGas: gasUsed, functions: [], lines: [], stack: [], diagnostic };
    return {
      outcome: { json: { ...begin, ...none }, text: [head, ...said].join("\n") },
      folded: "",
    };
  }
  const { folded, ...report } = gasReport(profile, validateProcess(local.module), knowledge);
  const failureGas = gasUsed - profile.spent;
  if (failureGas > 0) {
    said.push(`          ${count(profile.spent)} were spent; a failure costs its whole limit`);
  }
  const tables = gasTables({ ...report, folded }, profile.spent, top);
  return {
    outcome: {
      json: { ...begin, failureGas, diagnostic, ...report },
      text: [head, ...said, ...stackText(report.stack), "", tables].join("\n"),
    },
    folded: folded.map((line) => `${line}\n`).join(""),
  };
}
