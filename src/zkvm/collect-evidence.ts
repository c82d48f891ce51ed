/**
 * The prover's evidence (spec/14-zkvm.md §6): what of the state a run touched, opened under its
 * root, and what the host saw.
 *
 * @module
 */

import type { StateKernel } from "../state/kernel.ts";
import { chunkBytes, encodeMeta, metaChunkIndex } from "../state/layout.ts";
import { openedChunksMax } from "../state/multiproof.ts";
import { proveChunks } from "../state/prove-chunks.ts";
import { StateTree } from "../state/state-tree.ts";
import { hostKinds } from "./chips/buses.ts";
import {
  chunkWords,
  type Evidence,
  type HostRow,
  type ReceptionView,
  type StateBoundary,
} from "./evidence.ts";
import { judgeEnd } from "./judge-end.ts";
import type { RunRecord } from "./machine/execute.ts";
import type { StateImage } from "./machine/image-after.ts";
import { placeMask } from "./machine/memory.ts";
import { clockOf, events, stepField as step, stepWidth } from "./machine/record.ts";
import { Flag, type Row } from "./program/program.ts";
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

function boundaryOf(input: {
  readonly kernel: StateKernel;
  readonly pre: StateImage;
  readonly run: RunRecord;
  readonly indices: Uint32Array;
}): StateBoundary {
  const { kernel, pre, run, indices } = input;
  const tree = StateTree.build({ kernel, memory: pre.memory, globals: pre.globals });
  const proof = proveChunks({ kernel, tree, memory: pre.memory, indices });
  const post = new Uint8Array(proof.chunks.length);
  const after = new DataView(post.buffer);
  const times = new Uint32Array(indices.length * chunkWords);
  indices.forEach((index, chunk) => {
    for (let word = 0; word < chunkWords; word++) {
      const cell = index * chunkWords + word;
      times[chunk * chunkWords + word] = run.memory.segmentOf(cell).times[cell & placeMask]!;
      after.setUint32(chunk * chunkBytes + 4 * word, run.memory.word(cell), true);
    }
  });
  const meta = indices.indexOf(metaChunkIndex) * chunkBytes;
  const pages = encodeMeta({ pageCount: run.pages, globals: new BigUint64Array() });
  post.set(pages.subarray(0, 8), meta);
  return { indices, pre: proof.chunks, post, siblings: proof.siblings, times };
}

function receptionOf(run: RunRecord, rows: readonly Row[]): ReceptionView | null {
  if (run.reception === null) return null;
  const { row, oldWords, oldTimes } = run.reception;
  return { row: hostRow(run, rows, row), oldWords, oldTimes };
}

export function collectEvidence(input: {
  readonly kernel: StateKernel;
  readonly pre: StateImage;
  readonly run: RunRecord;
  readonly rows: readonly Row[];
  readonly gasLimit: number;
}): Evidence {
  const { kernel, pre, run, rows } = input;
  const end = hostRow(run, rows, run.steps.length - 1);
  const judged = judgeEnd(end, input.gasLimit);
  const returned = judged?.ok ? judged : { pointer: 0, length: 0 };
  const uses = Array.from(run.counts, (count, place) => ({ place, count }));
  return {
    uses: uses.filter(({ count }) => count > 0),
    boundary: boundaryOf({ kernel, pre, run, indices: openedChunks(run, returned) }),
    reception: receptionOf(run, rows),
    end,
  };
}
