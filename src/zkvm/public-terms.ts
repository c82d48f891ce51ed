/**
 * The verifier's side of the buses (spec/14-zkvm.md §6): rows of the program, words of the state, the
 * inbox, the frames at borders, and the end. Prover and verifier compute them alike from the same
 * evidence.
 *
 * @module
 */

import { negate } from "../field/koala-bear.ts";
import type { PublicTerms } from "../stark/lookup/bus.ts";
import { buses } from "./chips/buses.ts";
import { borderTime, chunkWords, type Evidence, type HostRow, hostFields } from "./evidence.ts";
import { type Row, rowFields } from "./program/program.ts";
import { demand } from "./refusal.ts";
import type { CarriedCells } from "./registers.ts";

/** Terms of one bus, one after the other. */
class TermList {
  readonly #bus: number;
  readonly #multiplicities: number[] = [];
  readonly #tuples: number[] = [];

  constructor(bus: number) {
    this.#bus = bus;
  }

  add(multiplicity: number, tuple: readonly number[]): void {
    this.#multiplicities.push(multiplicity < 0 ? negate(-multiplicity) : multiplicity);
    for (const value of tuple) this.#tuples.push(value);
  }

  terms(): PublicTerms {
    return {
      bus: this.#bus,
      multiplicities: Uint32Array.from(this.#multiplicities),
      tuples: Uint32Array.from(this.#tuples),
    };
  }
}

/** Most executions of one row: no run is longer. */
const countMax: number = 2 ** 20;

function programTerms(evidence: Evidence, rows: readonly Row[]): PublicTerms {
  const list = new TermList(buses.program);
  let last = -1;
  for (const { place, count } of evidence.uses) {
    const row = rows[place];
    demand(row !== undefined && place > last, "PROGRAM_ROW", { place });
    demand(count >= 1 && count <= countMax, "PROGRAM_ROW", { place, count });
    list.add(-count, [place, ...rowFields.map((field) => row[field])]);
    last = place;
  }
  demand(last >= 0, "PROGRAM_ROW", { got: "none" });
  return list.terms();
}

/** Each touched word: as it was at time 0, and taken as it was left. */
function addState(list: TermList, { boundary }: Evidence): void {
  const { indices, times } = boundary;
  const [pre, post] = [boundary.pre, boundary.post].map(
    (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  ) as [DataView, DataView];
  indices.forEach((index, chunk) => {
    for (let word = 0; word < chunkWords; word++) {
      const time = times[chunk * chunkWords + word]!;
      if (time === 0) continue;
      const cell = index * chunkWords + word;
      const at = 4 * (chunk * chunkWords + word);
      const limbs = (view: DataView): [number, number] => [
        view.getUint16(at, true),
        view.getUint16(at + 2, true),
      ];
      list.add(1, [cell, 0, ...limbs(pre)]);
      list.add(-1, [cell, time, ...limbs(post)]);
    }
  });
}

/** The inbox replaces what is at the pointer, after everything else of the row that receives it. */
function addReception(list: TermList, evidence: Evidence, inbox: Uint8Array): void {
  if (evidence.reception === null) return;
  const { row, oldWords, oldTimes } = evidence.reception;
  const first = (row.aLow + 65_536 * row.aHigh) / 4;
  oldWords.forEach((old, i) => {
    const cell = first + i;
    const low = (inbox[4 * i] ?? 0) + 256 * (inbox[4 * i + 1] ?? 0);
    const high = (inbox[4 * i + 2] ?? 0) + 256 * (inbox[4 * i + 3] ?? 0);
    list.add(-1, [cell, oldTimes[i]!, old & 0xffff, old >>> 16]);
    list.add(1, [cell, row.clock + 3, low, high]);
  });
}

/**
 * What the segment before left in the frames stands there from time 0 on, in place of the zeros that
 * the table of frames puts there.
 */
function addCarriedBefore(list: TermList, { cells, lows, highs }: CarriedCells): void {
  cells.forEach((cell, i) => {
    list.add(-1, [cell, 0, 0, 0]);
    list.add(1, [cell, 0, lows[i]!, highs[i]!]);
  });
}

/** What this segment leaves is taken, and zeros put there after all times: the table takes only those. */
function addCarriedAfter(list: TermList, { cells, times, lows, highs }: CarriedCells): void {
  cells.forEach((cell, i) => {
    list.add(-1, [cell, times[i]!, lows[i]!, highs[i]!]);
    list.add(1, [cell, borderTime, 0, 0]);
  });
}

function hostTerms(evidence: Evidence): PublicTerms {
  const list = new TermList(buses.host);
  const add = (row: HostRow): void => {
    list.add(
      -1,
      hostFields.map((field) => row[field]),
    );
  };
  if (evidence.reception !== null) add(evidence.reception.row);
  add(evidence.end);
  return list.terms();
}

/** All terms; throws `SlotRefusal` where the evidence names no row of the program. */
export function publicTermsOf(
  segment: {
    readonly evidence: Evidence;
    /** What the segment before left in the frames. */
    readonly carried: CarriedCells;
  },
  rows: readonly Row[],
  inbox: Uint8Array,
): PublicTerms[] {
  const { evidence, carried } = segment;
  const state = new TermList(buses.memory);
  addState(state, evidence);
  addReception(state, evidence, inbox);
  addCarriedBefore(state, carried);
  addCarriedAfter(state, evidence.carried);
  const stateTerms = state.terms();
  const own = stateTerms.multiplicities.length > 0 ? [stateTerms] : [];
  return [programTerms(evidence, rows), ...own, hostTerms(evidence)];
}
