/**
 * What judges of evidence verify signatures with: by default the reference, one after the other. A
 * simulation has its own.
 *
 * @module
 */

import { verifyHeadSignature } from "../crypto/head-key.ts";
import type { MlDsaClaim } from "../crypto/ml-dsa.ts";
import { type SignatureClaim, verifySignature } from "../crypto/signature.ts";

export interface Signatures {
  /** An identity's. */
  readonly claim: (claim: SignatureClaim) => boolean;
  /** A head key's. */
  readonly head: (claim: MlDsaClaim) => boolean;
}

export const referenceSignatures: Signatures = {
  claim: verifySignature,
  head: verifyHeadSignature,
};
