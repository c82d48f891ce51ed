/**
 * The register machine (spec/14-zkvm.md §3): runs a slot's program segment by segment and records what
 * it did. It is the prover's; nothing that it decides is believed.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { Advice, Flag, Halt, type Row } from "../program/program.ts";
import { type Registers, startRegisters } from "../registers.ts";
import { refreshesMax, touchedCellsMax } from "../segment-limits.ts";
import { MachineMemory, placeMask } from "./memory.ts";
import { operate } from "./operations.ts";
import { clockOf, events, Records, stepField as step, stepWidth } from "./record.ts";
import type { Border, Reception, RunEnd, RunInput, RunRecord } from "./run-record.ts";
import { TimedCells } from "./timed-cells.ts";

const endOfEvent: Readonly<Record<number, RunEnd>> = {
  [events.outOfBounds]: "out-of-bounds",
  [events.outOfStack]: "out-of-stack",
  [events.outOfGas]: "out-of-gas",
};

/** A run that goes on segment by segment. Each record is good until the next segment begins. */
export class Machine {
  readonly #input: RunInput;
  readonly #memory: MachineMemory;
  readonly #steps = new Records(stepWidth);
  readonly #cells: TimedCells;
  readonly #counts: Uint32Array;
  #place: number;
  #frame: number;
  #pages: number;
  #gas: number;
  #slots: number;
  #event: number = events.none;
  #reception: Reception | null = null;
  /** Where the segment before has ended; null before the first one. */
  #border: Border | null = null;
  /** Operands and result of the present row. */
  #a = 0;
  #b = 0;
  #w = 0;
  /** Where the present row's record begins. */
  #at = 0;

  constructor(input: RunInput) {
    this.#input = input;
    this.#memory = new MachineMemory(input.image);
    this.#cells = new TimedCells(this.#memory);
    this.#counts = new Uint32Array(input.program.rows.length);
    const { place, frame, gas, slots } = startRegisters(input.program);
    this.#place = place;
    this.#frame = frame;
    this.#gas = gas;
    this.#slots = slots;
    this.#pages = input.image.memory.length / 65_536;
  }

