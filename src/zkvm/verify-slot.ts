/**
 * Verifies a slot's proof (spec/14-zkvm.md §9). Its imports hold no prover, no machine and nothing of
 * Node; whatever it is given, it answers a verdict.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { inboxHashOf } from "../protocol/inbox.ts";
import { gasLimitMax } from "../protocol/limits.ts";
import { outputHashOf } from "../protocol/output.ts";
import { verify } from "../stark/verifier.ts";
import { pageCountMax } from "../state/layout.ts";
import { checkBorder, checkEvidence, returnedBytes } from "./check-evidence.ts";
import { decodeSlotProof } from "./encode-evidence.ts";
import { type Evidence, registersOf } from "./evidence.ts";
import { judgeEnd } from "./judge-end.ts";
import { demand, SlotRefusal } from "./refusal.ts";
import { nothingCarried, startRegisters } from "./registers.ts";
import {
  type PreparedModule,
  prepareModule,
  programOf,
  starkStatement,
  type TranslatedModule,
} from "./slot-context.ts";
import { type StepStatement, stepExits, stepKey } from "./statement.ts";
import { verifyingKey } from "./system.ts";
import { UnprovableError } from "./unprovable.ts";

export interface VerifyInput {
  /** Its bytes, or what `prepareModule` made of them. */
  readonly module: Uint8Array | PreparedModule;
  readonly inbox: Uint8Array;
  readonly statement: StepStatement;
  readonly proof: Uint8Array;
}

export type SlotVerdict =
  | {
      readonly ok: true;
      /** What `handle` returned: for the judge. Null where the step failed. */
      readonly returned: Uint8Array | null;
    }
  | { readonly ok: false; readonly reason: SlotRefusal };

/** Whether the proof shows that the statement holds. Never throws on hostile input. */
export function verifySlot(input: VerifyInput): SlotVerdict {
  try {
    return { ok: true, returned: check(input) };
  } catch (error) {
    if (error instanceof SlotRefusal) return { ok: false, reason: error };
    if (error instanceof UnprovableError) {
      return { ok: false, reason: new SlotRefusal("MODULE_UNPROVABLE", { code: error.code }) };
    }
    throw error;
  }
}

function check(input: VerifyInput): Uint8Array | null {
  const { inbox, statement, proof } = input;
  checkTypes(input);
  demand(equalBytes(statement.key, stepKey), "KEY_MISMATCH");
  const { memoryPagesMax } = statement.limits;
  const isBytes = input.module instanceof Uint8Array;
  const id = isBytes ? sha256(input.module) : input.module.id;
  demand(equalBytes(statement.module, id), "MODULE_MISMATCH");
  demand(equalBytes(statement.inboxHash, inboxHashOf(inbox)), "INBOX_MISMATCH");
  const module = isBytes ? prepareModule(input.module, memoryPagesMax) : input.module;
  demand(module.memoryPagesMax === memoryPagesMax, "MODULE_MISMATCH", { got: memoryPagesMax });
  const { translated } = module;
  if (translated === null) {
    demand(proof.length === 0, "PROOF_ENCODING", { got: proof.length });
    checkFailure(statement);
    return null;
  }
  return checkRun(translated, input);
}

/** The statement's shape, whatever its type says. */
function checkTypes({ module, inbox, statement, proof }: VerifyInput): void {
  const field = (holds: boolean, name: string): void => demand(holds, "STATEMENT_FIELD", { name });
  const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
  const isDigest = (value: unknown): boolean => isBytes(value) && value.length === 32;
  const within = (value: unknown, most: number): boolean =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
  field(typeof module === "object" && module !== null && isBytes(inbox) && isBytes(proof), "bytes");
  field(typeof statement === "object" && statement !== null, "statement");
  for (const name of ["key", "module", "preRoot", "inboxHash", "postRoot"] as const) {
    field(isDigest(statement[name]), name);
  }
  const { limits, first, exit, gasUsed, returnedHash, returnedLength } = statement;
  field(typeof limits === "object" && limits !== null, "limits");
  field(within(limits.gasLimit, gasLimitMax), "gasLimit");
  field(within(limits.memoryPagesMax, pageCountMax), "memoryPagesMax");
  field(typeof first === "boolean", "first");
  field(exit === stepExits.ok || exit === stepExits.failed, "exit");
  field(within(gasUsed, limits.gasLimit), "gasUsed");
  field(returnedHash === null || isDigest(returnedHash), "returnedHash");
  field(within(returnedLength, 2 ** 32), "returnedLength");
}

