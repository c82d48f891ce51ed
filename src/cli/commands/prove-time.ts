/**
 * `nymcompute prove-time`: whether a message could be proven, what of, and how long that may take,
 * before it is sent. The run is made here; the time is told from the proofs that the unit made of late.
 *
 * @module
 */

import type { ComputeClient } from "../../client/compute-client.ts";
import type { LocalProcess, Surveyed } from "../../node/local-run.ts";
import type { ProofQueue } from "../../protocol/http.ts";
import { exits, resultRecord } from "../../protocol/result.ts";
import { segmentRowsMax } from "../../zkvm/segment-limits.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand, type Outcome } from "../command.ts";
import { count } from "../gas-text.ts";
import { draftInput, isDraft, withProcessOf } from "../local-process.ts";
import {
  actionOption,
  argumentAt,
  contentOptions,
  fromOption,
  keyOptions,
  networkOptions,
} from "../options.ts";
import { paceOf, secondsAt, secondsBefore } from "../prove-pace.ts";

export const proveTimeCommand: Command = defineCommand({
  command: "nymcompute prove-time",
  summary: "Says whether a message could be proven, and how long that may take, before it is sent.",
  arguments: [
    { name: "PROCESS", help: "the process's id" },
    {
      name: "SLOT|MESSAGE",
      help: "one that was sent; left out, the options say the message",
      isOptional: true,
    },
  ],
  options: [actionOption, ...contentOptions, fromOption, ...keyOptions, ...networkOptions],
  run: async ({ values, arguments: given, terminal }) => {
    const place = given[1] ?? null;
    if (place !== null && isDraft(values)) {
      const fields = { expected: "a slot, or a message in options", got: "both" };
      throw new CliError("ARGUMENT_INVALID", fields, "leave one of them out");
    }
    const at = { values, process: argumentAt(given, 0), place, before: place !== null, terminal };
    return withProcessOf(at, async (local, { network, computes }) => {
      terminal.progress("running …");
      const input = local.last ?? (await draftInput(values, local, { ...at, network }));
      const surveyed = await local.survey(input);
      const [unit] = computes;
      const queue = unit === undefined ? null : await queueOf(unit);
      return shown(surveyed, local, { process: at.process, url: unit?.unit.url ?? null, queue });
    });
  },
});

const samplesMax = 256;

/** A unit that does not tell its queue has no pace; that is no reason to say nothing. */
function queueOf(unit: ComputeClient): Promise<ProofQueue | null> {
  return unit.proofs({ limit: samplesMax }).catch(() => null);
}

interface Asked {
  readonly process: string;
  readonly url: string | null;
  readonly queue: ProofQueue | null;
}

function shown(
  { output, segments, reason }: Surveyed,
  { terms }: LocalProcess,
  { process, url, queue }: Asked,
): Outcome {
  const { slot, exit, gasUsed } = resultRecord.decode(output.result);
  const exitWord = exit === exits.ok ? "ok" : "failed";
  const { proveGasLimit } = terms;
  const begin = { process, slot, exit: exitWord, gasUsed, proveGasLimit };
  const head = `slot ${slot}  ${exitWord}  ${count(gasUsed)} gas of ${count(proveGasLimit)} that are proven`;
  if (segments === null) {
    const json = { ...begin, provable: false, reason, rows: null, segments: null, unit: null };
    const failure = new CliError("UNPROVABLE", { reason }, unprovableNext(reason));
    return { json: { ...json, estimate: null }, text: head, failure };
  }
  const rows = segments.reduce((sum, each) => sum + each, 0);
  const pace = queue === null ? null : paceOf(queue.proven);
  // A failed run says its limit as its gas; its rows say what it took.
  const size = exit === exits.ok ? gasUsed : rows;
  const estimate =
    pace === null || queue === null
      ? null
      : { ...pace, seconds: secondsAt(pace, size), secondsBefore: secondsBefore(queue) };
  const unit = queue === null ? null : { url, prover: queue.prover, waiting: queue.waiting };
  const rowsText = `rows      ${count(rows)} in ${segments.length} ${
    segments.length === 1 ? "segment" : "segments"
  } of at most ${count(segmentRowsMax)}`;
  return {
    json: { ...begin, provable: true, reason: null, rows, segments, unit, estimate },
    text: [head, rowsText, `proof     ${timeText(estimate, unit)}`].join("\n"),
  };
}

function timeText(
  estimate: {
    readonly seconds: number;
    readonly secondsBefore: number | null;
    readonly proofs: number;
    readonly error: number | null;
  } | null,
  unit: { readonly url: string | null; readonly prover: boolean; readonly waiting: number } | null,
): string {
  if (unit === null) return "no unit tells how long its proofs take";
  if (!unit.prover) return `${unit.url} proves nothing`;
  if (estimate === null) return `${unit.url} has made no proof yet that says how long one takes`;
  const { seconds, secondsBefore: before, proofs, error } = estimate;
  const off = error === null ? "" : ` ± ${Math.ceil(100 * error)} %`;
  const begin = `about ${seconds.toFixed(1)} s${off} on ${unit.url}, by its last ${proofs} proofs`;
  if (unit.waiting === 0) return begin;
  const wait = before === null ? "" : `, about ${before.toFixed(0)} s`;
  return `${begin}; ${unit.waiting} go before it${wait}`;
}

function unprovableNext(reason: string | null): string {
  if (reason === "gas") return "do less in one message, or spawn with a larger Prove-Gas-Limit";
  if (reason === "STATE_TOO_WIDE") return "touch less of the state in one message";
  return "the result itself is as good as any; only a proof of it cannot be made";
}
