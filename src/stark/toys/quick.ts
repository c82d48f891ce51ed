/**
 * Parameters and one-call proving for the toys' tests and campaigns: few queries and little work,
 * the same protocol.
 *
 * @module
 */

import { extensionOfDegree } from "../../field/extension.ts";
import type { Engine } from "../engine.ts";
import { createReferenceEngine } from "../kernels/reference.ts";
import type { VerifyingKey } from "../key.ts";
import { P100, type ProofParameters } from "../parameters.ts";
import { prove } from "../prover.ts";
import { createProvingKey } from "../proving-key.ts";
import type { Toy } from "./toys.ts";

/** No security to speak of: `securityBits` says so, and the key's digest binds it. */
export const quickParameters: ProofParameters = {
  ...P100,
  queries: 12,
  grinding: { lookup: 1, constraints: 0, deep: 1, batch: 2, fold: 1, query: 4 },
  securityBits: 0,
};

export interface ProvenToy {
  readonly key: VerifyingKey;
  readonly proof: Uint8Array;
}

/** Proves a toy from scratch. */
export async function proveToy(
  toy: Toy,
  engine: Engine = createReferenceEngine(extensionOfDegree(toy.system.parameters.extensionDegree)),
): Promise<ProvenToy> {
  const key = await createProvingKey(engine, toy.system, toy.fixed);
  return { key: key.verifyingKey, proof: await prove(engine, key, toy) };
}
