import { expect, test } from "vitest";
import { checkTraces } from "../stark/air/check-trace.ts";
import { imageRoot } from "../state/image-root.ts";
import { StateKernel } from "../state/kernel.ts";
import { everythingProcess, processOf } from "../testing/zkvm-hunt/edge-modules.ts";
import { refusalsOf } from "../testing/zkvm-hunt/faulty-run.ts";
import { firstSlotInput, type HuntSlot, huntSlots } from "../testing/zkvm-hunt/hunt-slots.ts";
import { huntTables, nameOfObstacle } from "../testing/zkvm-hunt/hunt-table.ts";
import { machineFaults } from "../testing/zkvm-hunt/machine-faults.ts";
import { Machine } from "./machine/execute.ts";
import { imageAfter } from "./machine/image-after.ts";
import { Flag, type Row } from "./program/program.ts";
import type { Registers } from "./registers.ts";
import { segmentRowsMax } from "./segment-limits.ts";
import { starkStatement } from "./slot-context.ts";
import { system, tableIndex } from "./system.ts";
import { witnessSlot } from "./witness-slot.ts";

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

type Slot = Pick<HuntSlot, "witness" | "input">;

function slotOf(module: Uint8Array): Slot {
  const input = firstSlotInput(module, 100_000);
  return { input, witness: witnessSlot(new StateKernel(), input)! };
}

/** A run of a slot with other rows, and what it leaves. */
function runOf({ witness, input }: Slot, rows: readonly Row[]) {
  const { gasLimit } = input.limits;
  const machine = new Machine({
    program: { ...witness.program, rows },
    image: input.pre,
    inbox: input.inbox,
    gasLimit,
  });
  const run = machine.run(segmentRowsMax);
  const { end, gas, pages, returned, steps } = run;
  const root = imageRoot(imageAfter(input.pre, run));
  // Of a run that has failed only that is said.
  const outcome = end === "done" ? { gas, pages, returned, root } : "failed";
  return { rows: steps.length, outcome };
}

/** The row with nothing of what it does but its gas. */
function emptied(row: Row): Row {
  return {
    ...row,
    flags: 0,
    operation: 0,
    a: 0,
    b: 0,
    w: 0,
    low: 0,
    high: 0,
    offset: 0,
    target: 0,
  };
}

/** The rows with every access of two or four bytes made byte by byte. */
function allSlow(rows: readonly Row[]): readonly Row[] {
  return rows.map((row) => {
    const isAccess = (row.flags & (Flag.load | Flag.store)) !== 0 && row.operation > 1;
    return isAccess ? { ...emptied(row), flags: Flag.jump, target: row.target } : row;
  });
}

test("made byte by byte all accesses together leave the same, for the same gas", () => {
  const { rows } = slot!.witness.program;
  const [own, other] = [runOf(slot!, rows), runOf(slot!, allSlow(rows))];
  expect(other.rows).toBeGreaterThan(own.rows);
  expect(own.outcome).not.toBe("failed");
  expect(other.outcome).toEqual(own.outcome);
});

test("made byte by byte an access at the edges of memory and of addresses ends as it does at once", () => {
  const edges = [
    ...[
      [65_532, 0],
      [65_533, 0],
      [65_535, 0],
      [65_534, 0],
      [8, 0xffff_fffc],
      [0xffff_fffc, 4],
    ],
    ...[
      [0xffff_ffff, 1],
      [0xffff_fffc, 2052],
      [0xffff_0000, 65_536],
      [0xffff_0000, 131_072],
    ],
  ] as const;
  const ends = new Set<string>();
  for (const [address, offset] of edges) {
    for (const name of ["load", "load16_u", "store", "store16"]) {
      const place = `offset=${offset} (i32.const ${address})`;
      const access = `(i32.${name} ${place}${name.startsWith("store") ? " (i32.const 77)" : ""})`;
      const own = slotOf(processOf(name.startsWith("load") ? `(drop ${access})` : access));
      const { rows } = own.witness.program;
      const { outcome } = runOf(own, rows);
      expect(runOf(own, allSlow(rows)).outcome, access).toEqual(outcome);
      ends.add(outcome === "failed" ? "failed" : "done");
    }
  }
  expect([...ends].sort()).toEqual(["done", "failed"]);
});

/** The rows with this advice for a quotient and a remainder of 64 bits. */
function advised(rows: readonly Row[], quotient: bigint, remainder: bigint): readonly Row[] {
  const limbs = [quotient, quotient >> 32n, remainder, remainder >> 32n].map((x) =>
    Number(x & 0xffff_ffffn),
  );
  return rows.map((row) => {
    if ((row.flags & Flag.advise) === 0) return row;
    const word = limbs[row.operation]!;
    const flags = (row.flags & ~Flag.advise) | Flag.move;
    return { ...row, flags, low: word & 0xffff, high: word >>> 16 };
  });
}

test("no other advice than the quotient and the remainder leads to a row of the program", () => {
  const most = 2n ** 64n - 1n;
  for (const [n, d] of [
    [7n, 2n],
    [most, 3n],
    [most, 2n ** 63n],
    [5n, most],
    [2n ** 33n, 2n ** 32n],
  ] as const) {
    const hex = (x: bigint): string => `0x${x.toString(16)}`;
    const division = `(local.set $z (i64.const ${hex(n)}))
      (local.set $z (i64.div_u (local.get $z) (i64.const ${hex(d)})))`;
    const own = slotOf(processOf(division));
    const { rows } = own.witness.program;
    const [q, r] = [n / d, n % d];
    expect(runOf(own, advised(rows, q, r)).outcome).toEqual(runOf(own, rows).outcome);
    const others: (readonly [bigint, bigint])[] = [
      ...([
        [q + 1n, r],
        [q - 1n, r + d],
        [q, r + 1n],
        [q + 2n ** 32n, r],
        [r, q],
      ] as const),
      // Right modulo 2^64 only: q d + 2^64, and a remainder beyond it.
      ...([
        [q + 2n ** 63n, r],
        [q + 2n ** 62n, r],
        [q - 2n, r + 2n * d],
        [0n, n],
        [most, n + d],
      ] as const),
    ];
    for (const [quotient, remainder] of others) {
      const advice = [quotient, remainder].map((x) => BigInt.asUintN(64, x)) as [bigint, bigint];
      if (advice[0] === q && advice[1] === r) continue;
      const what = `${n} / ${d}: ${advice.join(", ")}`;
      expect(() => runOf(own, advised(rows, ...advice)), what).toThrow("no row at");
    }
  }
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
