/**
 * Waiting for a result's proof: the compute unit is asked again and again, so that no single request
 * waits for minutes.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import type { Connection } from "../client/connect.ts";
import { CliError } from "./cli-error.ts";
import type { SentWithResult } from "./sent.ts";
import { withPlace } from "./show-result.ts";
import type { Terminal } from "./terminal.ts";

/** How long one request waits. */
const lookMs = 10_000;

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
    terminal.progress(`the proof is ${result.proof.state}, ${Math.ceil(left / 1000)} s left …`);
    const timeoutMs = Math.ceil(Math.min(lookMs, left));
    const until = "proof";
    const found = await connection.result(sent.process, sent.slot, { timeoutMs, until });
    result = found === null ? result : await withPlace(found);
  }
  return { ...sent, result };
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
