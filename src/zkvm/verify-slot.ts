/**
 * Verifies a slot's proof (spec/14-zkvm.md §9). Its imports hold no prover, no machine and nothing of
 * Node; whatever it is given, it answers a verdict.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { P } from "../field/koala-bear.ts";
import { inboxHashOf } from "../protocol/inbox.ts";
import { gasLimitMax } from "../protocol/limits.ts";
import { outputHashOf } from "../protocol/output.ts";
import { verify } from "../stark/verifier.ts";
import { chunkBytes, metaChunkIndex, pageCountMax } from "../state/layout.ts";
import { multiproofRoots } from "../state/multiproof.ts";
import { hostKinds } from "./chips/buses.ts";
import { decodeSlotProof } from "./encode-evidence.ts";
import { chunkWords, type Evidence, type StateBoundary } from "./evidence.ts";
import { judgeEnd } from "./judge-end.ts";
import { paddedLength } from "./program/entry-stub.ts";
import { demand, SlotRefusal } from "./refusal.ts";
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
  demand(exit === stepExits.failed, "EXIT_MISMATCH", { expected: "failed" });
  demand(gasUsed === limits.gasLimit, "EXIT_MISMATCH", { expected: limits.gasLimit, got: gasUsed });
  demand(equalBytes(preRoot, postRoot), "ROOT_MISMATCH", { root: "post" });
  demand(returnedHash === null && returnedLength === 0, "RETURNED_MISMATCH");
}

function checkRun(translated: TranslatedModule, input: VerifyInput): Uint8Array | null {
  const { inbox, statement, proof } = input;
  const { evidence, stark } = decodeSlotProof(proof);
  const program = programOf(translated, { first: statement.first, inbox });
  const { boundary, end } = evidence;
  const pages = checkBoundary(boundary, end.pages);
  checkReception(evidence, inbox.length);
  for (const value of Object.values(end)) demand(value < P, "PROOF_ENCODING", { got: value });
  const walk = multiproofRoots({ ...boundary, contents: [boundary.pre, boundary.post] });
  if (!walk.ok) throw new SlotRefusal("BOUNDARY", { reason: walk.reason });
  const [preRoot, postRoot] = walk.roots as [Uint8Array, Uint8Array];
  demand(equalBytes(preRoot, statement.preRoot), "ROOT_MISMATCH", { root: "pre" });
  const judged = judgeEnd(end, statement.limits.gasLimit);
  demand(judged !== null, "EXIT_MISMATCH", { kind: end.kind, operation: end.operation });
  let returned: Uint8Array | null = null;
  if (judged.ok) {
    demand(statement.exit === stepExits.ok, "EXIT_MISMATCH", { expected: "ok" });
    const { gasUsed } = statement;
    demand(gasUsed === end.gas, "EXIT_MISMATCH", { expected: end.gas, got: gasUsed });
    demand(equalBytes(postRoot, statement.postRoot), "ROOT_MISMATCH", { root: "post" });
    returned = returnedBytes(boundary, judged);
    const hash = statement.returnedHash;
    const isSame = hash !== null && equalBytes(hash, outputHashOf(returned));
    demand(isSame && statement.returnedLength === returned.length, "RETURNED_MISMATCH");
  } else checkFailure(statement);
  const about = starkStatement({ program, evidence, statement }, { inbox, pages });
  const verdict = verify(verifyingKey, about, stark);
  if (!verdict.ok) throw new SlotRefusal("STARK_REFUSED", { code: verdict.reason.code });
  return returned;
}

/** Chunks in range, the page count among them and set to what the run ends with; answers the pages before. */
function checkBoundary(boundary: StateBoundary, pagesAfter: number): number {
  const { indices, pre, post, times } = boundary;
  const meta = indices.indexOf(metaChunkIndex);
  demand(meta >= 0, "BOUNDARY", { missing: "page count" });
  demand(pagesAfter <= pageCountMax, "BOUNDARY", { pages: pagesAfter });
  const countOf = (chunks: Uint8Array): bigint =>
    new DataView(chunks.buffer, chunks.byteOffset + meta * chunkBytes).getBigUint64(0, true);
  const before = countOf(pre);
  demand(before <= BigInt(pagesAfter), "BOUNDARY", { pages: String(before) });
  demand(countOf(post) === BigInt(pagesAfter), "BOUNDARY", { pages: String(countOf(post)) });
  // No program has the page count's cells.
  demand(times[meta * chunkWords] === 0 && times[meta * chunkWords + 1] === 0, "BOUNDARY");
  const chunksPerPage = 65_536 / chunkBytes;
  const view = (chunks: Uint8Array, at: number): number =>
    new DataView(chunks.buffer, chunks.byteOffset).getUint32(at, true);
  indices.forEach((index, chunk) => {
    const inMemory = index < pagesAfter * chunksPerPage;
    demand(inMemory || index >= metaChunkIndex, "BOUNDARY", { chunk: index });
    for (let word = 0; word < chunkWords; word++) {
      const time = times[chunk * chunkWords + word]!;
      demand(time < P, "BOUNDARY", { time });
      const isPageCount = chunk === meta && word < 2;
      const at = chunk * chunkBytes + 4 * word;
      // What was not touched is what it was.
      const same = time > 0 || isPageCount || view(pre, at) === view(post, at);
      demand(same, "BOUNDARY", { chunk: index, word });
    }
  });
  return Number(before);
}

/** The inbox has as many words as it has, at a place for words, each later than what it replaces. */
function checkReception({ reception }: Evidence, inboxLength: number): void {
  if (reception === null) return;
  const { row, oldWords, oldTimes } = reception;
  for (const value of Object.values(row)) demand(value < P, "PROOF_ENCODING", { got: value });
  const isLimb = row.aLow < 65_536 && row.aHigh < 65_536;
  demand(row.kind === hostKinds.receive && isLimb && row.aLow % 4 === 0, "RECEPTION");
  demand(oldWords.length === paddedLength(inboxLength) / 4, "RECEPTION", { got: oldWords.length });
  for (const time of oldTimes) demand(time < row.clock + 3, "RECEPTION", { time });
}

/** The bytes there after the run, all of them in opened chunks. */
function returnedBytes(
  { indices, post }: StateBoundary,
  { pointer, length }: { readonly pointer: number; readonly length: number },
): Uint8Array {
  const places = new Map(Array.from(indices, (index, chunk) => [index, chunk]));
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const chunk = places.get(Math.floor((pointer + i) / chunkBytes));
    demand(chunk !== undefined, "RETURNED_MISMATCH", { missing: pointer + i });
    bytes[i] = post[chunk * chunkBytes + ((pointer + i) % chunkBytes)]!;
  }
  return bytes;
}
