/**
 * What prover and verifier derive from a slot's inputs before anything runs (spec/14-zkvm.md §5).
 *
 * @module
 */

import { sha256 } from "../crypto/hash.ts";
import type { Statement } from "../stark/statement.ts";
import { WasmError } from "../wasm/binary/error.ts";
import { validateProcess } from "../wasm/validate/validate-process.ts";
import type { ValidatedModule } from "../wasm/validate/validated-module.ts";
import { cpuPublic, cpuPublicCount } from "./chips/cpu/columns.ts";
import type { Evidence, SegmentPosition } from "./evidence.ts";
import { entriesOf, type SlotProgram, slotProgram } from "./program/entry-stub.ts";
import type { Program } from "./program/program.ts";
import { translate } from "./program/translate.ts";
import { publicTermsOf } from "./public-terms.ts";
import { type StepStatement, statementBytes } from "./statement.ts";
import { system, tableIndex } from "./system.ts";

/** A module's program under a limit of pages, for all slots of a process. */
export interface TranslatedModule {
  readonly validated: ValidatedModule;
  readonly program: Program;
}

/** A module made ready for proofs and verifications: translating takes longer than looking up. */
export interface PreparedModule {
  /** SHA-256 of the module's bytes. */
  readonly id: Uint8Array;
  readonly memoryPagesMax: number;
  /**
   * Null where every evaluation fails without running: the module is refused, or begins with more
   * pages than the limit.
   */
  readonly translated: TranslatedModule | null;
}

/** Checks and translates a module. Throws `UnprovableError`. */
export function prepareModule(moduleBytes: Uint8Array, memoryPagesMax: number): PreparedModule {
  const id = sha256(moduleBytes);
  return { id, memoryPagesMax, translated: translateChecked(moduleBytes, memoryPagesMax) };
}

function translateChecked(
  moduleBytes: Uint8Array,
  memoryPagesMax: number,
): TranslatedModule | null {
  let validated: ValidatedModule;
  try {
    validated = validateProcess(moduleBytes);
  } catch (error) {
    if (error instanceof WasmError) return null;
    throw error;
  }
  if (validated.module.memories[0]!.minimum > memoryPagesMax) return null;
  return { validated, program: translate(validated, memoryPagesMax) };
}

/** The program of a slot with this inbox. */
export function programOf(
  { validated, program }: TranslatedModule,
  slot: { readonly first: boolean; readonly inbox: Uint8Array },
): SlotProgram {
  const entries = entriesOf(validated.module);
  return slotProgram(program, { entries, first: slot.first, inboxLength: slot.inbox.length });
}

/** The statement, which segment this is of how many, and the roots that it leads from and to. */
function contextBytes(
  statement: StepStatement,
  { index, count, roots }: SegmentPosition,
): Uint8Array {
  const own = statementBytes(statement);
  const bytes = new Uint8Array(own.length + 16 + 64);
  const view = new DataView(bytes.buffer);
  bytes.set(own);
  view.setBigUint64(own.length, BigInt(index), true);
  view.setBigUint64(own.length + 8, BigInt(count), true);
  bytes.set(roots.pre, own.length + 16);
  bytes.set(roots.post, own.length + 48);
  return bytes;
}

/** What the STARK of a segment is about: its public values, its bus terms, and what it is bound to. */
export function starkStatement(
  segment: {
    readonly program: SlotProgram;
    readonly evidence: Evidence;
    readonly statement: StepStatement;
    readonly position: SegmentPosition;
  },
  input: {
    readonly inbox: Uint8Array;
    /** The page count that the segment begins with. */
    readonly pages: number;
  },
): Statement {
  const { program, evidence, statement, position } = segment;
  const { start, carried } = position;
  const cpuValues = new Uint32Array(cpuPublicCount);
  cpuValues[cpuPublic.start] = start.place;
  cpuValues[cpuPublic.pages] = input.pages;
  cpuValues[cpuPublic.gasLimit] = statement.limits.gasLimit;
  cpuValues[cpuPublic.slots] = start.slots;
  cpuValues[cpuPublic.frame] = start.frame;
  cpuValues[cpuPublic.gas] = start.gas;
  const publicValues = system.tables.map(() => new Uint32Array());
  publicValues[tableIndex.cpu] = cpuValues;
  publicValues[tableIndex.frames] = Uint32Array.of(position.index + 1 === position.count ? 1 : 0);
  return {
    context: contextBytes(statement, position),
    publicValues,
    publicTerms: publicTermsOf({ evidence, carried }, program.rows, input.inbox),
  };
}
