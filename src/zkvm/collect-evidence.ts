/**
 * The prover's evidence (spec/14-zkvm.md §6): what of the state a segment touched, opened under its
 * root, what the host saw, and what is left in the frames.
 *
 * @module
 */

import { chunkBytes, metaChunkIndex } from "../state/layout.ts";
import { openedChunksMax } from "../state/multiproof.ts";
import { hostKinds } from "./chips/buses.ts";
import { chunkWords, type Evidence, type HostRow, type ReceptionView } from "./evidence.ts";
import type { EvolvingState } from "./evolving-state.ts";
import { judgeEnd } from "./judge-end.ts";
import { clockOf, events, stepField as step, stepWidth } from "./machine/record.ts";
import type { RunRecord } from "./machine/run-record.ts";
import { Flag, type Row } from "./program/program.ts";
import { nothingCarried, type Registers } from "./registers.ts";
import { UnprovableError } from "./unprovable.ts";

const kindOfEvent: Readonly<Record<number, number>> = {
  [events.outOfBounds]: hostKinds.outOfBounds,
  [events.outOfStack]: hostKinds.outOfStack,
  [events.outOfGas]: hostKinds.outOfGas,
};

/** What the host sees of a row. */
function hostRow(run: RunRecord, rows: readonly Row[], index: number): HostRow {
  const at = index * stepWidth;
  const field = (name: keyof typeof step): number => run.steps.values[at + step[name]]!;
  const row = rows[field("place")]!;
  const isReception = (row.flags & Flag.receive) !== 0 && field("event") === events.none;
  const kind = kindOfEvent[field("event")] ?? hostKinds.halt;
  return {
    kind: isReception ? hostKinds.receive : kind,
    operation: row.operation,
    clock: clockOf(index),
    aLow: field("aLow"),
    aHigh: field("aHigh"),
    bLow: field("bLow"),
    bHigh: field("bHigh"),
    gas: field("gas"),
    pages: field("pages"),
  };
}

/** What the host sees of a border. */
function borderRow(run: RunRecord, { place, frame, gas, slots }: Registers): HostRow {
  return {
    kind: hostKinds.pause,
    operation: place,
    clock: clockOf(run.steps.length),
    aLow: 0,
    aHigh: 0,
    bLow: frame,
    bHigh: slots,
    gas,
    pages: run.pages,
  };
}

/** What the host sees of a segment's end. */
export function endOf(run: RunRecord, rows: readonly Row[]): HostRow {
  return run.border === null
    ? hostRow(run, rows, run.steps.length - 1)
    : borderRow(run, run.border.registers);
}

function openedChunks(run: RunRecord, returned: { pointer: number; length: number }): Uint32Array {
  const chunks = new Set<number>([metaChunkIndex]);
  for (const cell of run.memory.touchedStateCells()) chunks.add(Math.floor(cell / chunkWords));
  const end = Math.ceil((returned.pointer + returned.length) / chunkBytes);
  if (returned.length > 0) {
    for (let i = Math.floor(returned.pointer / chunkBytes); i < end; i++) chunks.add(i);
  }
  if (chunks.size > openedChunksMax / 2) {
    throw new UnprovableError("STATE_TOO_WIDE", { got: chunks.size });
  }
  return Uint32Array.from(chunks).sort();
}

function receptionOf(run: RunRecord, rows: readonly Row[]): ReceptionView | null {
  if (run.reception === null) return null;
  const { row, oldWords, oldTimes } = run.reception;
  return { row: hostRow(run, rows, row), oldWords, oldTimes };
}

export function collectEvidence(input: {
  /** As the segment found it. */
  readonly state: EvolvingState;
  readonly run: RunRecord;
  readonly rows: readonly Row[];
  readonly gasLimit: number;
}): Evidence {
  const { state, run, rows } = input;
  const end = endOf(run, rows);
  const judged = judgeEnd(end, input.gasLimit);
  const returned = judged?.ok ? judged : { pointer: 0, length: 0 };
  const uses = Array.from(run.counts, (count, place) => ({ place, count }));
  return {
    uses: uses.filter(({ count }) => count > 0),
    boundary: state.open(run, openedChunks(run, returned)),
    reception: receptionOf(run, rows),
    end,
    carried: run.border?.carried ?? nothingCarried,
  };
}
