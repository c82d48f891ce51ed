/**
 * What a message came to, as `send` and `spawn` show it.
 *
 * @module
 */

import { utf8Bytes } from "../base/bytes.ts";
import type { Connection, ResultView } from "../client/connect.ts";
import type { Sent } from "../client/sent.ts";
import { UnitCallError } from "../client/unit-call.ts";
import { parseHead } from "../log/head.ts";
import { CliError } from "./cli-error.ts";
import type { Outcome } from "./command.ts";
import { failureIn, resultText, withPlace } from "./show-result.ts";

/** A message with its result, if there is one yet. */
export interface SentWithResult extends Omit<Sent, "result"> {
  readonly result: ResultView | null;
  /** Why no compute unit could be asked; null where one was. */
  readonly silence: UnitCallError | null;
}

/**
 * The result of a message that has its slot. A messenger that waited as long as it does has no answer;
 * the compute unit is asked then for what is left of the time.
 */
export async function sentWithResult(
  connection: Connection,
  sent: Sent,
  timeoutMs: number,
): Promise<SentWithResult> {
  const { slot, process } = sent;
  try {
    const found =
      sent.result === null && slot !== null
        ? await connection.result(process, slot, { timeoutMs: Math.min(timeoutMs, 30_000) })
        : sent.result;
    return { ...sent, result: found === null ? null : await withPlace(found), silence: null };
  } catch (error) {
    // The slot is acknowledged, and must be told whatever becomes of the result.
    if (!(error instanceof UnitCallError) || !error.transient) throw error;
    return { ...sent, result: null, silence: error };
  }
}

/** Text and failure of a message whose result was waited for. */
export function sentOutcome(
  sent: SentWithResult,
  timeoutMs: number,
): Outcome & { readonly text: string } {
  const { result, process, id, silence } = sent;
  if (result === null) {
    const next = `nymcompute result ${process} ${id}`;
    const why = silence === null ? { waitedMs: timeoutMs } : { cause: silence.message };
    const failure = new CliError("RESULT_LATE", { message: id, ...why }, next);
    return { text: `message ${id}\nslot ${sent.slot ?? "none yet"}`, failure };
  }
  const next = "the message has its slot and changed nothing: send another";
  const failure = failureIn(result, next);
  const text = `message ${id}\n${resultText(result)}`;
  return failure === undefined ? { text } : { text, failure };
}

/** The head that covers the message, as a line behind others. */
export function receiptText({ receipt }: Pick<Sent, "receipt">): string {
  if (receipt === null) return "";
  const { head, signatures } = parseHead(utf8Bytes(receipt.head));
  const cosigners = signatures.length - 1;
  const by = cosigners > 0 ? `, cosigned by ${cosigners}` : "";
  return `\nfinality  entry ${receipt.treeIndex} of ${head.size} under a signed head${by}`;
}

/** What is said where the finality that was asked for did not come in time. */
export function finalityLateOf(
  { id, receipt }: Pick<Sent, "id" | "receipt">,
  finality: string,
  timeoutMs: number,
): CliError | undefined {
  if (finality === "none" || receipt !== null) return undefined;
  const fields = { message: id, expected: finality, waitedMs: timeoutMs };
  return new CliError("FINALITY_LATE", fields, `nymcompute receipt ${id}`);
}
