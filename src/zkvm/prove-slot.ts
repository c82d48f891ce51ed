/**
 * Proves one slot (spec/14-zkvm.md §5): runs it on the register machine, fills the tables, and proves
 * them. The proof is the same bytes on every machine and for any number of threads.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { inboxHashOf } from "../protocol/inbox.ts";
import { outputHashOf } from "../protocol/output.ts";
import type { WasmEngine } from "../stark/kernels/wasm-engine.ts";
import { prove } from "../stark/prover.ts";
import { createProvingKey, type ProvingKey } from "../stark/proving-key.ts";
import { imageRoot } from "../state/image-root.ts";
import type { StateKernel } from "../state/kernel.ts";
import { multiproofRoots } from "../state/multiproof.ts";
import { fixedMatrix } from "./chips/fixed/matrix.ts";
import { collectEvidence } from "./collect-evidence.ts";
import { encodeSlotProof } from "./encode-evidence.ts";
import type { Evidence } from "./evidence.ts";
import { fillTables } from "./fill-tables.ts";
import { judgeEnd } from "./judge-end.ts";
import { execute, type RunRecord } from "./machine/execute.ts";
import { imageAfter, type StateImage } from "./machine/image-after.ts";
import type { SlotProgram } from "./program/entry-stub.ts";
import { type PreparedModule, prepareModule, programOf, starkStatement } from "./slot-context.ts";
import { type SlotLimits, type StepStatement, stepExits, stepKey } from "./statement.ts";
import { publicTermsMax, system, tableIndex, verifyingKey } from "./system.ts";
import { UnprovableError } from "./unprovable.ts";

/** An engine with the proving key in its memory, and the kernel of the state tree. */
export interface Prover {
  readonly engine: WasmEngine;
  readonly key: ProvingKey;
  readonly kernel: StateKernel;
}

/** Prepares an engine: about a second of work, once. */
export async function createProver(engine: WasmEngine, kernel: StateKernel): Promise<Prover> {
  const fixed = system.tables.map((_, i) => (i === tableIndex.fixed ? fixedMatrix() : null));
  const key = await createProvingKey(engine, system, fixed);
  const same = key.verifyingKey.digest.every((word, i) => word === verifyingKey.digest[i]);
  assert(same, "the fixed columns have the root that verifiers know");
  return { engine, key, kernel };
}

/** What a slot starts from. */
export interface SlotInput {
  /** Its bytes, or what `prepareModule` made of them under the same limit of pages. */
  readonly module: Uint8Array | PreparedModule;
  readonly limits: SlotLimits;
  /** Slot 0: `_start` runs first. */
  readonly first: boolean;
  /** The state before; it is not changed. */
  readonly pre: StateImage;
  readonly inbox: Uint8Array;
}

export interface SlotProof {
  readonly statement: StepStatement;
  readonly proof: Uint8Array;
  /** What `handle` returned; null where the step failed. */
  readonly returned: Uint8Array | null;
}

/** Everything about a run that a STARK is made of; tests forge it. */
export interface SlotWitness {
  readonly program: SlotProgram;
  readonly run: RunRecord;
  readonly evidence: Evidence;
  readonly statement: StepStatement;
  readonly returned: Uint8Array | null;
}

/** Runs a slot and says what happened; null where nothing runs. Throws `UnprovableError`. */
export function witnessSlot(kernel: StateKernel, input: SlotInput): SlotWitness | null {
  const { limits, pre, inbox } = input;
  const module = preparedOf(input);
  const { translated } = module;
  if (translated === null) return null;
  const program = programOf(translated, input);
  const run = execute({ program, image: pre, inbox, gasLimit: limits.gasLimit });
  const { rows } = program;
  const evidence = collectEvidence({ kernel, pre, run, rows, gasLimit: limits.gasLimit });
  const end = judgeEnd(evidence.end, limits.gasLimit);
  assert(end !== null, "a run ends as one may");
  const { boundary } = evidence;
  const walk = multiproofRoots({ ...boundary, contents: [boundary.pre, boundary.post] });
  assert(walk.ok, "the opened chunks lead to roots");
  const [preRoot, postRoot] = walk.roots as [Uint8Array, Uint8Array];
  const returned = end.ok
    ? imageAfter(pre, run).memory.slice(end.pointer, end.pointer + end.length)
    : null;
  const statement: StepStatement = {
    ...shared(input, module),
    preRoot,
    exit: end.ok ? stepExits.ok : stepExits.failed,
    gasUsed: end.ok ? run.gas : limits.gasLimit,
    postRoot: end.ok ? postRoot : preRoot,
    returnedHash: returned === null ? null : outputHashOf(returned),
    returnedLength: returned?.length ?? 0,
  };
  return { program, run, evidence, statement, returned };
}

function preparedOf({ module, limits }: SlotInput): PreparedModule {
  if (module instanceof Uint8Array) return prepareModule(module, limits.memoryPagesMax);
  assert(module.memoryPagesMax === limits.memoryPagesMax, "prepared under the slot's own limit");
  return module;
}

function shared(
  input: SlotInput,
  module: PreparedModule,
): Pick<StepStatement, "key" | "module" | "limits" | "first" | "inboxHash"> {
  return {
    key: stepKey,
    module: module.id,
    limits: { ...input.limits },
    first: input.first,
    inboxHash: inboxHashOf(input.inbox),
  };
}

/** Proves a slot. Throws `UnprovableError` where this version has no proof for it. */
export async function proveSlot(prover: Prover, input: SlotInput): Promise<SlotProof> {
  const witness = witnessSlot(prover.kernel, input);
  if (witness === null) return proofWithoutRun(input);
  const { run, program, evidence, statement, returned } = witness;
  const traces = fillTables(run, program, input.limits.gasLimit);
  const pages = input.pre.memory.length / 65_536;
  const about = starkStatement(witness, { inbox: input.inbox, pages });
  const terms = about.publicTerms.reduce((sum, own) => sum + own.multiplicities.length, 0);
  if (terms > publicTermsMax) {
    throw new UnprovableError("STATE_TOO_WIDE", { expected: publicTermsMax, got: terms });
  }
  const stark = await prover.engine.scoped(async () =>
    (await prove(prover.engine, prover.key, { traces, statement: about })).slice(),
  );
  return { statement, proof: encodeSlotProof(evidence, stark), returned };
}

/** The module alone says that the step fails: there is nothing to prove. */
function proofWithoutRun(input: SlotInput): SlotProof {
  const root = imageRoot(input.pre);
  const statement: StepStatement = {
    ...shared(input, preparedOf(input)),
    preRoot: root,
    exit: stepExits.failed,
    gasUsed: input.limits.gasLimit,
    postRoot: root,
    returnedHash: null,
    returnedLength: 0,
  };
  return { statement, proof: new Uint8Array(), returned: null };
}