/** A failed step: all gas, the old state, nothing returned. */
function checkFailure(statement: StepStatement): void {
  const { exit, gasUsed, limits, preRoot, postRoot, returnedHash, returnedLength } = statement;
  demand(exit === stepExits.failed, "EXIT_MISMATCH", { field: "exit", expected: "failed" });
  checkGas(limits.gasLimit, gasUsed);
  demand(equalBytes(preRoot, postRoot), "ROOT_MISMATCH", { root: "post" });
  demand(returnedHash === null, "RETURNED_MISMATCH", { field: "returnedHash" });
  demand(returnedLength === 0, "RETURNED_MISMATCH", { field: "returnedLength" });
}

function checkGas(expected: number, got: number): void {
  demand(got === expected, "EXIT_MISMATCH", { field: "gasUsed", expected, got });
}

/** A run's segments one after the other, each from where the one before ended. */
function checkRun(translated: TranslatedModule, input: VerifyInput): Uint8Array | null {
  const { inbox, statement, proof } = input;
  const { gasLimit } = statement.limits;
  const program = programOf(translated, { first: statement.first, inbox });
  const { count, segments } = decodeSlotProof(proof);
  let root = statement.preRoot;
  let [start, carried] = [startRegisters(program), nothingCarried];
  let returned: Uint8Array | null = null;
  let [index, receptions] = [0, 0];
  // Each segment is read when the one before holds. Behind the last one the bytes must end.
  for (const { evidence, stark } of segments) {
    const { pages, roots } = checkEvidence(evidence, inbox.length);
    const which = index === 0 ? "pre" : "border";
    demand(equalBytes(roots.pre, root), "ROOT_MISMATCH", { root: which, segment: index });
    if (evidence.reception !== null) receptions++;
    demand(receptions <= 1, "RECEPTION", { got: receptions });
    if (index + 1 === count) returned = checkEnd(evidence, roots.post, statement);
    else checkBorder(evidence, gasLimit);
    const position = { index, count, start, carried, roots };
    const about = starkStatement({ program, evidence, statement, position }, { inbox, pages });
    const verdict = verify(verifyingKey, about, stark);
    const code = verdict.ok ? null : verdict.reason.code;
    demand(verdict.ok, "STARK_REFUSED", { code, segment: index });
    root = roots.post;
    start = registersOf(evidence.end);
    carried = evidence.carried;
    index++;
  }
  return returned;
}

/** The run's last segment ends as the statement says, and leaves what it says. */
function checkEnd(
  { boundary, end, carried }: Evidence,
  postRoot: Uint8Array,
  statement: StepStatement,
): Uint8Array | null {
  const judged = judgeEnd(end, statement.limits.gasLimit);
  demand(judged !== null, "EXIT_MISMATCH", { kind: end.kind, operation: end.operation });
  demand(carried.cells.length === 0, "BORDER", { expected: "none", got: carried.cells.length });
  if (!judged.ok) {
    checkFailure(statement);
    return null;
  }
  demand(statement.exit === stepExits.ok, "EXIT_MISMATCH", { field: "exit", expected: "ok" });
  const { gasUsed, returnedHash, returnedLength } = statement;
  checkGas(end.gas, gasUsed);
  demand(equalBytes(postRoot, statement.postRoot), "ROOT_MISMATCH", { root: "post" });
  const returned = returnedBytes(boundary, judged);
  const isSame = returnedHash !== null && equalBytes(returnedHash, outputHashOf(returned));
  demand(isSame, "RETURNED_MISMATCH", { field: "returnedHash" });
  demand(returnedLength === returned.length, "RETURNED_MISMATCH", { field: "returnedLength" });
  return returned;
}
