/**
 * What follows from a believed result (spec/06-execution.md §6): each item of its outbox as a
 * message of its own, with its provenance, and what can be said of it at once. Pure.
 *
 * @module
 */

import { leafHash, merklePaths } from "../src/crypto/merkle.ts";
import { readMessage } from "../src/protocol/check.ts";
import type { Envelope } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, messageIdOf } from "../src/protocol/ids.ts";
import { bodyRecord } from "../src/protocol/message.ts";
import { outputRecord } from "../src/protocol/output.ts";
import { provenanceRecord } from "../src/protocol/provenance.ts";
import type { SourceReceipt } from "../src/protocol/source-receipt.ts";
import type { Located } from "./directory.ts";
import type { Believed } from "./evidence.ts";

/** Why an item is not pushed. */
export type Ending =
  | { readonly kind: "stopped"; readonly reason: "budget" | "depth" }
  | { readonly kind: "refused"; readonly reason: string; readonly detail: string };

/** One item of an outbox. */
export interface PlannedMessage {
  readonly index: number;
  readonly id: Digest;
  readonly envelope: Envelope;
  /** The process or address that it is for; null for a spawn. */
  readonly target: Digest | null;
  /** For a spawn, the scheduler that its tags name. */
  readonly scheduler: Digest | null;
  /** Null: it is to be pushed. */
  readonly ending: Ending | null;
}

/** True where a result sent anything. */
export function hasSent({ evaluation }: Believed): boolean {
  return evaluation.output !== null && evaluation.outbox.length > 0;
}

/** The messages of a result, in the order of its outbox. A failed result sends nothing. */
export function planOutbox(
  source: Located,
  { believed, receipt }: { readonly believed: Believed; readonly receipt: SourceReceipt },
  network: Digest,
): PlannedMessage[] {
  const { evaluation, attestations } = believed;
  const { outbox, output } = evaluation;
  if (output === null || outbox.length === 0) return [];
  const { messages, spawns } = outputRecord.decode(output);
  const items = [...messages, ...spawns];
  const paths = merklePaths(outbox.map(leafHash));
  return outbox.map((body, index) => {
    const authorisation = provenanceRecord.encode({
      spawn: source.spawn,
      result: evaluation.result,
      index,
      path: paths[index] ?? [],
      attestations,
      receipt,
    });
    const envelope: Envelope = { body, authorisation, data: items[index]?.data ?? null };
    return { index, id: messageIdOf(body), envelope, ...fateOf(envelope, network) };
  });
}

/** Where it goes, or why it goes nowhere: what every scheduler would refuse is not sent to one. */
function fateOf(
  envelope: Envelope,
  network: Digest,
): Pick<PlannedMessage, "target" | "scheduler" | "ending"> {
  let target: Digest | null = null;
  try {
    ({ target } = bodyRecord.decode(envelope.body));
    const { spawn } = readMessage(envelope, network);
    return { target, scheduler: spawn?.scheduler ?? null, ending: null };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { target, scheduler: null, ending: endingOf(error) };
  }
}

function endingOf(error: ProtocolError): Ending {
  if (error.code === "BUDGET_EXHAUSTED") return { kind: "stopped", reason: "budget" };
  if (error.code === "DEPTH_EXCEEDED") return { kind: "stopped", reason: "depth" };
  return { kind: "refused", reason: error.code, detail: error.message.slice(0, 500) };
}
