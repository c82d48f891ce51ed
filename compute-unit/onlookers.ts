/**
 * What the unit shows to those who look on (spec/09-http.md §5.5): where results stand, as it changes; what
 * a process took and how it grew; the queue of proofs. All of it is read from what is stored anyway.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { ServerEvent } from "../src/node/http/event-stream.ts";
import type { ResultStore, ResultSummary } from "../src/node/store/ports/result-store.ts";
import { EventStreams } from "../src/node/unit/event-streams.ts";
import type { Waiters } from "../src/node/waiters.ts";
import type { ProofState } from "../src/protocol/evaluation.ts";
import type { ProcessHistory, ProofQueue, ResultState } from "../src/protocol/http.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { exits, resultRecord } from "../src/protocol/result.ts";
import type { SpawnTerms } from "../src/protocol/spawn.ts";
import { finalityOf } from "../src/runtime/evaluation-input.ts";
import { resultKey } from "./attester.ts";
import type { FollowedProcesses } from "./followed-processes.ts";
import type { Proving } from "./proving.ts";
import { gasOf } from "./slot-prover.ts";

/** What they are shown. */
export interface OnlookersOptions {
  readonly results: ResultStore;
  readonly processes: FollowedProcesses;
  readonly waiters: Waiters;
  /** Attestations that are signed and not stored yet. */
  readonly unstored: () => ReadonlyMap<string, Uint8Array>;
  readonly proving: Proving | null;
  readonly clock: Clock;
}

const streamLimits = { streamsMax: 256, streamsOfOneMax: 64 };
/** Slots that a stream reads at once. */
const freshMax = 32;
/** Slots that a stream has sent and whose changes it tells: the newest. */
const watchedMax = 64;
/** News of a process come with every step of every slot: a stream looks no more often than this. */
const restMs = 200;
/** A process is forgotten that nobody asks for; who reads a stream asks. */
const lookMs = 20_000;
const unproven: ProofState = { state: "unprovable", reason: "this unit has no prover" };

/** See the module comment. */
export class Onlookers {
  readonly streams: EventStreams = new EventStreams(streamLimits);
  readonly #options: OnlookersOptions;
  readonly #since: number;

  constructor(options: OnlookersOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  /** A process's newest evaluated slot. Rejects with `PROCESS_UNKNOWN` or `UNAVAILABLE`. */
  async newest(process: Digest): Promise<number> {
    const { processes } = this.#options;
    const follower = processes.follow(process);
    await processes.opened(follower);
    return follower.next - 1;
  }

  /** Slots evenly spaced between two, both included, as far as they are evaluated. */
  async history(
    process: Digest,
    { from, to, points }: { readonly from: number; readonly to: number; readonly points: number },
  ): Promise<ProcessHistory> {
    const last = Math.min(to, await this.newest(process));
    const summaries = await this.#options.results.summaries(process, spread(from, last, points));
    return {
      process: idText(process),
      from,
      to: last,
      points: summaries.map(({ slot, result, timestamp, memoryBytes }) => {
        const { exit, gasUsed } = resultRecord.decode(result);
        return { slot, at: timestamp, exit: exitOf(exit), gasUsed, memoryBytes };
      }),
    };
  }

  /** The queue of proofs. */
  async proofs(limit: number): Promise<ProofQueue> {
    const { proving, results } = this.#options;
    if (proving !== null) {
      return proving.queue(limit, async ({ process, slot }) => {
        const [summary] = await results.summaries(process, [slot]);
        return summary === undefined ? null : gasOf(summary.result);
      });
    }
    const none = { current: null, queue: [], proven: [], unprovable: [] };
    return { prover: false, since: this.#since, waiting: 0, ...none };
  }

  /**
   * Where the results of a process stand from a slot on: each once it is evaluated, and the newest again
   * whenever that changes. An event's id is the slot to go on from.
   */
  async *resultStates(
    process: Digest,
    { from, signal }: { readonly from: number; readonly signal: AbortSignal },
  ): AsyncGenerator<ServerEvent> {
    const { processes, waiters, clock } = this.#options;
    const { terms } = await processes.opened(processes.follow(process));
    const watched = new Map<number, string>();
    for (let next = from; !signal.aborted; ) {
      // The wait begins before the look, so that news in between is not missed.
      const news = waiters.wait(process, clock, lookMs, signal);
      const follower = processes.follow(process, { slot: next });
      const fresh = Math.min(freshMax, Math.max(0, follower.next - next));
      const slots = [...watched.keys(), ...Array.from({ length: fresh }, (_, i) => next + i)];
      let isNews = false;
      for (const state of await this.#states(process, terms, slots)) {
        const data = JSON.stringify(state);
        if (watched.get(state.slot) === data) continue;
        isNews = true;
        next = Math.max(next, state.slot + 1);
        note(watched, state, data);
        yield { event: "result", id: String(watched.keys().next().value ?? next), data };
      }
      if (isNews) {
        news.cancel();
      } else {
        await news.done;
        await clock.sleep(restMs, signal).catch(() => undefined);
      }
    }
  }

  async #states(
    process: Digest,
    terms: SpawnTerms,
    slots: readonly number[],
  ): Promise<readonly ResultState[]> {
    const { results, unstored } = this.#options;
    // Taken before the store is read: what leaves it is in there.
    const signed = unstored();
    const summaries = await results.summaries(process, slots);
    return Promise.all(
      summaries.map((summary) => {
        const isAttested =
          summary.isAttested || signed.has(resultKey({ process, slot: summary.slot }));
        return this.#state(process, terms, { ...summary, isAttested });
      }),
    );
  }

  async #state(process: Digest, terms: SpawnTerms, summary: ResultSummary): Promise<ResultState> {
    const { slot, result, memoryBytes, isAttested } = summary;
    const { exit, gasUsed, messageId, postRoot } = resultRecord.decode(result);
    const { proving } = this.#options;
    const proof = proving === null ? unproven : await proving.state({ process, slot });
    return {
      slot,
      message: idText(messageId),
      exit: exitOf(exit),
      gasUsed,
      postRoot: idText(postRoot),
      memoryBytes,
      attested: isAttested,
      finality: finalityOf(isAttested, terms),
      proof: { state: proof.state, reason: proof.reason },
    };
  }
}

function exitOf(exit: number): "ok" | "failed" {
  return exit === exits.ok ? "ok" : "failed";
}

/** Watches a slot as long as something more is to come of it, and as many of the newest as are watched. */
function note(watched: Map<number, string>, state: ResultState, data: string): void {
  const isSettled = state.proof.state === "proven" || state.proof.state === "unprovable";
  if (state.attested && isSettled) watched.delete(state.slot);
  else watched.set(state.slot, data);
  if (watched.size <= watchedMax) return;
  for (const oldest of watched.keys()) {
    watched.delete(oldest);
    return;
  }
}

/** So many numbers between two, both included; all, where there are no more. */
function spread(from: number, to: number, points: number): readonly number[] {
  const count = Math.max(0, Math.min(points, to - from + 1));
  if (count < 2) return count === 0 ? [] : [from];
  return Array.from(
    { length: count },
    (_, i) => from + Math.round((i * (to - from)) / (count - 1)),
  );
}
