/**
 * The statement of a segment, before anything of it is proven (spec/14-zkvm.md §8).
 *
 * @module
 */

import type { Statement } from "../stark/statement.ts";
import { starkStatement } from "./slot-context.ts";
import { publicTermsMax } from "./system.ts";
import { UnprovableError } from "./unprovable.ts";
import type { SlotWitness } from "./witness-slot.ts";

/** Throws `UnprovableError` where the segment touches more of the state than a proof holds. */
export function segmentStatement(witness: SlotWitness, inbox: Uint8Array): Statement {
  const statement = starkStatement(witness, { inbox, pages: witness.run.pagesBefore });
  const terms = statement.publicTerms.reduce((sum, own) => sum + own.multiplicities.length, 0);
  if (terms > publicTermsMax) {
    throw new UnprovableError("STATE_TOO_WIDE", { expected: publicTermsMax, got: terms });
  }
  return statement;
}
