/**
 * The verifier pool's worker: takes the fastest implementation that passes the self-test, then
 * answers batches. Runs in its own thread, from its compiled file.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import { workerData } from "node:worker_threads";
import { CodedError } from "../../base/error.ts";
import type { MlDsaClaim } from "../../crypto/ml-dsa.ts";
import { serveJobs } from "../worker-jobs.ts";
import { type BatchAnswer, unpackBatch } from "./batch.ts";
import { CheckedVerifier, shadowCheckOneIn } from "./checked-verifier.ts";
import {
  type ImplementationName,
  nativeVerify,
  type VerifyMlDsa,
  wasmVerify,
} from "./implementations.ts";
import { knownClaims, passesSelfTest } from "./self-test.ts";

/** What the pool tells its workers at their start. */
export interface VerifyWorkerData {
  /** `auto`: the fastest that works here. A name: that one or none. */
  readonly implementation: ImplementationName | "auto";
}

interface Choice {
  readonly name: ImplementationName;
  readonly fast: VerifyMlDsa | null;
}

async function load(
  name: ImplementationName,
  known: readonly MlDsaClaim[],
): Promise<Choice | null> {
  if (name === "reference") return { name, fast: null };
  try {
    const fast = name === "native" ? nativeVerify() : await wasmVerify();
    return passesSelfTest(fast, known) ? { name, fast } : null;
  } catch {
    return null;
  }
}

async function choose(wanted: VerifyWorkerData["implementation"]): Promise<Choice> {
  const known = knownClaims();
  if (known === null) throw new CodedError("VERIFIER_SELF_TEST_FAILED", { got: "reference" });
  const names = wanted === "auto" ? (["native", "wasm", "reference"] as const) : [wanted];
  for (const name of names) {
    const choice = await load(name, known);
    if (choice !== null) return choice;
  }
  throw new CodedError("VERIFIER_SELF_TEST_FAILED", { got: wanted });
}

const { name, fast } = await choose((workerData as VerifyWorkerData).implementation);
const verifier = new CheckedVerifier({
  fast,
  drawShadowCheck: () => randomInt(shadowCheckOneIn) === 0,
});

function answerBatch(batch: Uint8Array): BatchAnswer {
  const before = verifier.disagreements;
  const verdicts = Uint8Array.from(unpackBatch(batch), (claim) => (verifier.verify(claim) ? 1 : 0));
  return {
    verdicts,
    implementation: verifier.isFast ? name : "reference",
    disagreements: verifier.disagreements - before,
  };
}

serveJobs(answerBatch);
