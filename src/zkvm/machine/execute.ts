/**
 * The register machine (spec/14-zkvm.md §3): runs a slot's program and records what it did. It is the
 * prover's; nothing that it decides is believed.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { frameBase } from "../program/address-space.ts";
import type { SlotProgram } from "../program/entry-stub.ts";
import { Advice, Flag, Halt, type Row } from "../program/program.ts";
import { type Registers, startRegisters } from "../registers.ts";
import { UnprovableError } from "../unprovable.ts";
import { MachineMemory, placeMask } from "./memory.ts";
import { operate } from "./operations.ts";
import {
  accessField as access,
  accessWidth,
  clockOf,
  events,
  gapMax,
  Records,
  refreshWidth,
  stepField as step,
  stepWidth,
} from "./record.ts";

/** Longest run that a proof holds, in rows. */
export const runRowsMax: number = 2 ** 20;

export interface RunInput {
  readonly program: SlotProgram;
  readonly image: { readonly memory: Uint8Array; readonly globals: BigUint64Array };
  readonly inbox: Uint8Array;
  readonly gasLimit: number;
}

/** How a run ends. */
export type RunEnd = "done" | "trap" | "out-of-bounds" | "out-of-stack" | "out-of-gas";

/** The inbox's arrival: for each word what it replaced, and since when that had stood. */
export interface Reception {
  readonly row: number;
  readonly pointer: number;
  readonly oldWords: Uint32Array;
  readonly oldTimes: Uint32Array;
}

/** A run with everything that the tables are filled from. */
export interface RunRecord {
  /** Where it began. */
  readonly start: Registers;
  /** Where it goes on in another segment; null where it has ended. */
  readonly border: Registers | null;
  readonly end: RunEnd;
  readonly gas: number;
  readonly pages: number;
  /** What the last row read: length and address of the returned bytes, if the run is done. */
  readonly returned: { readonly length: number; readonly pointer: number };
  readonly steps: Records;
  readonly accesses: Records;
  readonly refreshes: Records;
  /** How often each row of the program was executed. */
  readonly counts: Uint32Array;
  readonly memory: MachineMemory;
  readonly reception: Reception | null;
}

/** Runs a slot to its end. Throws `UnprovableError` where no proof would hold the run. */
export function execute(input: RunInput): RunRecord {
  return new Execution(input).run();
}

const endOfEvent: Readonly<Record<number, RunEnd>> = {
  [events.outOfBounds]: "out-of-bounds",
  [events.outOfStack]: "out-of-stack",
  [events.outOfGas]: "out-of-gas",
};

class Execution {
  readonly #input: RunInput;
  readonly #memory: MachineMemory;
  readonly #steps = new Records(stepWidth);
  readonly #accesses = new Records(accessWidth);
  readonly #refreshes = new Records(refreshWidth);
  readonly #counts: Uint32Array;
  readonly #start: Registers;
  #place: number;
  #frame = frameBase;
  #pages: number;
  #gas = 0;
  #slots: number;
  #event: number = events.none;
  #reception: Reception | null = null;
  /** Operands and result of the present row. */
  #a = 0;
  #b = 0;
  #w = 0;
  /** Where the present row's record begins. */
  #at = 0;

  constructor(input: RunInput) {
    this.#input = input;
    this.#memory = new MachineMemory(input.image);
    this.#counts = new Uint32Array(input.program.rows.length);
    this.#start = startRegisters(input.program, input.image.memory.length / 65_536);
    this.#place = this.#start.place;
    this.#pages = this.#start.pages;
    this.#slots = this.#start.slots;
  }

  run(): RunRecord {
    const { rows } = this.#input.program;
    for (;;) {
      const row = rows[this.#place];
      assert(row !== undefined, `no row at ${this.#place}`);
      if (this.#steps.length >= runRowsMax) {
        throw new UnprovableError("RUN_TOO_LONG", { expected: runRowsMax });
      }
      const halted = this.#step(row);
      if (halted || this.#event > events.slow) break;
    }
    return {
      start: this.#start,
      border: null,
      end: this.#end(rows[this.#place]!),
      gas: this.#gas,
      pages: this.#pages,
      returned: { length: this.#a, pointer: this.#b },
      steps: this.#steps,
      accesses: this.#accesses,
      refreshes: this.#refreshes,
      counts: this.#counts,
      memory: this.#memory,
      reception: this.#reception,
    };
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
    const before = this.#touch(cell, time);
    const { low, high } = this.#memory.segmentOf(cell);
    const { values } = this.#steps;
    const place = cell & placeMask;
    values[this.#at + step.aLow + 2 * operand] = low[place]!;
    values[this.#at + step.aHigh + 2 * operand] = high[place]!;
    values[this.#at + step.aTime + operand] = before;
    return low[place]! + 65_536 * high[place]!;
  }

  /** Sets the time of a cell and answers the one before, refreshed where it is too long ago. */
  #touch(cell: number, time: number): number {
    if (cell >= frameBase) this.#memory.useFrame(cell);
    const { low, high, times } = this.#memory.segmentOf(cell);
    const place = cell & placeMask;
    let before = times[place]!;
    if (time - before > gapMax) {
      const later = time - gapMax;
      const at = this.#refreshes.next();
      this.#refreshes.values.set([cell, before, low[place]!, high[place]!, later], at);
      before = later;
    }
    times[place] = time;
    return before;
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

  /** A load or store inside one word; what crosses it goes slowly, what lies outside ends the run. */
  #access(row: Row, clock: number): void {
    const address = this.#a + row.offset;
    const bytes = row.operation;
    if ((address % 4) & (bytes - 1)) {
      this.#event = events.slow;
      return;
    }
    if (address + bytes > this.#pages * 65_536) {
      this.#event = events.outOfBounds;
      return;
    }
    const cell = Math.floor(address / 4);
    const time = this.#touch(cell, clock);
    const { low, high } = this.#memory.segmentOf(cell);
    const place = cell & placeMask;
    const shift = 8 * (address % 4);
    const mask = bytes === 4 ? 0xffff_ffff : 2 ** (8 * bytes) - 1;
    const old = (low[place]! | (high[place]! << 16)) >>> 0;
    const isLoad = (row.flags & Flag.load) !== 0;
    let now = old;
    if (isLoad) this.#w = ((old >>> shift) & mask) >>> 0;
    else now = ((old & ~(mask << shift)) | ((this.#b & mask) << shift)) >>> 0;
    low[place] = now & 0xffff;
    high[place] = now >>> 16;
    const at = this.#accesses.next();
    const record = this.#accesses.values.subarray(at, at + accessWidth);
    record[access.clock] = clock;
    record[access.pages] = this.#pages;
    record[access.address] = address;
    record[access.operation] = bytes;
    record[access.isLoad] = isLoad ? 1 : 0;
    record[access.time] = time;
    record[access.oldLow] = old & 0xffff;
    record[access.oldHigh] = old >>> 16;
    record[access.newLow] = now & 0xffff;
    record[access.newHigh] = now >>> 16;
    record[access.valueLow] = this.#w & 0xffff;
    record[access.valueHigh] = this.#w >>> 16;
  }

  #advice(operation: number): number {
    const half = (index: number): bigint => {
      const cell = this.#frame + index;
      const { low, high } = this.#memory.segmentOf(cell);
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
    const before = this.#touch(cell, time);
    const { low, high } = this.#memory.segmentOf(cell);
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
      const { low, high } = this.#memory.segmentOf(cell);
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
      const { low, high, times } = this.#memory.segmentOf(first + i);
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
