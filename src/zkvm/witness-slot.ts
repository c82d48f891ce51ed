/**
 * What a slot's proof is made of (spec/14-zkvm.md §5, §6): its run in segments, each with its evidence,
 * and the statement. A segment is there only until the next one is asked for: long runs take no more
 * memory than short ones.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { inboxHashOf } from "../protocol/inbox.ts";
import { outputHashOf } from "../protocol/output.ts";
import { imageRoot } from "../state/image-root.ts";
import type { StateKernel } from "../state/kernel.ts";
import { collectEvidence } from "./collect-evidence.ts";
import type { Evidence, SegmentPosition } from "./evidence.ts";
import { EvolvingState } from "./evolving-state.ts";
import { judgeEnd } from "./judge-end.ts";
import { Machine } from "./machine/execute.ts";
import type { StateImage } from "./machine/image-after.ts";
import type { RunRecord } from "./machine/run-record.ts";
import type { SlotProgram } from "./program/entry-stub.ts";
import { type CarriedCells, nothingCarried } from "./registers.ts";
import { segmentRowsMax, segmentsMax } from "./segment-limits.ts";
import { type PreparedModule, prepareModule, programOf } from "./slot-context.ts";
import { type SlotLimits, type StepStatement, stepExits, stepKey } from "./statement.ts";
import { UnprovableError } from "./unprovable.ts";

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

/** Everything about a segment that a STARK is made of; tests forge it. */
export interface SlotWitness {
  readonly program: SlotProgram;
  readonly run: RunRecord;
  readonly evidence: Evidence;
  readonly statement: StepStatement;
  /** What `handle` returned in the end; null where the step failed. */
  readonly returned: Uint8Array | null;
  readonly position: SegmentPosition;
}

interface Segment {
  readonly run: RunRecord;
  readonly evidence: Evidence;
  readonly carried: CarriedCells;
  readonly roots: SegmentPosition["roots"];
  /** The state that it leaves. */
  readonly after: StateImage;
}

/** A run from its beginning. */
function* segmentsOf(
  kernel: StateKernel,
  input: SlotInput,
  options: { readonly program: SlotProgram; readonly rowsMax: number },
): Generator<Segment, void> {
  const { program, rowsMax } = options;
  const { pre, inbox } = input;
  const { gasLimit } = input.limits;
  const machine = new Machine({ program, image: pre, inbox, gasLimit });
  const state = new EvolvingState(kernel, pre);
  let carried = nothingCarried;
  for (let count = 0; count < segmentsMax; count++) {
    const run = machine.run(rowsMax);
    const evidence = collectEvidence({ state, run, rows: program.rows, gasLimit });
    const root = state.root();
    state.advance(run);
    yield { run, evidence, carried, roots: { pre: root, post: state.root() }, after: state.image };
    if (run.border === null) return;
    carried = evidence.carried;
  }
  throw new UnprovableError("RUN_TOO_LONG", { expected: segmentsMax * rowsMax });
}

/**
 * Runs a slot and says what happened in each of its segments, of at most so many rows; none where
 * nothing runs. Throws `UnprovableError`.
 */
export function* witnessSegments(
  kernel: StateKernel,
  input: SlotInput,
  rowsMax: number = segmentRowsMax,
): Generator<SlotWitness, void> {
  const module = preparedOf(input);
  if (module.translated === null) return;
  const program = programOf(module.translated, input);
  // Every segment is bound to the statement, which says how the last one ends: so a run is run to its
  // end before, and only that of one segment not again.
  const survey = segmentsOf(kernel, input, { program, rowsMax });
  const { value: first } = survey.next();
  assert(first !== undefined, "a run has a segment");
  const preRoot = first.roots.pre;
  let [last, count] = [first, 1];
  for (const segment of survey) [last, count] = [segment, count + 1];
  const told = { program, ...statementOf(input, { module, preRoot, last }) };
  const segments = count === 1 ? [first] : segmentsOf(kernel, input, { program, rowsMax });
  let index = 0;
  for (const { run, evidence, carried, roots } of segments) {
    const position = { index: index++, count, start: run.start, carried, roots };
    yield { ...told, run, evidence, position };
  }
}

/** The witness of a slot that is short enough for one segment; null where nothing runs. */
export function witnessSlot(kernel: StateKernel, input: SlotInput): SlotWitness | null {
  const [witness = null] = witnessSegments(kernel, input);
  assert(witness === null || witness.position.count === 1, "one segment");
  return witness;
}

function statementOf(
  input: SlotInput,
  ran: {
    readonly module: PreparedModule;
    readonly preRoot: Uint8Array;
    readonly last: Segment;
  },
): Pick<SlotWitness, "statement" | "returned"> {
  const { module, preRoot, last } = ran;
  const { gasLimit } = input.limits;
  const end = judgeEnd(last.evidence.end, gasLimit);
  assert(end !== null, "a run ends as one may");
  const returned = end.ok ? last.after.memory.slice(end.pointer, end.pointer + end.length) : null;
  const statement: StepStatement = {
    ...sharedFields(input, module),
    preRoot,
    exit: end.ok ? stepExits.ok : stepExits.failed,
    gasUsed: end.ok ? last.run.gas : gasLimit,
    postRoot: end.ok ? last.roots.post : preRoot,
    returnedHash: returned === null ? null : outputHashOf(returned),
    returnedLength: returned?.length ?? 0,
  };
  return { statement, returned };
}

/** What the module alone says: that the step fails, from this root. */
export function statementWithoutRun(input: SlotInput): StepStatement {
  const root = imageRoot(input.pre);
  return {
    ...sharedFields(input, preparedOf(input)),
    preRoot: root,
    exit: stepExits.failed,
    gasUsed: input.limits.gasLimit,
    postRoot: root,
    returnedHash: null,
    returnedLength: 0,
  };
}

function preparedOf({ module, limits }: SlotInput): PreparedModule {
  if (module instanceof Uint8Array) return prepareModule(module, limits.memoryPagesMax);
  assert(module.memoryPagesMax === limits.memoryPagesMax, "prepared under the slot's own limit");
  return module;
}

function sharedFields(
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
