/**
 * Standing (spec/09-http.md §3): whose messages go on to their scheduler before this unit has
 * verified them. The scheduler verifies every signature before it gives a slot, so a messenger that
 * does it as well guards the scheduler against forgeries and nobody else. A remote whose signatures
 * have held is let through: each that held here is one passage, a passage that held comes back, and one
 * that did not takes all others with it. What always holds: of a remote's forgeries no more are ever
 * passed on than signatures of its own have held here before.
 *
 * @module
 */

import { bucketsMax, passagesMax } from "./limits.ts";

export class Standing {
  /** Passages that a remote has left; remotes in the order in which they came. */
  readonly #passages = new Map<string, number>();

  /** Uses one of the remote's passages; false where it has none. */
  pass(remote: string): boolean {
    const left = this.#passages.get(remote) ?? 0;
    if (left === 0) return false;
    this.#passages.set(remote, left - 1);
    return true;
  }

  /** A signature that the remote brought holds: it was verified here, or behind a passage. */
  held(remote: string): void {
    const left = this.#passages.get(remote);
    if (left === undefined && this.#passages.size >= bucketsMax) this.#forgetOldest();
    this.#passages.set(remote, Math.min((left ?? 0) + 1, passagesMax));
  }

  /** A signature that the remote brought does not hold. */
  forged(remote: string): void {
    this.#passages.delete(remote);
  }

  #forgetOldest(): void {
    for (const oldest of this.#passages.keys()) {
      this.#passages.delete(oldest);
      return;
    }
  }
}
