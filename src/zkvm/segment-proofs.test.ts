import { expect, test } from "vitest";
import { P } from "../field/koala-bear.ts";
import { createWasmEngine } from "../stark/kernels/wasm-engine.ts";
import { StateKernel } from "../state/kernel.ts";
import {
  type CarriedLie,
  carriedWith,
  dropCell,
  liedAbout,
  raiseCell,
  reorderCells,
  repeatCell,
} from "../testing/carried-lies.ts";
import { longInput, longProcess } from "../testing/long-process.ts";
import { SlotRunner } from "../testing/process-slots.ts";
import { hostKinds } from "./chips/buses.ts";
import {
  decodeSlotProof,
  encodeSegment,
  encodeSlotProof,
  type SegmentProof,
} from "./encode-evidence.ts";
import { borderTime, type Evidence, type HostRow } from "./evidence.ts";
import { frameBase } from "./program/address-space.ts";
import { createProver, proveSlot } from "./prove-slot.ts";
import { segmentsMax } from "./segment-limits.ts";
import { prepareModule } from "./slot-context.ts";
import { verifySlot } from "./verify-slot.ts";

const limits = { gasLimit: 100_000, memoryPagesMax: 20 };
const moduleBytes = await longProcess();
const module = prepareModule(moduleBytes, limits.memoryPagesMax);
const engine = await createWasmEngine({ memoryBytes: 2 ** 28 });
const prover = await createProver(engine, new StateKernel());

/** A recursion in three segments, proven, and the segments as they are read from the proof. */
async function provenSlot(depth: number) {
  const runner = new SlotRunner(moduleBytes, limits);
  runner.run(longInput("mix", 3));
  const inbox = longInput("recurse", depth);
  const input = { module, limits, first: false, pre: runner.image(), inbox };
  const { statement, proof } = await proveSlot(prover, input, { segmentRows: 2 ** 12 });
  const segments = [...decodeSlotProof(proof).segments];
  expect(segments.length).toBe(3);
  return { inbox, statement, proof, segments };
}

const own = await provenSlot(130);
const other = await provenSlot(131);
const [first, middle, last] = own.segments as [SegmentProof, SegmentProof, SegmentProof];

function verdictOfBytes(proof: Uint8Array): string {
  const { inbox, statement } = own;
  const verdict = verifySlot({ module, inbox, statement, proof });
  return verdict.ok ? "accepted" : verdict.reason.code;
}

function verdictOf(...segments: readonly SegmentProof[]): string {
  const parts = segments.map(({ evidence, stark }) => encodeSegment(evidence, stark));
  return verdictOfBytes(encodeSlotProof(parts));
}

/** A segment with other evidence, its STARK as it was. */
function withEvidence(segment: SegmentProof, change: Partial<Evidence>): SegmentProof {
  return { ...segment, evidence: { ...segment.evidence, ...change } };
}

test("a proof that is read and written again is the same bytes", () => {
  const parts = own.segments.map(({ evidence, stark }) => encodeSegment(evidence, stark));
  expect(encodeSlotProof(parts)).toEqual(own.proof);
  expect(verdictOf(first, middle, last)).toBe("accepted");
});

test("segments dropped, repeated, exchanged or taken from another proof are refused", () => {
  const [x, y, z] = other.segments as [SegmentProof, SegmentProof, SegmentProof];
  const lists: Readonly<Record<string, readonly [string, ...SegmentProof[]]>> = {
    "the first dropped": ["ROOT_MISMATCH", middle, last],
    "the middle dropped": ["STARK_REFUSED", first, last],
    "the last dropped": ["STARK_REFUSED", first, middle],
    "only the first": ["EXIT_MISMATCH", first],
    "only the last": ["ROOT_MISMATCH", last],
    "the first twice": ["STARK_REFUSED", first, first, middle, last],
    "the middle twice": ["STARK_REFUSED", first, middle, middle, last],
    "the last twice": ["STARK_REFUSED", first, middle, last, last],
    "the first two exchanged": ["ROOT_MISMATCH", middle, first, last],
    "the last first": ["ROOT_MISMATCH", last, first, middle],
    "another first": ["STARK_REFUSED", x, middle, last],
    "another middle": ["ROOT_MISMATCH", first, y, last],
    "another last": ["ROOT_MISMATCH", first, middle, z],
    none: ["PROOF_ENCODING"],
    "too many": ["PROOF_ENCODING", ...new Array<SegmentProof>(segmentsMax + 1).fill(middle)],
  };
  const verdicts = Object.entries(lists).map(([name, [, ...list]]) => [name, verdictOf(...list)]);
  const expected = Object.entries(lists).map(([name, [code]]) => [name, code]);
  expect(verdicts).toEqual(expected);
});

