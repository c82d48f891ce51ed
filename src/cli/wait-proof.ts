/**
 * Waiting for a result's proof: the compute unit is asked again and again, so that no single request
 * waits for minutes.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import type { ProofProgress } from "../client/compute-client.ts";
import type { Connection } from "../client/connect.ts";
import { parseId } from "../protocol/ids.ts";
import { CliError } from "./cli-error.ts";
import type { SentWithResult } from "./sent.ts";
import { withPlace } from "./show-result.ts";
import type { Terminal } from "./terminal.ts";

/** How long one request waits. */
const lookMs = 10_000;
/** How often people are told how far it is. */
const tellMs = 1000;

/** A message with its result as it is once its proof is settled, or the time is over. */
export async function withProof(
  connection: Connection,
  sent: SentWithResult,
  { leftMs, terminal }: { readonly leftMs: number; readonly terminal: Terminal },
): Promise<SentWithResult> {
  const end = systemClock.monotonic() + leftMs;
  let { result } = sent;
  while (result !== null && sent.slot !== null && !isSettled(result.proof.state)) {
    const left = end - systemClock.monotonic();
    if (left <= 0) break;
    const timeoutMs = Math.ceil(Math.min(lookMs, left));
    const until = "proof";
    const told = new AbortController();
    const telling = tell(connection, sent.process, sent.slot, { terminal, signal: told.signal });
    const found = await connection
      .result(sent.process, sent.slot, { timeoutMs, until })
      .finally(() => told.abort());
    await telling;
    result = found === null ? result : await withPlace(found);
  }
  return { ...sent, result };
}

/** Shows how far the proof is, as the first unit that knows says it, until the signal. Never rejects. */
async function tell(
  connection: Connection,
  process: string,
  slot: number,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    for (const compute of connection.computes) {
      const progress = await compute
        .proofProgress(parseId(process, "process"), slot)
        .catch(() => null);
      if (progress === null) continue;
      if (!signal.aborted) terminal.progress(progressText(progress));
      break;
    }
    await systemClock.sleep(tellMs, signal).catch(() => undefined);
  }
}

function progressText({ state, position, secondsLeft, segments }: ProofProgress): string {
  const part =
    segments === null
      ? ""
      : `, segment ${Math.min(segments.done + 1, segments.total)} of ${segments.total}`;
  const time = secondsLeft === null ? "" : `, about ${secondsLeft} s`;
  if (state === "proving") return `the proof is being made${part}${time} …`;
  return `the proof is queued, ${position} before it${time} …`;
}

function isSettled(state: string): boolean {
  return state === "proven" || state === "unprovable";
}

/** The failure of a message whose proof was waited for in vain; undefined where it came, or never will. */
export function proofLateOf(sent: SentWithResult, timeoutMs: number): CliError | undefined {
  const { result, id } = sent;
  if (result === null || isSettled(result.proof.state)) return undefined;
  const fields = { message: id, state: result.proof.state, waitedMs: timeoutMs };
  return new CliError("PROOF_LATE", fields, "wait longer: --timeout MS; it goes on meanwhile");
}