  /**
   * Runs to the end, or as far as a segment of at most so many rows goes, its border included. Throws
   * `UnprovableError` where no proof would hold the run.
   */
  run(rowsMax: number): RunRecord {
    assert(rowsMax > 1, "a segment has a row and a border");
    if (this.#border !== null) this.#beginSegment(this.#border);
    const { rows } = this.#input.program;
    const [start, pagesBefore] = [this.#registers(), this.#pages];
    let isOver = false;
    while (!isOver && this.#hasRoom(rowsMax)) {
      const row = rows[this.#place];
      assert(row !== undefined, `no row at ${this.#place}`);
      isOver = this.#step(row);
    }
    if (!isOver) {
      this.#border = { registers: this.#registers(), carried: this.#memory.carriedCells() };
    }
    return {
      start,
      border: isOver ? null : this.#border,
      end: isOver ? this.#end(rows[this.#place]!) : "paused",
      gas: this.#gas,
      pagesBefore,
      pages: this.#pages,
      returned: { length: this.#a, pointer: this.#b },
      steps: this.#steps,
      accesses: this.#cells.accesses,
      refreshes: this.#cells.refreshes,
      counts: this.#counts,
      memory: this.#memory,
      reception: this.#reception,
    };
  }

  #registers(): Registers {
    return { place: this.#place, frame: this.#frame, gas: this.#gas, slots: this.#slots };
  }

  #beginSegment({ carried }: Border): void {
    this.#memory.beginSegment(carried);
    this.#steps.clear();
    this.#cells.clear();
    this.#counts.fill(0);
    this.#reception = null;
  }

  /** Whether the segment holds another row, and its border behind that. */
  #hasRoom(rowsMax: number): boolean {
    const { touched, refreshes } = this.#cells;
    const isWide = touched >= touchedCellsMax || refreshes.length > refreshesMax;
    return this.#steps.length < rowsMax - 1 && !isWide;
  }

  #end(last: Row): RunEnd {
    const event = endOfEvent[this.#event];
    if (event !== undefined) return event;
    if (last.operation !== Halt.done) return "trap";
    return this.#gas > this.#input.gasLimit ? "out-of-gas" : "done";
  }

  /** One row; true if it halts. */
  #step(row: Row): boolean {
    const { flags } = row;
    const clock = clockOf(this.#steps.length);
    this.#at = this.#steps.next();
    const { values } = this.#steps;
    values[this.#at + step.place] = this.#place;
    values[this.#at + step.frame] = this.#frame;
    values[this.#at + step.pages] = this.#pages;
    this.#counts[this.#place]!++;
    this.#event = events.none;
    this.#gas += row.gas;
    this.#a = flags & Flag.aOn ? this.#read(this.#cell(row.a, flags & Flag.aFrame), clock, 0) : 0;
    this.#b =
      flags & Flag.bOn
        ? this.#read(this.#cell(row.b, flags & Flag.bFrame), clock + 1, 1)
        : row.low + 65_536 * row.high;
    this.#w = 0;
    this.#compute(row, clock);
    if (flags & Flag.wOn) this.#write(row, clock + 2);
    const next = this.#next(row, flags);
    // Of a run that halts, the gas at its end decides.
    const isOver = this.#gas > this.#input.gasLimit && (flags & Flag.halt) === 0;
    if (this.#event === events.none && isOver) this.#event = events.outOfGas;
    values[this.#at + step.gas] = this.#gas;
    values[this.#at + step.slots] = this.#slots;
    values[this.#at + step.event] = this.#event;
    this.#afterwards(row, clock);
    if (flags & Flag.halt || this.#event > events.slow) return true;
    this.#place = next;
    return false;
  }

  #cell(cell: number, isFrame: number): number {
    return isFrame ? this.#frame + cell : cell;
  }

  /** Reads an operand, and records limbs and the time of the access before. */
  #read(cell: number, time: number, operand: 0 | 1): number {
    const before = this.#cells.touch(cell, time);
    const { low, high } = this.#memory.pageOf(cell);
    const { values } = this.#steps;
    const place = cell & placeMask;
    values[this.#at + step.aLow + 2 * operand] = low[place]!;
    values[this.#at + step.aHigh + 2 * operand] = high[place]!;
    values[this.#at + step.aTime + operand] = before;
    return low[place]! + 65_536 * high[place]!;
  }

  #compute(row: Row, clock: number): void {
    const { flags } = row;
    const negated = flags & Flag.negate ? 1 : 0;
    if (flags & Flag.move || flags & Flag.store) this.#w = this.#b;
    if (flags & Flag.add) this.#w = (this.#a + this.#b) % 2 ** 32;
    else if (flags & Flag.sub) this.#w = (this.#a - this.#b) >>> 0;
    else if (flags & Flag.equal) this.#w = (this.#a === this.#b ? 1 : 0) ^ negated;
    else if (flags & Flag.below) this.#w = (this.#a < this.#b ? 1 : 0) ^ negated;
    else if (flags & Flag.operate) this.#w = operate(row.operation, this.#a, this.#b);
    else if (flags & Flag.advise) this.#w = this.#advice(row.operation);
    else if (flags & Flag.pages) this.#w = this.#pages;
    else if (flags & (Flag.load | Flag.store)) this.#access(row, clock + 3);
    else if (flags & Flag.enter) {
      if (this.#slots < row.offset) this.#event = events.outOfStack;
      else this.#slots -= row.offset;
    } else if (flags & Flag.charge) this.#gas += this.#a;
  }

  #access(row: Row, clock: number): void {
    const pages = this.#pages;
    const address = this.#a + row.offset;
    this.#event = this.#cells.access({ row, address, value: this.#b, clock, pages });
    if (row.flags & Flag.load && this.#event === events.none) this.#w = this.#cells.loaded;
  }

  #advice(operation: number): number {
    const half = (index: number): bigint => {
      const cell = this.#frame + index;
      const { low, high } = this.#memory.pageOf(cell);
      const place = cell & placeMask;
      return BigInt(low[place]! + 65_536 * high[place]!);
    };
    const [dividend, divisor] = [half(0) | (half(1) << 32n), half(2) | (half(3) << 32n)];
    const isQuotient = operation === Advice.quotientLow || operation === Advice.quotientHigh;
    const value = isQuotient ? dividend / divisor : dividend % divisor;
    const isLow = operation === Advice.quotientLow || operation === Advice.remainderLow;
    return Number(isLow ? value & 0xffff_ffffn : value >> 32n);
  }

  #write(row: Row, time: number): void {
    const { values } = this.#steps;
    const cell = this.#cell(row.w, row.flags & Flag.wFrame);
    const before = this.#cells.touch(cell, time);
    const { low, high } = this.#memory.pageOf(cell);
    const place = cell & placeMask;
    values[this.#at + step.wTime] = before;
    values[this.#at + step.oldLow] = low[place]!;
    values[this.#at + step.oldHigh] = high[place]!;
    // A slow access writes back what is there: the byte-by-byte way will write the value.
    if (this.#event === events.slow) return;
    const isCall = (row.flags & Flag.call) !== 0;
    low[place] = isCall ? this.#place + 1 : this.#w & 0xffff;
    high[place] = isCall ? this.#frame : this.#w >>> 16;
  }

  /** Where the machine goes on; sets what else the row changes. */
  #next(row: Row, flags: number): number {
    const { values } = this.#steps;
    if (flags & Flag.wOn) {
      const cell = this.#cell(row.w, flags & Flag.wFrame);
      const { low, high } = this.#memory.pageOf(cell);
      values[this.#at + step.wLow] = low[cell & placeMask]!;
      values[this.#at + step.wHigh] = high[cell & placeMask]!;
    } else {
      values[this.#at + step.wLow] = this.#w & 0xffff;
      values[this.#at + step.wHigh] = this.#w >>> 16;
    }
    if (flags & Flag.bOn) this.#b = this.#b >>> 0;
    else {
      values[this.#at + step.bLow] = row.low;
      values[this.#at + step.bHigh] = row.high;
    }
    if (flags & Flag.call) this.#frame = this.#cell(row.w, flags & Flag.wFrame) - row.offset;
    if (flags & Flag.return) {
      this.#slots += row.offset;
      this.#frame = values[this.#at + step.aHigh]!;
      return values[this.#at + step.aLow]!;
    }
    if (flags & Flag.grow) this.#pages = this.#a;
    if (flags & Flag.jumpIndexed) return row.target + this.#a;
    const isTaken = flags & Flag.jump || (flags & Flag.branch && this.#w === 1);
    return isTaken || this.#event === events.slow ? row.target : this.#place + 1;
  }

  /** The inbox is written when the row that receives it is over. */
  #afterwards(row: Row, clock: number): void {
    if ((row.flags & Flag.receive) === 0) return;
    const { inbox } = this.#input;
    const words = Math.ceil(inbox.length / 4);
    const oldWords = new Uint32Array(words);
    const oldTimes = new Uint32Array(words);
    const first = this.#a / 4;
    for (let i = 0; i < words; i++) {
      const { low, high, times } = this.#memory.pageOf(first + i);
      const place = (first + i) & placeMask;
      oldWords[i] = low[place]! | (high[place]! << 16);
      oldTimes[i] = times[place]!;
      low[place] = (inbox[4 * i] ?? 0) | ((inbox[4 * i + 1] ?? 0) << 8);
      high[place] = (inbox[4 * i + 2] ?? 0) | ((inbox[4 * i + 3] ?? 0) << 8);
      times[place] = clock + 3;
    }
    this.#reception = { row: this.#steps.length - 1, pointer: this.#a, oldWords, oldTimes };
  }
}