test("counts and lengths that are not the segments' are refused", () => {
  const { proof } = own;
  const withWord = (at: number, value: number): Uint8Array => {
    const copy = proof.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };
  for (const version of [0, 1, 3])
    expect(verdictOfBytes(withWord(0, version))).toBe("PROOF_ENCODING");
  for (const count of [0, segmentsMax + 1, 2 ** 32 - 1]) {
    expect(verdictOfBytes(withWord(4, count)), `${count}`).toBe("PROOF_ENCODING");
  }
  for (const count of [2, 4]) expect(verdictOfBytes(withWord(4, count))).not.toBe("accepted");
  const longer = new Uint8Array(proof.length + 4);
  longer.set(proof);
  expect(verdictOfBytes(longer)).toBe("PROOF_ENCODING");
  expect(verdictOfBytes(proof.subarray(0, proof.length - 4))).toBe("PROOF_ENCODING");
});

test("borders that no segment has are refused before the proof is looked at", () => {
  const { end, carried } = first.evidence;
  const ended = (change: Partial<HostRow>) => ({ end: { ...end, ...change } });
  const carries = (lie: CarriedLie) => ({ carried: carriedWith(carried, lie) });
  const lies: Readonly<Record<string, Partial<Evidence>>> = {
    "a halt in the middle": ended({ kind: hostKinds.halt, operation: 0 }),
    "a trap in the middle": ended({ kind: hostKinds.halt, operation: 1 }),
    "more gas than the limit": ended({ gas: limits.gasLimit + 1 }),
    "another order": carries(reorderCells),
    "a cell twice": carries(repeatCell),
    "a zero": carries((lists) => {
      lists.lows[liedAbout] = 0;
      lists.highs[liedAbout] = 0;
    }),
    "a word of the state": carries((lists) => {
      lists.cells[0] = 2 ** 10;
    }),
    "a cell beyond all frames": carries((lists) => {
      lists.cells[lists.cells.length - 1] = frameBase + 2 ** 18;
    }),
    "a time behind all times": carries((lists) => {
      lists.times[liedAbout] = borderTime;
    }),
    "a value beyond the field": carries((lists) => {
      lists.highs[liedAbout] = P;
    }),
  };
  for (const [name, lie] of Object.entries(lies)) {
    expect(verdictOf(withEvidence(first, lie), middle, last), name).toBe("BORDER");
  }
  // What could be a border is not this one.
  const others = [
    ended({ gas: end.gas - 1 }),
    ended({ operation: end.operation + 1 }),
    carries(dropCell),
    carries(raiseCell("lows")),
  ];
  for (const lie of others) {
    expect(verdictOf(withEvidence(first, lie), middle, last)).toBe("STARK_REFUSED");
  }
});

test("an intermediate root is the one that the segment before led to", () => {
  const { boundary } = first.evidence;
  const touched = boundary.times.findIndex((time) => time > 0);
  const changed = (bytes: Uint8Array, word: number): Uint8Array => {
    const copy = bytes.slice();
    copy[4 * word] = (copy[4 * word] ?? 0) ^ 1;
    return copy;
  };
  const post = changed(boundary.post, touched);
  const left = withEvidence(first, { boundary: { ...boundary, post } });
  expect(verdictOf(left, middle, last)).toBe("STARK_REFUSED");
  const begun = middle.evidence.boundary;
  const own = begun.times.findIndex((time) => time > 0);
  const pre = changed(begun.pre, own);
  const found = withEvidence(middle, { boundary: { ...begun, pre } });
  expect(verdictOf(first, found, last)).toBe("ROOT_MISMATCH");
});

test("nothing is carried out of a last segment, nor does it end at a border or get an inbox", () => {
  const { end } = last.evidence;
  const verdict = (change: Partial<Evidence>): string =>
    verdictOf(first, middle, withEvidence(last, change));
  expect(verdict({ carried: middle.evidence.carried })).toBe("BORDER");
  expect(verdict({ end: { ...end, kind: hostKinds.pause } })).toBe("EXIT_MISMATCH");
  expect(verdict({ reception: first.evidence.reception })).toBe("RECEPTION");
});
