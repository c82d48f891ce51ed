/**
 * Token buckets per peer (spec/11-limits.md): each peer may spend `burst` at once and `perSecond`
 * in the long run. The table of peers is bounded; who is not in it has a full bucket.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { remoteKey } from "./remote.ts";

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Tokens that come back each second. */
  readonly perSecond: number;
  /** Tokens a rested peer has. */
  readonly burst: number;
  /** Peers remembered at once. */
  readonly peersMax: number;
}

interface Bucket {
  /** Thousandths of a token: what comes back in a millisecond is then `perSecond` of them. */
  fill: number;
  /** Monotonic milliseconds at which `fill` held. */
  at: number;
}

/** See the module's comment. */
export class RateLimiter {
  readonly #options: RateLimitOptions;
  // In the order of last use, oldest first: a Map keeps insertion order, and each use re-inserts.
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
  }

  /**
   * Takes `cost` tokens of a peer and answers 0; or takes none and answers the milliseconds until
   * there will be enough. A cost above `burst` counts as `burst`, or it could never be paid.
   */
  take(remote: string, cost: number): number {
    const { clock, perSecond, burst } = this.#options;
    const key = remoteKey(remote);
    const now = clock.monotonic();
    const full = burst * 1000;
    const bucket = this.#buckets.get(key) ?? { fill: full, at: now };
    bucket.fill = Math.min(full, bucket.fill + (now - bucket.at) * perSecond);
    bucket.at = now;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#evict();
    const price = Math.min(cost * 1000, full);
    if (bucket.fill < price) return Math.ceil((price - bucket.fill) / perSecond);
    bucket.fill -= price;
    return 0;
  }

  /** Gives back tokens that were taken for what then did not count. A full bucket stays full. */
  giveBack(remote: string, cost: number): void {
    const bucket = this.#buckets.get(remoteKey(remote));
    if (bucket === undefined) return;
    const full = this.#options.burst * 1000;
    bucket.fill = Math.min(full, bucket.fill + Math.min(cost * 1000, full));
  }

  /** Peers remembered now. */
  get size(): number {
    return this.#buckets.size;
  }

  // Forgetting the longest-idle peer is what costs least: its bucket is the fullest. An attacker
  // with more networks than `peersMax` is not held back by any limit per peer.
  #evict(): void {
    if (this.#buckets.size <= this.#options.peersMax) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
