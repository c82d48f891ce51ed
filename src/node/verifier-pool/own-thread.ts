/**
 * Verification on the caller's own thread. By a key that was seen before, the kernel verifies in
 * 18 µs; handing a claim to a worker and back took 60 µs of both threads. So what holds is accepted
 * here, and only what is not known to hold goes to the workers, whose reference has the last word: a
 * forgery costs this thread 100 µs at most.
 *
 * One acceptance in a thousand is put to the reference, here. The first disagreement, or exception,
 * ends this: from then on the workers verify everything.
 *
 * @module
 */

import { equalBytes } from "../../base/bytes.ts";
import type { MlDsaClaim } from "../../crypto/ml-dsa.ts";
import { kernelVerify, referenceVerify, type VerifyMlDsa65 } from "./implementations.ts";
import { knownClaim, passesSelfTest } from "./self-test.ts";

/**
 * So many in one turn of the event loop: 1.2 ms by known keys, 6 ms by new ones. What is more goes to
 * the workers, and other requests are served meanwhile.
 */
const claimsATurnMax = 64;
/** Signatures that stand for many messages or results, and come again with each of them. */
const sharedClaimsMax = 64;

export class OwnThreadVerifier {
  readonly #drawShadowCheck: () => boolean;
  readonly #reference: VerifyMlDsa65;
  #fast: VerifyMlDsa65 | null;
  #disagreements = 0;
  #thisTurn = 0;
  /** By the first bytes of the signature, in the order of insertion. */
  readonly #shared = new Map<number, MlDsaClaim>();

  constructor(options: {
    readonly fast: VerifyMlDsa65 | null;
    /** True where the next acceptance is to be checked; unpredictable. */
    readonly drawShadowCheck: () => boolean;
    readonly reference?: VerifyMlDsa65;
  }) {
    this.#fast = options.fast;
    this.#drawShadowCheck = options.drawShadowCheck;
    this.#reference = options.reference ?? referenceVerify;
  }

  /** False for good once the kernel erred. */
  get isInUse(): boolean {
    return this.#fast !== null;
  }

  get disagreements(): number {
    return this.#disagreements;
  }

  /**
   * `accepted` or `remembered` if the claim holds; null if that is for the workers to say.
   *
   * @param isShared the signature is expected again, with the same bytes
   */
  look(claim: MlDsaClaim, isShared: boolean): "accepted" | "remembered" | null {
    if (isShared && this.#isRemembered(claim)) return "remembered";
    if (this.#fast === null || !this.#mayVerify() || !this.#holds(claim)) return null;
    if (isShared) this.#remember(claim);
    return "accepted";
  }

  #mayVerify(): boolean {
    if (this.#thisTurn >= claimsATurnMax) return false;
    if (this.#thisTurn === 0) {
      setImmediate(() => {
        this.#thisTurn = 0;
      });
    }
    this.#thisTurn++;
    return true;
  }

  #holds(claim: MlDsaClaim): boolean {
    try {
      if (this.#fast?.(claim) !== true) return false;
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

/** The kernel where it loads and passes the self-test (about 25 ms), else null. */
export function testedKernel(): VerifyMlDsa65 | null {
  const known = knownClaim();
  if (known === null) return null;
  try {
    const kernel = kernelVerify();
    return passesSelfTest(kernel, known) ? kernel : null;
  } catch {
    return null;
  }
}
