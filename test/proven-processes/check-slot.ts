/**
 * Whether an evaluated slot can be proven, without proving it: its tables satisfy all constraints and
 * balance all buses, the verifier's own checks accept what the proof says beside the STARK, and what it
 * says is the result that the evaluator came to.
 *
 * @module
 */

import { equalBytes } from "../../src/base/bytes.ts";
import { checkSlotProof } from "../../src/client/slot-proof.ts";
import { resultRecord } from "../../src/protocol/result.ts";
import { slotProofRecord } from "../../src/protocol/slot-proof.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { slotFaults } from "../../src/testing/slot-tables.ts";
import { encodeSegment, encodeSlotProof } from "../../src/zkvm/encode-evidence.ts";
import { fillTables } from "../../src/zkvm/fill-tables.ts";
import type { SlotProof } from "../../src/zkvm/prove-slot.ts";
import type { PreparedModule } from "../../src/zkvm/slot-context.ts";
import { type SlotInput, type SlotWitness, witnessSlot } from "../../src/zkvm/witness-slot.ts";
import type { EvaluatedSlot, ProcessLog } from "./process-log.ts";

/** The canonical proof, as it is kept and served. */
export function proofRecordOf({ statement, proof }: SlotProof): Uint8Array {
  const { limits, first, ...same } = statement;
  return slotProofRecord.encode({ ...same, ...limits, first: first ? 1 : 0, proof });
}

/** What the prover is given for a slot. */
export function slotInputOf(
  { limits }: ProcessLog,
  { slot, pre, input }: EvaluatedSlot,
  module: PreparedModule,
): SlotInput {
  return { module, limits, first: slot === 0, pre, inbox: input.inbox };
}

/** Null where the proof shows the slot's result under the process's terms; else what is wrong. */
export function proofFault(
  log: ProcessLog,
  { evaluated, input }: EvaluatedSlot,
  { proof, module }: { readonly proof: Uint8Array; readonly module: PreparedModule },
): string | null {
  const { inbox, body } = input;
  const { terms } = log;
  return checkSlotProof({ proof, result: evaluated.result, module, terms, inbox, body });
}

const kernel = new StateKernel();

/** Where the verifier stands when everything but the STARK was accepted. */
const onlyStarkRefused = /^STARK_REFUSED/;

/** What the verifier says of a slot whose STARK is missing; empty where it misses nothing else. */
function refusalsBeside(
  log: ProcessLog,
  slot: EvaluatedSlot,
  { witness, module }: { readonly witness: SlotWitness; readonly module: PreparedModule },
): string[] {
  const segment = encodeSegment(witness.evidence, new Uint8Array(4));
  const proof = proofRecordOf({ ...witness, proof: encodeSlotProof([segment]) });
  const refusal = proofFault(log, slot, { proof, module });
  if (refusal !== null && onlyStarkRefused.test(refusal)) return [];
  return [`refused: ${refusal}`];
}

/** Where the statement says something else than the result. */
function differencesTo({ evaluated }: EvaluatedSlot, { statement }: SlotWitness): string[] {
  const result = resultRecord.decode(evaluated.result);
  const faults: string[] = [];
  for (const name of ["preRoot", "postRoot"] as const) {
    if (!equalBytes(result[name], statement[name])) faults.push(`${name} is another`);
  }
  if (result.exit !== statement.exit) faults.push(`exit is ${statement.exit}`);
  if (result.gasUsed !== statement.gasUsed) faults.push(`gas is ${statement.gasUsed}`);
  return faults;
}

/** All that is wrong with a slot of one segment; empty where it can be proven. See the module comment. */
export function slotProblems(
  log: ProcessLog,
  slot: EvaluatedSlot,
  module: PreparedModule,
): string[] {
  const { inbox } = slot.input;
  const witness = witnessSlot(kernel, slotInputOf(log, slot, module));
  if (witness === null) throw new Error("a module of these processes runs");
  const { run, program } = witness;
  const traces = fillTables(run, program, log.limits.gasLimit);
  const faults = slotFaults(witness, traces, { inbox, pages: run.pagesBefore });
  return [
    ...faults.map((fault) => JSON.stringify(fault)),
    ...refusalsBeside(log, slot, { witness, module }),
    ...differencesTo(slot, witness),
  ];
}
