/**
 * States that runs have to reach, or finding nothing means nothing: crashes on either side of the
 * calls that matter, failures of stores and network, and the rare ways of the protocol.
 *
 * @module
 */

/** Reached in every fifth seed and more often, so that a small sample reaches all of them. */
const ways = [
  "append appended",
  "append duplicate",
  "answer lost",
  "request lost",
  "request repeated",
  "slow commit",
  "full disk",
  "client told EXPIRED",
  "one message under two signatures",
  "forgery met SIGNATURE_INVALID",
  "failed evaluation",
  "spawned by a process",
  "unclaimed",
  "crash scheduler killed",
  "crash messenger killed",
  "crash compute killed",
  "pause scheduler",
  "pause messenger",
  "pause compute",
  "clock jump scheduler",
] as const;

/** Calls of ports around which a crash loses or repeats something. */
const crashes = [
  // Between the append and its answer, and before the append.
  "crash scheduler log.append after",
  "crash scheduler log.append before",
  "crash scheduler lease.acquire after",
  // Between a head's size, its signature and its being kept.
  "crash scheduler heads.advance before",
  "crash scheduler heads.advance after",
  "crash scheduler heads.publish before",
  "crash scheduler heads.publish after",
  // Between what is remembered, what is placed and what is noted of it.
  "crash messenger messages.accept after",
  "crash messenger POST /messages before",
  "crash messenger POST /messages after",
  "crash messenger messages.assign before",
  "crash messenger messages.assign after",
  // Between the record of an outbox and its pushes, and between a push and its end.
  "crash messenger pushes.record before",
  "crash messenger pushes.record after",
  "crash messenger pushes.claim after",
  "crash messenger pushes.done before",
  "crash messenger messages.settle before",
  // Between entries, results, claims, signatures and checkpoints.
  "crash compute results.putEntries after",
  "crash compute results.put after",
  "crash compute results.claimAttestation after",
  "crash compute results.attest before",
  "crash compute checkpoints.save before",
  "crash compute checkpoints.save after",
  "crash compute pool.evaluate after",
] as const;

const rare = [
  "client gave up",
  "commit failed before it was written",
  "commit failed after it was written",
  "budget used up",
  "append slot",
  // Two instances of one scheduler, of which the later one has the say.
  "two schedulers lead",
  "append fenced",
  "scheduler fenced",
  "start failed",
  "crash messenger pushes.retry after",
  "crash messenger pushes.done after",
  "crash messenger messages.accept before",
  "crash messenger content.put after",
  "crash compute pool.load after",
  "clock jump messenger",
  "clock jump compute",
] as const;

/** What the fixed sample reaches, and what a campaign does. */
export const coverageGates: {
  readonly sample: readonly string[];
  readonly campaign: readonly string[];
} = { sample: ways, campaign: [...ways, ...crashes, ...rare] };

/** Those of the states that were never reached. */
export function missingStates(
  reached: ReadonlyMap<string, number>,
  states: readonly string[],
): readonly string[] {
  return states.filter((state) => !reached.has(state));
}
