import fc from "fast-check";
import { expect, test } from "vitest";
import { add, P } from "../field/koala-bear.ts";
import type { Matrix } from "../stark/matrix.ts";
import type { Table } from "../stark/system.ts";
import { StateKernel } from "../state/kernel.ts";
import { addressOf, inboxBytes, processModule, SlotRunner } from "../testing/process-slots.ts";
import { judgeMutation, type MutableRow } from "../testing/slot-mutations.ts";
import { arbitraryProcess } from "../testing/wasm-arbitrary.ts";
import { cpu } from "./chips/cpu/columns.ts";
import { fillTables } from "./fill-tables.ts";
import { starkStatement } from "./slot-context.ts";
import { system, tableIndex } from "./system.ts";
import { type SlotInput, witnessSlot } from "./witness-slot.ts";

const kernel = new StateKernel();
const limits = { gasLimit: 200_000, memoryPagesMax: 3 };

/** Changes tried on each column of each table; `MUTATIONS` sets another number. */
const trialsPerColumn = Number(process.env["MUTATIONS"] ?? 30);

let seed = 7;

function below(limit: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
}

interface Slot {
  readonly traces: readonly Matrix[];
  readonly publicValues: readonly Uint32Array[];
}

function slotOf(input: SlotInput): Slot | null {
  const witness = witnessSlot(kernel, input);
  if (witness === null) return null;
  const pages = input.pre.memory.length / 65_536;
  const { publicValues } = starkStatement(witness, { inbox: input.inbox, pages });
  return { traces: fillTables(witness.run, witness.program, input.limits.gasLimit), publicValues };
}

/** A token's transfer and some random processes: all chips, all kinds of rows, all ends. */
function sampleSlots(): Slot[] {
  const moduleBytes = processModule("token");
  const own = { gasLimit: 8_000_000, memoryPagesMax: 100 };
  const runner = new SlotRunner(moduleBytes, own);
  runner.run(inboxBytes(0, 0, {}));
  const tags = { Action: "Transfer", Recipient: addressOf(5), Quantity: "1000" };
  const inbox = inboxBytes(1, 0, tags);
  const transfer = { module: moduleBytes, limits: own, first: false, pre: runner.image(), inbox };
  const random = fc.sample(arbitraryProcess(), { numRuns: 12, seed: 5 }).map((bytes) =>
    slotOf({
      module: bytes,
      limits,
      first: true,
      pre: new SlotRunner(bytes, limits).image(),
      inbox: Uint8Array.of(1, 2, 3, 4, 5),
    }),
  );
  return [slotOf(transfer), ...random].filter((slot) => slot !== null);
}

const slots = sampleSlots();

function mutated(value: number): number {
  const choices = [0, 1, P - 1, value + 1, value + P - 1, value + 65_536, value + P - 65_536];
  const choice = below(choices.length + 2);
  if (choice < choices.length) return choices[choice]! % P;
  return choice === choices.length ? below(65_536) : (value ^ (1 << below(16))) % P;
}

/** New values for some columns of a row, each by itself or all by the same difference. */
function changesOf({ matrix, row }: MutableRow, columns: readonly number[]): Map<number, number> {
  const valueAt = (column: number): number => matrix.values[row * matrix.stride + column]!;
  const differences = [1, P - 1, 65_536, P - 65_536, 256, P - 256];
  const shared = below(2) === 0 ? differences[below(differences.length)]! : null;
  return new Map(
    columns.map((column) => [
      column,
      shared === null ? mutated(valueAt(column)) : add(valueAt(column), shared),
    ]),
  );
}

function randomRow(table: number): MutableRow {
  const { traces, publicValues } = slots[below(slots.length)]!;
  const matrix = traces[table]!;
  const row = below(8) === 0 ? matrix.height - 1 - below(3) : below(matrix.height);
  return { table: system.tables[table]!, matrix, row, publicValues: publicValues[table]! };
}

/** What a harmful change may be after all: advice is free, and the program checks it. */
function isAdvice({ matrix, row, table }: MutableRow): boolean {
  const isCpu = table === system.tables[tableIndex.cpu];
  return isCpu && matrix.values[row * matrix.stride + cpu.advise] === 1;
}

/** After a stop in an access out of bounds nothing is read any more. */
function isOver({ matrix, row, table }: MutableRow): boolean {
  const isCpu = table === system.tables[tableIndex.cpu];
  return isCpu && matrix.values[row * matrix.stride + cpu.outOfBounds] === 1;
}

/** When a refreshed cell is refreshed is free; what it holds is not, since it is the same column. */
function isFreeTime({ table }: MutableRow): boolean {
  return table === system.tables[tableIndex.refresh];
}

/** Changes one column and `extra` others at random; `weaken` may take constraints away. */
function hunt(
  extra: number,
  weaken: (table: Table) => Table = (table) => table,
): { readonly harmful: readonly { table: string; what: string }[]; readonly refused: number } {
  const harmful: { table: string; what: string }[] = [];
  let refused = 0;
  for (let index = 0; index < tableIndex.fixed; index++) {
    const { width, name } = system.tables[index]!.program;
    for (let column = 0; column < width; column++) {
      for (let trial = 0; trial < trialsPerColumn; trial++) {
        const target = randomRow(index);
        const { row } = target;
        const columns = [column, ...Array.from({ length: extra }, () => below(width))];
        const changes = changesOf(target, columns);
        const verdict = judgeMutation({ ...target, table: weaken(target.table) }, changes);
        if (verdict === "refused") refused++;
        const isFree = isAdvice(target) || isOver(target) || isFreeTime(target);
        if (verdict !== "harmful" || isFree) continue;
        harmful.push({ table: name, what: `row ${row}: ${[...changes].join(" ")}` });
      }
    }
  }
  return { harmful, refused };
}

test("no change of one cell of any column of any table gives another result", () => {
  const { harmful, refused } = hunt(0);
  expect(harmful).toEqual([]);
  expect(refused).toBeGreaterThan(1000);
});

test("no change of two or three cells gives another result", () => {
  expect(hunt(1).harmful).toEqual([]);
  expect(hunt(2).harmful).toEqual([]);
});

test("the hunt finds what tables without their constraints would let through", () => {
  const bare = (table: Table): Table => ({
    ...table,
    program: { ...table.program, constraints: [] },
  });
  const found = new Set(hunt(0, bare).harmful.map(({ table }) => table));
  const chips = ["bitwise", "comparison", "counting", "cpu", "memory", "multiplication"];
  expect([...found].sort()).toEqual(expect.arrayContaining(chips));
});
