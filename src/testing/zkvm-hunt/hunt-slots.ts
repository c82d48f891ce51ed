/**
 * Honest slots for the hunts, with what a cheating prover may draw on: the rows of the program and the
 * cells as the run left them.
 *
 * @module
 */

import fc from "fast-check";
import { P } from "../../field/koala-bear.ts";
import type { Matrix } from "../../stark/matrix.ts";
import type { Statement } from "../../stark/statement.ts";
import { StateKernel } from "../../state/kernel.ts";
import { buses } from "../../zkvm/chips/buses.ts";
import { cpu } from "../../zkvm/chips/cpu/columns.ts";
import { frames } from "../../zkvm/chips/frames/constraints.ts";
import { memory } from "../../zkvm/chips/memory/columns.ts";
import { borderTime } from "../../zkvm/evidence.ts";
import { fillTables } from "../../zkvm/fill-tables.ts";
import { rowFields } from "../../zkvm/program/program.ts";
import { starkStatement } from "../../zkvm/slot-context.ts";
import { tableIndex } from "../../zkvm/system.ts";
import { type SlotInput, type SlotWitness, witnessSegments } from "../../zkvm/witness-slot.ts";
import { addressOf, inboxBytes, processModule, SlotRunner } from "../process-slots.ts";
import { arbitraryProcess } from "../wasm-arbitrary.ts";
import { beyondProcess, everythingProcess, recursiveProcess } from "./edge-modules.ts";

export interface HuntSlot {
  readonly name: string;
  readonly input: SlotInput;
  readonly witness: SlotWitness;
  readonly traces: readonly Matrix[];
  readonly about: Statement;
  /** The program's rows as tuples of its bus, by place. */
  readonly rows: ReadonlyMap<number, readonly number[]>;
  /** Cells as the run left them, as texts of the memory bus's tuples. */
  readonly finals: ReadonlySet<string>;
  readonly finalByCell: ReadonlyMap<number, readonly number[]>;
  /** Some of them. */
  readonly someFinals: readonly (readonly number[])[];
  /** What each access by the CPU's operands leaves in its cell, as tuples, by cell. */
  readonly left: ReadonlyMap<number, readonly (readonly number[])[]>;
}

/** Cells as the tables' last accesses left them; those that no access touched are as they began. */
function finalsOf(traces: readonly Matrix[], about: Statement): number[][] {
  const finals: number[][] = [];
  const cells = traces[tableIndex.frames]!;
  for (let row = 0; row < cells.height; row++) {
    const cell = (name: keyof typeof frames): number =>
      cells.values[row * cells.stride + frames[name]]!;
    if (cell("time") < borderTime) finals.push(columnsOfFrames.map(cell));
  }
  // What the verifier takes last of a cell; before that it takes what the inbox replaces.
  const last = new Map<number, number[]>();
  for (const { bus, multiplicities, tuples } of about.publicTerms) {
    if (bus !== buses.memory) continue;
    multiplicities.forEach((multiplicity, i) => {
      const tuple = [...tuples.subarray(4 * i, 4 * i + 4)];
      const time = last.get(tuple[0]!)?.[1] ?? 0;
      if (multiplicity === P - 1 && tuple[1]! > time) last.set(tuple[0]!, tuple);
    });
  }
  return [...finals, ...last.values()];
}

const columnsOfFrames = ["cell", "time", "low", "high"] as const;

/** What the accesses leave in cells, some of each cell. */
function leftOf(traces: readonly Matrix[]): Map<number, number[][]> {
  const left = new Map<number, number[][]>();
  const add = (tuple: number[]): void => {
    const list = left.get(tuple[0]!) ?? [];
    if (list.length < leftMax) list.push(tuple);
    left.set(tuple[0]!, list);
  };
  const steps = traces[tableIndex.cpu]!;
  for (let row = 0; row < steps.height; row++) {
    const cell = (name: keyof typeof cpu): number => steps.values[row * steps.stride + cpu[name]]!;
    if (cell("real") === 0) break;
    const clock = cell("clock");
    if (cell("aOn") === 1) add([cell("aCell"), clock, cell("aLow"), cell("aHigh")]);
    if (cell("bOn") === 1) add([cell("bCell"), clock + 1, cell("bLow"), cell("bHigh")]);
    if (cell("wOn") === 1) add([cell("wCell"), clock + 2, cell("wLow"), cell("wHigh")]);
  }
  const accesses = traces[tableIndex.memory]!;
  for (let row = 0; row < accesses.height; row++) {
    const cell = (name: keyof typeof memory): number =>
      accesses.values[row * accesses.stride + memory[name]]!;
    if (cell("real") === 0) break;
    const word = cell("wordLow") + 2 ** 14 * cell("addressHigh");
    add([word, cell("clock"), cell("newLow"), cell("newHigh")]);
  }
  return left;
}

