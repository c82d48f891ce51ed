/**
 * Proves one slot (spec/14-zkvm.md §5): runs it on the register machine, fills the tables, and proves
 * them, segment by segment. The proof is the same bytes on every machine and for any number of threads.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import type { WasmEngine } from "../stark/kernels/wasm-engine.ts";
import { prove } from "../stark/prover.ts";
import { createProvingKey, type ProvingKey } from "../stark/proving-key.ts";
import type { StateKernel } from "../state/kernel.ts";
import { fixedMatrix } from "./chips/fixed/matrix.ts";
import { encodeSegment, encodeSlotProof } from "./encode-evidence.ts";
import { fillTables } from "./fill-tables.ts";
import { segmentRowsMax } from "./segment-limits.ts";
import { segmentStatement } from "./segment-statement.ts";
import type { StepStatement } from "./statement.ts";
import { system, tableIndex, verifyingKey } from "./system.ts";
import {
  type SlotInput,
  type SlotWitness,
  statementWithoutRun,
  witnessSegments,
} from "./witness-slot.ts";

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

export interface SlotProof {
  readonly statement: StepStatement;
  readonly proof: Uint8Array;
  /** What `handle` returned; null where the step failed. */
  readonly returned: Uint8Array | null;
}

/** How far a proof is. */
export interface ProofProgress {
  /** Segments that are proven. */
  readonly done: number;
  readonly total: number;
}

export interface ProveOptions {
  /** Told before the first segment is proven, and after each. */
  readonly onProgress?: (progress: ProofProgress) => void;
  /** Rows of a segment, its border included. */
  readonly segmentRows?: number;
}

/** Proves a slot. Throws `UnprovableError` where this version has no proof for it. */
export async function proveSlot(
  prover: Prover,
  input: SlotInput,
  options: ProveOptions = {},
): Promise<SlotProof> {
  const { onProgress, segmentRows = segmentRowsMax } = options;
  const segments: Uint8Array[] = [];
  let told: Pick<SlotProof, "statement" | "returned"> | null = null;
  for (const witness of witnessSegments(prover.kernel, input, segmentRows)) {
    const { count: total } = witness.position;
    if (told === null) onProgress?.({ done: 0, total });
    told = { statement: witness.statement, returned: witness.returned };
    segments.push(await proveSegment(prover, input, witness));
    onProgress?.({ done: segments.length, total });
  }
  // Where the module alone says that the step fails there is nothing to prove.
  if (told === null) {
    return { statement: statementWithoutRun(input), proof: new Uint8Array(), returned: null };
  }
  return { ...told, proof: encodeSlotProof(segments) };
}

async function proveSegment(
  { engine, key }: Prover,
  { inbox, limits }: SlotInput,
  witness: SlotWitness,
): Promise<Uint8Array> {
  const { run, program, evidence } = witness;
  const statement = segmentStatement(witness, inbox);
  const stark = await engine.scoped(() => {
    const traces = fillTables(run, program, limits.gasLimit, engine.allocate);
    return prove(engine, key, { traces, statement });
  });
  return encodeSegment(evidence, stark);
}
