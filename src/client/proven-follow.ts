/**
 * Verifies chains of proofs that somebody else serves (spec/09-http.md §5.4), up to the result that is
 * asked about: who reads the log of a process that demands `proven` believes no scheduler that its
 * messages' senders are.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { checked, ProtocolError } from "../protocol/errors.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { provenDepthMax } from "../protocol/limits.ts";
import { type IsProven, nothingProven, type ProvenClaim } from "../protocol/provenance.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import { claimOf, type ProvenChains } from "./proven-chains.ts";
import type { SlotEvidence } from "./proven-client.ts";

/** What showed a slot, or null where the source has nothing of it. */
export type EvidenceSource = (process: Digest, slot: number) => Promise<SlotEvidence | null>;

/**
 * True once the chain of a result is verified up to it; false where the source has not all that shows
 * it, or shows another. Rejects with what is wrong with what it has.
 */
export async function followChain(
  chains: ProvenChains,
  claim: ProvenClaim,
  source: EvidenceSource,
  signal?: AbortSignal,
): Promise<boolean> {
  // What a slot hangs on goes before it; the last of them is looked at first.
  const open: ProvenClaim[] = [claim];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    signal?.throwIfAborted();
    const next = await chains.next(last.process);
    if (next > last.slot) {
      if (!(await chains.isProven(last))) return false;
      open.pop();
      continue;
    }
    const evidence = await source(last.process, next);
    if (evidence === null) return false;
    const before = await chains.before(last.process, evidence.slot);
    if (before === null) {
      const announced = await chains.announce(last.process, evidence.slot);
      if (announced !== null) await chains.settle(announced, evidence.proof);
      continue;
    }
    if (open.length >= provenDepthMax) {
      const fields = { process: idText(before.process), slot: before.slot };
      throw new ProtocolError("DEPTH_EXCEEDED", { ...fields, expected: provenDepthMax });
    }
    open.push(before);
  }
  return true;
}

/** A message of a log, and what its process demands; null terms before slot 0. */
export interface ProvenMessage {
  readonly message: Pick<LogItem, "body" | "authorisation">;
  readonly terms: SpawnTerms | null;
}

/**
 * What `checkEntry` asks of a message's sender, once everything that the source serves of it is
 * verified. Rejects with `UNAVAILABLE` where that shows nothing.
 */
export async function provenFor(
  chains: ProvenChains,
  { message, terms }: ProvenMessage,
  source: EvidenceSource,
  signal?: AbortSignal,
): Promise<IsProven> {
  if (terms !== null && terms.evidence !== "proven") return nothingProven;
  const found = checked(() => claimOf(message, terms));
  if (!found.ok || found.value === null) return nothingProven;
  try {
    await followChain(chains, found.value, source, signal);
  } catch (cause) {
    if (signal?.aborted === true || !(cause instanceof CodedError)) throw cause;
    const fields = { process: idText(found.value.process), slot: found.value.slot };
    const why = { expected: "proof of the sender", cause: cause.message.slice(0, 300) };
    throw new ProtocolError("UNAVAILABLE", { ...fields, ...why }, { cause });
  }
  return chains.lookUp(message, terms);
}