/** Accesses of one cell that are kept. */
const leftMax = 12;

/** The segments of a slot, of so many rows at most, with their tables; none where nothing runs. */
export function huntSlots(
  name: string,
  input: SlotInput,
  options: { readonly segmentRows?: number; readonly lastOnly?: boolean } = {},
): HuntSlot[] {
  const slots: HuntSlot[] = [];
  for (const witness of witnessSegments(new StateKernel(), input, options.segmentRows)) {
    const { run, program, position } = witness;
    if (options.lastOnly === true && position.index + 1 < position.count) continue;
    const about = starkStatement(witness, { inbox: input.inbox, pages: run.pagesBefore });
    const traces = fillTables(run, program, input.limits.gasLimit);
    const rows = program.rows.map((row, place): [number, number[]] => [
      place,
      [place, ...rowFields.map((field) => row[field])],
    ]);
    const finals = finalsOf(traces, about);
    slots.push({
      name: position.count === 1 ? name : `${name} ${position.index + 1}/${position.count}`,
      input,
      witness,
      traces,
      about,
      rows: new Map(rows),
      finals: new Set(finals.map((tuple) => tuple.join())),
      finalByCell: new Map(finals.map((tuple) => [tuple[0]!, tuple])),
      someFinals: finals.filter((_, i) => i % Math.ceil(finals.length / 50) === 0),
      left: leftOf(traces),
    });
  }
  return slots;
}

/** A transfer of tokens after the token's first slot. */
export function transferInput(): SlotInput {
  const module = processModule("token");
  const limits = { gasLimit: 8_000_000, memoryPagesMax: 100 };
  const runner = new SlotRunner(module, limits);
  runner.run(inboxBytes(0, 0, {}));
  const tags = { Action: "Transfer", Recipient: addressOf(5), Quantity: "1000" };
  return { module, limits, first: false, pre: runner.image(), inbox: inboxBytes(1, 0, tags) };
}

/** The first slot of a module of a few pages. */
export function firstSlotInput(module: Uint8Array, gasLimit: number): SlotInput {
  const limits = { gasLimit, memoryPagesMax: 3 };
  const pre = new SlotRunner(module, limits).image();
  return { module, limits, first: true, pre, inbox: Uint8Array.of(1, 2, 3, 4, 5) };
}

/** The first word that an address beyond 2 GiB may be taken for, and the word of that address. */
const lowWord = 100;

/**
 * A slot whose memory table has one access beyond 2 GiB, which no test could run: honest as a row, with
 * a low word that a row like it could be mistaken to load.
 */
function highMemorySlot(slot: HuntSlot): HuntSlot {
  const own = slot.traces[tableIndex.memory]!;
  const matrix = { ...own, values: own.values.slice() };
  const base = (P - 1) / 2 ** 16;
  const cells: Partial<Record<keyof typeof memory, number>> = {
    ...{ real: 1, isLoad: 1, one: 1, clock: 400, pages: base + 2 },
    ...{ addressLow: 4 * lowWord + 1, addressHigh: base, wordLow: lowWord, byte1: 1 },
    ...{ oldLow: 0x2a00, newLow: 0x2a00, valueLow: 0x2a, limbHigh: 0x2a, storedLow: 0x2a },
  };
  for (const column of Object.keys(memory) as (keyof typeof memory)[]) {
    matrix.values[memory[column]] = cells[column] ?? 0;
  }
  const traces = slot.traces.with(tableIndex.memory, matrix);
  const low = [lowWord, 40, 0x17, 0];
  const finalByCell = new Map(slot.finalByCell).set(lowWord, low);
  const finals = new Set(slot.finals).add(low.join());
  return { ...slot, name: "high memory", traces, finals, finalByCell };
}

/**
 * A token's transfer in two segments, processes at the machine's edges, and so many random ones: all
 * chips, all kinds of rows, all ends.
 */
export function sampleSlots(options: {
  readonly random: number;
  readonly seed: number;
}): HuntSlot[] {
  const { random, seed } = options;
  const modules = fc.sample(arbitraryProcess(), { numRuns: random, seed });
  const everything = huntSlots("everything", firstSlotInput(everythingProcess(), 100_000));
  return [
    ...huntSlots("transfer", transferInput(), { segmentRows: 20_000 }),
    ...everything,
    ...everything.map(highMemorySlot),
    ...huntSlots("short of gas", firstSlotInput(everythingProcess(), 400)),
    ...huntSlots("recursive", firstSlotInput(recursiveProcess(), 4_000_000), {
      segmentRows: 4096,
      lastOnly: true,
    }),
    ...huntSlots("beyond", firstSlotInput(beyondProcess(), 10_000)),
    ...modules.flatMap((module, i) =>
      huntSlots(`random ${seed}.${i}`, firstSlotInput(module, 12_000)),
    ),
  ];
}
