/**
 * Whether the tables of a run satisfy the zkVM's constraints and balance its buses (spec/14-zkvm.md §7),
 * with what a verifier adds for the program, the state and the end. Roots are left out: they are the
 * concern of slots, and their trees would take longer than all the rest.
 *
 * @module
 */

import { chunkBytes, encodeMeta, metaChunkIndex } from "../../src/state/layout.ts";
import { slotFaults } from "../../src/testing/slot-tables.ts";
import { endOf } from "../../src/zkvm/collect-evidence.ts";
import { chunkWords, type StateBoundary } from "../../src/zkvm/evidence.ts";
import { fillTables } from "../../src/zkvm/fill-tables.ts";
import { judgeEnd } from "../../src/zkvm/judge-end.ts";
import type { StateImage } from "../../src/zkvm/machine/image-after.ts";
import { placeMask } from "../../src/zkvm/machine/memory.ts";
import type { RunRecord } from "../../src/zkvm/machine/run-record.ts";
import type { SlotProgram } from "../../src/zkvm/program/entry-stub.ts";
import { type CarriedCells, nothingCarried } from "../../src/zkvm/registers.ts";
import type { StepStatement } from "../../src/zkvm/statement.ts";

/** A segment of a run, with what it begins from. */
export interface MachineSegment {
  readonly program: SlotProgram;
  readonly run: RunRecord;
  readonly image: StateImage;
  /** What the segment before left in the frames. */
  readonly carried: CarriedCells;
  readonly index: number;
  readonly gasLimit: number;
}

/** What was checked. */
export interface ConstraintTally {
  calls: number;
  failedCalls: number;
  rows: number;
  readonly faults: string[];
}

export function emptyConstraintTally(): ConstraintTally {
  return { calls: 0, failedCalls: 0, rows: 0, faults: [] };
}

/** One call in so many is checked: what the environment's `CONSTRAINED_EACH` says, or `otherwise`. */
export function constrainedEach(otherwise: number): number {
  return Number(process.env["CONSTRAINED_EACH"] ?? otherwise);
}

/** The words of a chunk before a run; memory that is yet to be grown is zero. */
function chunkBefore({ memory, globals }: StateImage, index: number): Uint8Array {
  const chunk = new Uint8Array(chunkBytes);
  const isMeta = index >= metaChunkIndex;
  const source = isMeta ? encodeMeta({ pageCount: memory.length / 65_536, globals }) : memory;
  const at = (isMeta ? index - metaChunkIndex : index) * chunkBytes;
  chunk.set(source.subarray(at, at + chunkBytes));
  return chunk;
}

/** The chunks that a run touched, before and after, without siblings. */
function boundaryOf({ run, image }: MachineSegment): StateBoundary {
  const touched = run.memory.touchedStateCells().map((cell) => Math.floor(cell / chunkWords));
  const indices = Uint32Array.from(new Set(touched));
  const pre = new Uint8Array(indices.length * chunkBytes);
  const post = new Uint8Array(indices.length * chunkBytes);
  const times = new Uint32Array(indices.length * chunkWords);
  const after = new DataView(post.buffer);
  indices.forEach((index, chunk) => {
    pre.set(chunkBefore(image, index), chunk * chunkBytes);
    for (let word = 0; word < chunkWords; word++) {
      const cell = index * chunkWords + word;
      times[chunk * chunkWords + word] = run.memory.pageOf(cell).times[cell & placeMask]!;
      after.setUint32(chunk * chunkBytes + 4 * word, run.memory.word(cell), true);
    }
  });
  return { indices, pre, post, siblings: new Uint8Array(), times };
}

const nowhere = new Uint8Array(32);

/** Of these only the gas limit reaches a constraint. */
function statementOf(gasLimit: number): StepStatement {
  return {
    ...{ key: nowhere, module: nowhere, preRoot: nowhere, inboxHash: nowhere, postRoot: nowhere },
    limits: { gasLimit, memoryPagesMax: 0 },
    first: false,
    exit: 0,
    gasUsed: 0,
    returnedHash: null,
    returnedLength: 0,
  };
}

/** All that is wrong with a segment's tables, at most ten faults. */
export function segmentFaults(segment: MachineSegment): string[] {
  const { program, run, carried, index, gasLimit } = segment;
  const { rows } = program;
  const uses = Array.from(run.counts, (count, place) => ({ place, count }));
  const end = endOf(run, rows);
  const evidence = {
    uses: uses.filter(({ count }) => count > 0),
    boundary: boundaryOf(segment),
    reception: null,
    end,
    carried: run.border?.carried ?? nothingCarried,
  };
  const isLast = run.border === null;
  const count = index + (isLast ? 1 : 2);
  const roots = { pre: nowhere, post: nowhere };
  const position = { index, count, start: run.start, carried, roots };
  const witness = {
    ...{ program, run, evidence, position },
    statement: statementOf(gasLimit),
    returned: null,
  };
  const traces = fillTables(run, program, gasLimit);
  const input = { inbox: new Uint8Array(), pages: run.pagesBefore };
  const faults = slotFaults(witness, traces, input).map((fault) => JSON.stringify(fault));
  if (isLast && run.end !== "done" && judgeEnd(end, gasLimit)?.ok !== false) {
    faults.push(`ended ${run.end}, which no verifier takes for a failure`);
  }
  if (end.gas !== run.gas) faults.push(`gas ${run.gas} and not ${end.gas}`);
  return faults;
}
