/**
 * Admission (spec/09-http.md §7): who may hand in how much, asked before any signature is verified.
 * A remote pays for what it sends. An owner pays, too, and gets it back where the signature does
 * not hold: a stranger's forgeries must not silence it.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { HttpError } from "../src/node/http/http-error.ts";
import { RateLimiter } from "../src/node/http/rate-limit.ts";
import { bucketsMax, type MessengerLimits } from "./limits.ts";

export class Admission {
  readonly #remotes: RateLimiter;
  readonly #owners: RateLimiter;

  constructor(options: { readonly clock: Clock; readonly limits: MessengerLimits }) {
    const { clock, limits } = options;
    this.#remotes = new RateLimiter({
      clock,
      perSecond: limits.remotePerSecond,
      burst: limits.remoteBurst,
      peersMax: bucketsMax,
    });
    this.#owners = new RateLimiter({
      clock,
      perSecond: limits.ownerPerSecond,
      burst: limits.ownerBurst,
      peersMax: bucketsMax,
    });
  }

  /** Takes `count` messages from a remote in the name of an owner. Throws `RATE_LIMITED`. */
  enter(remote: string, owner: string, count: number): void {
    demand(this.#remotes.take(remote, count), "this address");
    demand(this.#owners.take(owner, count), "this owner");
  }

  /** What came in the owner's name was not its own. */
  forged(owner: string, count: number): void {
    this.#owners.giveBack(owner, count);
  }
}

function demand(waitMs: number, who: string): void {
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  const fields = { expected: `a pause of ${seconds} s`, got: `too many messages of ${who}` };
  throw new HttpError("RATE_LIMITED", fields, { "retry-after": String(seconds) });
}
