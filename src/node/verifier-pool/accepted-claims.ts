/**
 * A bounded memory of claims that were verified and hold, so that what is sent again (a retry, one
 * bundle's signature on each of its messages) costs a hash and not a verification. Only acceptances
 * are remembered, under SHA-256 of everything that was verified.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { MlDsaClaim } from "../../crypto/ml-dsa.ts";

export class AcceptedClaims {
  readonly #claimsMax: number;
  // In order of use: a map iterates in the order of insertion, and used names are put last again.
  readonly #names = new Set<string>();

  /** @param claimsMax how many are remembered (about 100 bytes each); 0 remembers none */
  constructor(claimsMax: number) {
    this.#claimsMax = claimsMax;
  }

  /** The claim's name here. Key and signature have fixed lengths, so no two claims share a preimage. */
  nameOf(claim: MlDsaClaim): string {
    const hash = createHash("sha256").update(claim.publicKey).update(claim.signature);
    return hash.update(claim.bytes).digest("base64");
  }

  has(name: string): boolean {
    if (!this.#names.delete(name)) return false;
    this.#names.add(name);
    return true;
  }

  add(name: string): void {
    this.#names.delete(name);
    this.#names.add(name);
    if (this.#names.size <= this.#claimsMax) return;
    for (const oldest of this.#names) {
      this.#names.delete(oldest);
      return;
    }
  }
}
