/**
 * A fast implementation under the reference's eye. Its "no" is never final, since refusing a good
 * signature would lose somebody's message: the reference decides. Its "yes" is checked at random
 * one time in a thousand, so that an implementation that accepts forgeries is found. The first
 * disagreement, or exception, retires the fast implementation: from then on the reference verifies.
 *
 * @module
 */

import type { MlDsaClaim } from "../../crypto/ml-dsa.ts";
import { referenceVerify, type VerifyMlDsa } from "./implementations.ts";

/** One acceptance in so many is checked: 2 ms in a thousand times 0.17 ms costs 1 %. */
export const shadowCheckOneIn = 1000;

export class CheckedVerifier {
  readonly #drawShadowCheck: () => boolean;
  readonly #reference: VerifyMlDsa;
  #fast: VerifyMlDsa | null;
  #disagreements = 0;

  /** @param options.drawShadowCheck true where the next acceptance is to be checked; unpredictable */
  constructor(options: {
    readonly fast: VerifyMlDsa | null;
    readonly drawShadowCheck: () => boolean;
    readonly reference?: VerifyMlDsa;
  }) {
    this.#fast = options.fast;
    this.#drawShadowCheck = options.drawShadowCheck;
    this.#reference = options.reference ?? referenceVerify;
  }

  /** True while the fast implementation is in use. */
  get isFast(): boolean {
    return this.#fast !== null;
  }

  /** How often the fast implementation threw or said other than the reference. */
  get disagreements(): number {
    return this.#disagreements;
  }

  /** The verdict on a claim of the right lengths. */
  verify(claim: MlDsaClaim): boolean {
    const fastVerdict = this.#fastVerdict(claim);
    if (fastVerdict === true && !this.#drawShadowCheck()) return true;
    const verdict = this.#reference(claim);
    if (this.#fast !== null && fastVerdict !== verdict) {
      this.#disagreements++;
      this.#fast = null;
    }
    return verdict;
  }

  /** Null where there is no fast implementation, or where it threw. */
  #fastVerdict(claim: MlDsaClaim): boolean | null {
    if (this.#fast === null) return null;
    try {
      return this.#fast(claim);
    } catch {
      return null;
    }
  }
}
