/**
 * The page that verifies: the proof core's verifier and nothing else of it, in a browser.
 *
 * @module
 */

import { parseGolden } from "../../src/stark/toys/golden.ts";
import { verify } from "../../src/stark/verifier.ts";

/** What the test calls on the page's `globalThis`. */
export interface VerifierPage {
  /** Verifies a golden proof; `flip` names a byte of the proof to change before, -1 none. */
  judgeProof(
    text: string,
    flip: number,
  ): { readonly verdict: string; readonly proofBytes: number; readonly ms: number };
}

const page: VerifierPage = {
  judgeProof: (text, flip) => {
    const { key, statement, proof } = parseGolden(text);
    if (flip >= 0) proof[flip] = (proof[flip] ?? 0) ^ 1;
    const start = performance.now();
    const verdict = verify(key, statement, proof);
    const ms = performance.now() - start;
    return {
      verdict: verdict.ok ? "ok" : verdict.reason.code,
      proofBytes: proof.length,
      ms,
    };
  },
};

Object.assign(globalThis, page);
