import { expect, test } from "vitest";
import { P } from "../field/koala-bear.ts";
import type { Matrix } from "../stark/matrix.ts";
import { StateKernel } from "../state/kernel.ts";
import {
  type CarriedLie,
  carriedWith,
  dropAll,
  dropCell,
  insertCell,
  liedAbout,
  raiseCell,
  repeatCell,
} from "../testing/carried-lies.ts";
import { longInput, longProcess } from "../testing/long-process.ts";
import { SlotRunner } from "../testing/process-slots.ts";
import { slotFaults } from "../testing/slot-tables.ts";
import { hostKinds } from "./chips/buses.ts";
import { cpu } from "./chips/cpu/columns.ts";
import { frames } from "./chips/frames/constraints.ts";
import { borderTime, type Evidence, type HostRow, type SegmentPosition } from "./evidence.ts";
import { fillTables } from "./fill-tables.ts";
import { frameBase } from "./program/address-space.ts";
import type { CarriedCells, Registers } from "./registers.ts";
import { prepareModule } from "./slot-context.ts";
import { tableIndex } from "./system.ts";
import { type SlotInput, type SlotWitness, witnessSegments } from "./witness-slot.ts";

const limits = { gasLimit: 100_000, memoryPagesMax: 20 };
const rows = 2 ** 12;
const moduleBytes = await longProcess();
const module = prepareModule(moduleBytes, limits.memoryPagesMax);
const kernel = new StateKernel();

function slotOf(inbox: Uint8Array): SlotInput {
  const runner = new SlotRunner(moduleBytes, limits);
  runner.run(longInput("mix", 3));
  return { module, limits, first: false, pre: runner.image(), inbox };
}

interface FilledSegment {
  readonly witness: SlotWitness;
  readonly traces: readonly Matrix[];
}

const input = slotOf(longInput("recurse", 130));
const segments: FilledSegment[] = [];
for (const witness of witnessSegments(kernel, input, rows)) {
  const traces = fillTables(witness.run, witness.program, limits.gasLimit);
  segments.push({ witness, traces });
}
/** It begins deep in a recursion and ends in it. */
const middle = segments[1]!;
const { evidence, position } = middle.witness;

function faultsOf({ witness, traces }: FilledSegment): number {
  const { inbox } = input;
  return slotFaults(witness, traces, { inbox, pages: witness.run.pagesBefore }).length;
}

function withEvidence(change: Partial<Evidence>): FilledSegment {
  const lie = { ...evidence, ...change };
  return { ...middle, witness: { ...middle.witness, evidence: lie } };
}

function withPosition(change: Partial<SegmentPosition>): FilledSegment {
  return { ...middle, witness: { ...middle.witness, position: { ...position, ...change } } };
}

const atEnd = (change: Partial<HostRow>): FilledSegment =>
  withEvidence({ end: { ...evidence.end, ...change } });
const atStart = (change: Partial<Registers>): FilledSegment =>
  withPosition({ start: { ...position.start, ...change } });

const carriedAfter = (change: CarriedLie): FilledSegment =>
  withEvidence({ carried: carriedWith(evidence.carried, change) });
const carriedBefore = (change: CarriedLie): FilledSegment =>
  withPosition({ carried: carriedWith(position.carried, change) });

/** A cell that the frames' table has and that is zero at the border, with its row. */
function zeroCell(carried: CarriedCells): number {
  const taken = new Set(carried.cells);
  for (let cell = frameBase; ; cell++) if (!taken.has(cell)) return cell;
}

const forgeries: Readonly<Record<string, FilledSegment>> = {
  "a carried value changed at the end": carriedAfter(raiseCell("lows")),
  "an upper limb changed at the end": carriedAfter(raiseCell("highs")),
  "another time of a carried cell": carriedAfter(raiseCell("times")),
  "another cell carried": carriedAfter(raiseCell("cells")),
  "a cell dropped at the end": carriedAfter(dropCell),
  "a cell carried twice": carriedAfter(repeatCell),
  "a zero carried as something": carriedAfter(insertCell(zeroCell(evidence.carried), 5)),
  "a cell beyond the table carried": carriedAfter(insertCell(frameBase + 2 ** 17, 1)),
  "nothing carried": carriedAfter(dropAll),
  "a carried value changed at the start": carriedBefore(raiseCell("lows")),
  "another cell at the start": carriedBefore(raiseCell("cells")),
  "a cell dropped at the start": carriedBefore(dropCell),
  "a cell twice at the start": carriedBefore(repeatCell),
  "a zero that is something at the start": carriedBefore(insertCell(zeroCell(position.carried), 5)),
  "a cell beyond the table at the start": carriedBefore(insertCell(frameBase + 2 ** 17, 1)),
  "nothing at the start": carriedBefore(dropAll),
  "gas lowered at the end": atEnd({ gas: evidence.end.gas - 1 }),
  "place moved at the end": atEnd({ operation: evidence.end.operation + 1 }),
  "frame moved at the end": atEnd({ bLow: evidence.end.bLow + 1 }),
  "slots raised at the end": atEnd({ bHigh: evidence.end.bHigh + 1 }),
  "pages raised at the end": atEnd({ pages: evidence.end.pages + 1 }),
  "a border at another time": atEnd({ clock: evidence.end.clock - 4 }),
  "no end": withEvidence({ end: { ...evidence.end, kind: 0 } }),
  "a halt in the middle": atEnd({ kind: hostKinds.halt, operation: 0 }),
  "out of gas in the middle": atEnd({ kind: hostKinds.outOfGas, gas: limits.gasLimit + 1 }),
  "gas lowered at the start": atStart({ gas: position.start.gas - 1 }),
  "place moved at the start": atStart({ place: position.start.place + 1 }),
  "frame moved at the start": atStart({ frame: position.start.frame + 1 }),
  "slots raised at the start": atStart({ slots: position.start.slots + 1 }),
};

