import { expect, test } from "vitest";
import { checkTraces } from "../stark/air/check-trace.ts";
import { imageRoot } from "../state/image-root.ts";
import { everythingProcess } from "../testing/zkvm-hunt/edge-modules.ts";
import { refusalsOf } from "../testing/zkvm-hunt/faulty-run.ts";
import { firstSlotInput, huntSlots } from "../testing/zkvm-hunt/hunt-slots.ts";
import { huntTables, nameOfObstacle } from "../testing/zkvm-hunt/hunt-table.ts";
import { machineFaults } from "../testing/zkvm-hunt/machine-faults.ts";
import { Machine } from "./machine/execute.ts";
import { imageAfter } from "./machine/image-after.ts";
import { Flag, type Row } from "./program/program.ts";
import type { Registers } from "./registers.ts";
import { segmentRowsMax } from "./segment-limits.ts";
import { starkStatement } from "./slot-context.ts";
import { system, tableIndex } from "./system.ts";

const [slot] = huntSlots("everything", firstSlotInput(everythingProcess(), 100_000));

test("a machine without a fault is believed", () => {
  const honest = { name: "none", refusedBy: "", where: () => true };
  expect(refusalsOf(slot!, { ...honest, instead: (row) => row })).toEqual([]);
});

test.each(machineFaults.map((fault) => [fault.name, fault] as const))(
  "%s: refused, by what the list says",
  (_name, fault) => {
    const refusals = refusalsOf(slot!, fault);
    const expected = refusals.filter((refusal) => refusal.startsWith(fault.refusedBy));
    expect(expected.length, refusals.join("\n")).toBeGreaterThan(0);
  },
);

/** A run of rows like these, and the state that it leaves. */
function runOf(rows: readonly Row[]) {
  const { witness, input } = slot!;
  const program = { ...witness.program, rows };
  const { gasLimit } = input.limits;
  const { inbox } = input;
  const run = new Machine({ program, image: input.pre, inbox, gasLimit }).run(segmentRowsMax);
  const { end, gas, pages, returned, steps } = run;
  const root = imageRoot(imageAfter(input.pre, run));
  return { rows: steps.length, outcome: { end, gas, pages, returned, root } };
}

test("made byte by byte all accesses together leave the same, for the same gas", () => {
  const { rows } = slot!.witness.program;
  const isWide = (row: Row): boolean =>
    (row.flags & (Flag.load | Flag.store)) !== 0 && row.operation > 1;
  const nothing: Row = { ...rows[0]!, flags: 0, operation: 0, gas: 0 };
  const slow = rows.map((row): Row => {
    const { target, gas } = row;
    return isWide(row) ? { ...nothing, flags: Flag.jump, target, gas } : row;
  });
  const [own, other] = [runOf(rows), runOf(slow)];
  expect(other.rows).toBeGreaterThan(own.rows);
  expect(other.outcome).toEqual(own.outcome);
});

/** What refuses the honest tables where the run is said to have begun elsewhere. */
function refusalsOfStart(change: Partial<Registers>, pages = 1): string[] {
  const { witness, input, traces } = slot!;
  const { position } = witness;
  const start = { ...position.start, ...change };
  const { inbox } = input;
  const about = starkStatement({ ...witness, position: { ...position, start } }, { inbox, pages });
  const { program } = system.tables[tableIndex.cpu]!;
  const publicValues = about.publicValues[tableIndex.cpu]!;
  const main = traces[tableIndex.cpu]!;
  const faults = checkTraces([{ program, main, fixed: null, publicValues }], [], 10_000);
  const table = huntTables(system)[tableIndex.cpu]!;
  return faults.flatMap((fault) =>
    "constraint" in fault ? [nameOfObstacle(table, fault.constraint).slice(0, 16)] : [],
  );
}

test("a run that begins at another place, with another frame, stack, gas or page count is refused", () => {
  const { place, frame, slots, gas } = slot!.witness.position.start;
  expect(refusalsOfStart({})).toEqual([]);
  expect(refusalsOfStart({ place: place + 1 })).toEqual(["cpu first (place"]);
  expect(refusalsOfStart({ frame: frame + 1 })).toEqual(["cpu first (frame"]);
  expect(refusalsOfStart({ slots: slots - 1 })).toEqual(["cpu first (slots"]);
  expect(refusalsOfStart({ gas: gas + 1 })).toEqual(["cpu first ((gas "]);
  expect(refusalsOfStart({}, 2)).toEqual(["cpu first (pageC"]);
});
