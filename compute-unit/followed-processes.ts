/**
 * The processes that a compute unit follows: each from the first request for it, as many as memory has
 * room for, and what can be said of a result that is not there.
 *
 * @module
 */

import type { Waiters } from "../src/node/waiters.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import type { FollowedProcess } from "./evaluator.ts";
import { Follower, type FollowerOptions, type Place } from "./follower.ts";
import { LongPolls } from "./long-polls.ts";
import { GateBudget } from "./process-gate.ts";
import { Starts } from "./starts.ts";

/** How many processes are followed at once, and how many of them by a long poll. */
export interface FollowingLimits {
  readonly awakeMax: number;
  readonly pollsMax: number;
}

const limitDefaults: FollowingLimits = { awakeMax: 4096, pollsMax: 256 };
/**
 * Processes in memory of which none can be let go. Each has a job among the 10,000 that may wait for a
 * worker.
 */
const followersMax = 8192;
/** Processes that are taken up at a time. */
const startsMax = 64;
/** Among so many, the longest unused first, one is sought that can be let go. */
const evictionLooks = 256;
/** How long a request waits for a process to be found before it says that it is unknown. */
const locateMs = 5000;

/** See the module comment. */
export class FollowedProcesses {
  readonly #shared: FollowerOptions;
  readonly #waiters: Waiters;
  readonly #awakeMax: number;
  /** The longest unused first. */
  readonly #followers = new Map<string, Follower>();
  /** Those that were let go and have not ended yet. */
  readonly #leaving = new Set<Promise<void>>();

  constructor(
    shared: Omit<FollowerOptions, "starts" | "polls" | "isAwaited" | "budget">,
    waiters: Waiters,
    limits: Partial<FollowingLimits> = {},
  ) {
    const { awakeMax, pollsMax } = { ...limitDefaults, ...limits };
    const isAwaited = (process: Digest): boolean => waiters.has(process);
    const starts = new Starts(shared.clock, startsMax);
    const polls = new LongPolls(pollsMax);
    this.#shared = { ...shared, isAwaited, starts, polls, budget: new GateBudget() };
    this.#waiters = waiters;
    this.#awakeMax = awakeMax;
  }

  /** How many there are of each state. */
  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { state } of this.#followers.values()) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  /** The process, followed from now on; for a place in it, or what is newest. Throws `OVERLOADED`. */
  follow(process: Digest, place: Place | null = null): Follower {
    const key = idText(process);
    let follower = this.#followers.get(key);
    if (follower === undefined) {
      if (this.#followers.size >= this.#awakeMax) this.#evict();
      follower = new Follower(this.#shared, process);
    }
    this.#followers.delete(key);
    this.#followers.set(key, follower);
    follower.use(place);
    return follower;
  }

  /** Results that wait for a head before they are signed. */
  get uncoveredCount(): number {
    return [...this.#followers.values()].reduce((sum, each) => sum + each.uncoveredCount, 0);
  }

  /** Stops following; resolves when nothing is under way. */
  async stop(): Promise<void> {
    await Promise.all([...this.#followers.values()].map((follower) => follower.stop()));
    await Promise.all(this.#leaving);
  }

  /** Lets go of the longest unused process that can be. Throws `OVERLOADED`. */
  #evict(): void {
    let looks = 0;
    for (const [key, follower] of this.#followers) {
      this.#followers.delete(key);
      if (follower.isSpare) {
        this.#letGo(follower);
        return;
      }
      // It stands last now, so that the next one is sought among others.
      this.#followers.set(key, follower);
      if (++looks === evictionLooks) break;
    }
    if (this.#followers.size < followersMax) return;
    throw new ProtocolError("OVERLOADED", { processes: this.#followers.size });
  }

  #letGo(follower: Follower): void {
    // Whatever goes wrong, its process is in the store, and in a worker's memory until others need it.
    const gone: Promise<void> = follower
      .leave()
      .catch(() => undefined)
      .finally(() => this.#leaving.delete(gone));
    this.#leaving.add(gone);
  }

  /** Why a slot will not be evaluated, as far as that is known. */
  endOf(follower: Follower, place: Place): ProtocolError | null {
    if (follower.state === "unknown") return this.unknown(follower);
    const { fault } = follower;
    if (fault === null || ("slot" in place && place.slot < fault.slot)) return null;
    return new ProtocolError("LOG_FAULTY", {
      slot: fault.slot,
      fault: fault.code,
      got: fault.detail,
    });
  }

  /** What is said of a process that was not found. */
  unknown(follower: Follower): ProtocolError {
    const process = idText(follower.process);
    if (follower.state === "unknown" && follower.reason === null)
      return new ProtocolError("PROCESS_UNKNOWN", { process });
    // Nobody said that there is no such process: its turn to be looked for has not come.
    const reason = follower.reason ?? "not looked for yet";
    return new ProtocolError("UNAVAILABLE", { process, reason });
  }

  /** What is said of a result that is not there. */
  async absence(follower: Follower, place: Place): Promise<ProtocolError> {
    const known = follower.followed ?? (await this.located(follower));
    if (known === null) return this.unknown(follower);
    const asked = "slot" in place ? place.slot : idText(place.message);
    return new ProtocolError("RESULT_PENDING", { asked, next: follower.next });
  }

  /** The process once its slot 0 is evaluated; null where it is not found in time. */
  async located(follower: Follower): Promise<FollowedProcess | null> {
    const waiting = { waitMs: locateMs, signal: new AbortController().signal };
    return this.#waiters.until(follower.process, this.#shared.clock, waiting, async () => {
      if (follower.state === "unknown") throw this.unknown(follower);
      return follower.next > 0 ? follower.followed : null;
    });
  }

  /** As `located`; rejects where it is not found. */
  async opened(follower: Follower): Promise<FollowedProcess> {
    const ready = follower.next > 0 ? follower.followed : null;
    const followed = ready ?? (await this.located(follower));
    if (followed === null) throw this.unknown(follower);
    return followed;
  }
}