test("the honest segments satisfy all constraints and balance all buses", () => {
  expect(segments.length).toBe(3);
  expect(evidence.carried.cells.length).toBeGreaterThan(100);
  for (const segment of segments) expect(faultsOf(segment)).toBe(0);
});

test.each(Object.keys(forgeries))("%s: a bus is unbalanced or a row wrong", (name) => {
  expect(faultsOf(forgeries[name]!)).toBeGreaterThan(0);
});

/** The middle segment with other cells in one row of a table. */
function withCells(
  segment: FilledSegment,
  table: "cpu" | "frames",
  change: { readonly row: number; readonly cells: Readonly<Record<number, number>> },
): FilledSegment {
  const traces = segment.traces.slice();
  const own = traces[tableIndex[table]]!;
  const values = own.values.slice();
  for (const [column, value] of Object.entries(change.cells)) {
    values[change.row * own.stride + Number(column)] = value;
  }
  traces[tableIndex[table]] = { ...own, values };
  return { ...segment, traces };
}

test("a dropped cell stays dropped whatever the table of frames says of it", () => {
  const dropped = carriedAfter(dropCell);
  const { cells, times, lows, highs } = evidence.carried;
  const row = cells[liedAbout]! - frameBase;
  for (const cellsOfRow of [
    { time: times[liedAbout]!, low: lows[liedAbout]!, high: highs[liedAbout]! },
    { time: times[liedAbout]!, low: 0, high: 0 },
    { time: borderTime, low: lows[liedAbout]!, high: highs[liedAbout]! },
    { time: 0, low: 0, high: 0 },
  ]) {
    const named = Object.entries(cellsOfRow) as [keyof typeof frames, number][];
    const own = Object.fromEntries(named.map(([name, value]) => [frames[name], value]));
    expect(faultsOf(withCells(dropped, "frames", { row, cells: own }))).toBeGreaterThan(0);
  }
});

test("a border shows its own row, whatever the CPU's table says of it", () => {
  const row = (evidence.end.clock - 1) / 4;
  const { place, frame, gas, slots } = middle.witness.run.border!.registers;
  const own = middle.traces[tableIndex.cpu]!;
  expect(own.values[row * own.stride + cpu.pause]).toBe(1);
  const lies: readonly (readonly [FilledSegment, Record<number, number>])[] = [
    [atEnd({ gas: gas - 1 }), { [cpu.gas]: gas - 1 }],
    [atEnd({ gas: gas - 1 }), { [cpu.gas]: gas - 1, [cpu.price]: P - 1 }],
    [atEnd({ gas: gas - 1 }), { [cpu.gas]: gas - 1, [cpu.charge]: 1, [cpu.aLow]: P - 1 }],
    [atEnd({ operation: place + 1 }), { [cpu.operation]: place + 1 }],
    [atEnd({ operation: place + 1 }), { [cpu.operation]: place + 1, [cpu.place]: place + 1 }],
    [atEnd({ bLow: frame + 1 }), { [cpu.bLow]: frame + 1, [cpu.immediateLow]: frame + 1 }],
    [atEnd({ bHigh: slots + 1 }), { [cpu.bHigh]: slots + 1, [cpu.immediateHigh]: slots + 1 }],
    [atEnd({ bHigh: slots + 1 }), { [cpu.slots]: slots + 1, [cpu.bHigh]: slots + 1 }],
    [middle, { [cpu.real]: 1 }],
    [withEvidence({ end: { ...evidence.end, kind: 0 } }), { [cpu.pause]: 0 }],
  ];
  for (const [lie, cells] of lies) {
    const changed = withCells(lie, "cpu", { row, cells });
    expect(faultsOf(changed), JSON.stringify(cells)).toBeGreaterThan(0);
  }
});

test("a last segment leaves what it likes in its frames, any other one zeros", () => {
  const last = segments[2]!;
  const { count } = last.witness.position;
  const asMiddle = {
    ...last,
    witness: { ...last.witness, position: { ...last.witness.position, count: count + 1 } },
  };
  expect(faultsOf(last)).toBe(0);
  expect(faultsOf(asMiddle)).toBeGreaterThan(0);
});
