/**
 * Verification on the caller's own thread. Handing a claim to a worker and back costs both threads
 * 80 µs together, half of what it takes to verify it. So a few claims a turn of the event loop are
 * verified here, and what holds is accepted; what does not is for the workers to say, whose reference
 * has the last word, as is everything beyond the few.
 *
 * One acceptance in a thousand is put to the reference, here. The first disagreement, or exception,
 * ends this: from then on the workers verify everything.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { equalBytes } from "../../base/bytes.ts";
import type { MlDsaClaim } from "../../crypto/ml-dsa.ts";
import {
  type ImplementationName,
  nativeVerify,
  referenceVerify,
  type VerifyMlDsa,
  wasmVerify,
} from "./implementations.ts";
import { knownClaims, passesSelfTest } from "./self-test.ts";

/** True where other units want the other core: sharing the work among threads only adds to it. */
const isCrowded: boolean = availableParallelism() <= 2;
/**
 * Claims a turn, 0.18 ms each: what was accepted goes on to the disk and to the next unit while the
 * next claims are verified. All of 64 at once made units wait for each other in turn.
 */
export const claimsATurnMax = 4;
/** Claims that wait for a later turn; more are the workers'. */
export const claimsLaterMax: number = isCrowded ? 64 : 0;
/** Signatures that stand for many messages or results, and come again with each of them. */
const sharedClaimsMax = 64;

/** Why a claim holds. */
export type Seen = "accepted" | "remembered";

interface Later {
  readonly claim: MlDsaClaim;
  readonly isShared: boolean;
  readonly resolve: (seen: Seen | null) => void;
}

/** An implementation that loads here and passes the self-test. */
export interface FastImplementation {
  readonly name: ImplementationName;
  readonly verify: VerifyMlDsa;
}

export class OwnThreadVerifier {
  readonly #drawShadowCheck: () => boolean;
  readonly #reference: VerifyMlDsa;
  readonly #claimsATurnMax: number;
  readonly #claimsLaterMax: number;
  readonly #later: Later[] = [];
  #fast: FastImplementation | null = null;
  #disagreements = 0;
  #thisTurn = 0;
  /** By the first bytes of the signature, in the order of insertion. */
  readonly #shared = new Map<number, MlDsaClaim>();

  constructor(options: {
    readonly claimsATurnMax: number;
    /** Claims that may wait for a later turn. */
    readonly claimsLaterMax: number;
    /** True where the next acceptance is to be checked; unpredictable. */
    readonly drawShadowCheck: () => boolean;
    readonly reference?: VerifyMlDsa;
  }) {
    this.#claimsATurnMax = options.claimsATurnMax;
    this.#claimsLaterMax = options.claimsLaterMax;
    this.#drawShadowCheck = options.drawShadowCheck;
    this.#reference = options.reference ?? referenceVerify;
  }

  /** Begins to verify here. */
  use(fast: FastImplementation): void {
    this.#fast = fast;
  }

  /** What verifies here; null before `use`, and for good once that erred. */
  get implementation(): ImplementationName | null {
    return this.#fast?.name ?? null;
  }

  get disagreements(): number {
    return this.#disagreements;
  }

  /**
   * `accepted` or `remembered` if the claim holds; null if that is for the workers to say. A promise
   * of it where this turn has verified its share.
   *
   * @param isShared the signature is expected again, with the same bytes
   */
  look(claim: MlDsaClaim, isShared: boolean): Seen | null | Promise<Seen | null> {
    if (isShared && this.#isRemembered(claim)) return "remembered";
    if (this.#fast === null) return null;
    if (this.#thisTurn < this.#claimsATurnMax) return this.#verify(claim, isShared);
    if (this.#later.length >= this.#claimsLaterMax) return null;
    return new Promise((resolve) => {
      this.#later.push({ claim, isShared, resolve });
    });
  }

  #verify(claim: MlDsaClaim, isShared: boolean): Seen | null {
    if (this.#thisTurn++ === 0) setImmediate(() => this.#nextTurn());
    if (!this.#holds(claim)) return null;
    if (isShared) this.#remember(claim);
    return "accepted";
  }

  /** In the order in which they came: what comes in this turn waits behind them. */
  #nextTurn(): void {
    this.#thisTurn = 0;
    for (const { claim, isShared, resolve } of this.#later.splice(0, this.#claimsATurnMax)) {
      const isKnown = isShared && this.#isRemembered(claim);
      resolve(isKnown ? "remembered" : this.#verify(claim, isShared));
    }
    if (this.#thisTurn === 0 && this.#later.length > 0) setImmediate(() => this.#nextTurn());
  }

  #holds(claim: MlDsaClaim): boolean {
    try {
      if (this.#fast?.verify(claim) !== true) return false;
      if (!this.#drawShadowCheck() || this.#reference(claim)) return true;
    } catch {
      // An implementation that throws is as little use as one that errs.
    }
    this.#disagreements++;
    this.#fast = null;
    this.#shared.clear();
    return false;
  }

  #isRemembered(claim: MlDsaClaim): boolean {
    const known = this.#shared.get(beginningOf(claim.signature));
    return (
      known !== undefined &&
      equalBytes(known.bytes, claim.bytes) &&
      Buffer.compare(known.signature, claim.signature) === 0 &&
      Buffer.compare(known.publicKey, claim.publicKey) === 0
    );
  }

  #remember({ publicKey, signature, bytes }: MlDsaClaim): void {
    // Copies: what came may be a view of a whole request.
    const claim = {
      publicKey: publicKey.slice(),
      signature: signature.slice(),
      bytes: bytes.slice(),
    };
    this.#shared.set(beginningOf(signature), claim);
    if (this.#shared.size <= sharedClaimsMax) return;
    for (const oldest of this.#shared.keys()) {
      this.#shared.delete(oldest);
      return;
    }
  }
}

/** The first 48 bits. */
function beginningOf(signature: Uint8Array): number {
  const view = new DataView(signature.buffer, signature.byteOffset, 6);
  return view.getUint32(0) * 2 ** 16 + view.getUint16(4);
}

/** The first implementation that loads here and passes the self-test (about 40 ms), else null. */
export async function fastImplementation(): Promise<FastImplementation | null> {
  const known = knownClaims();
  if (known === null) return null;
  for (const name of ["native", "wasm"] as const) {
    try {
      const verify = name === "native" ? nativeVerify() : await wasmVerify();
      if (passesSelfTest(verify, known)) return { name, verify };
    } catch {
      // It does not load here: the next one may.
    }
  }
  return null;
}
