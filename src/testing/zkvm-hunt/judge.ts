/**
 * Judges a row with other cells than its own: what stands in its way, and if nothing does, what it
 * changes (design of the hunt, level 1). The prover of the judge is as free as a cheating one: it
 * counts lookups anew, has chips prove other operations, executes other rows of the program, and puts
 * the row behind the last access of any cell. It is given the row before and the cells as they were
 * left; what the row leaves must be what it left before.
 *
 * @module
 */

import { P } from "../../field/koala-bear.ts";
import type { Constraint } from "../../stark/air/air.ts";
import type { Matrix } from "../../stark/matrix.ts";
import { buses, hostKinds } from "../../zkvm/chips/buses.ts";
import { countsOf } from "../../zkvm/chips/fixed/matrix.ts";
import { type HostRow, hostFields } from "../../zkvm/evidence.ts";
import { judgeEnd } from "../../zkvm/judge-end.ts";
import { operate } from "../../zkvm/machine/operations.ts";
import { Operation } from "../../zkvm/program/program.ts";
import type { HuntSlot } from "./hunt-slots.ts";
import { type HuntTable, interactionBase, type Role } from "./hunt-table.ts";

/** A row of a table of a slot. */
export interface Place {
  readonly slot: HuntSlot;
  readonly table: HuntTable;
  readonly row: number;
}

export interface Message {
  readonly role: Role;
  readonly bus: number;
  readonly tuple: readonly number[];
  readonly multiplicity: number;
}

/**
 * What a row does that nothing stands in the way of: `same` puts the same on all buses and hands on the
 * same; `recounted` does so but for lookups in the fixed table; `elsewhere` asks, offers or counts
 * something else that is true, so that only the balance of the buses notices; `harmful` leaves
 * something else.
 */
export type Effect = "same" | "recounted" | "elsewhere" | "harmful";

export interface Judgement {
  /** Constraints by number, interactions from `interactionBase` on; each once. */
  readonly obstacles: readonly number[];
  /** As if the obstacles were none. */
  readonly effect: Effect;
}

/** What a prover counts: how often each is there is free. */
const counted: readonly Role[] = ["ask", "program", "offer", "provide"];

function isLimb(x: number): boolean {
  return x < 65_536;
}

/** Whether the fixed table has the row, or the operation this result. */
export function isTrue(bus: number, tuple: readonly number[]): boolean {
  const [x = 0, y = 0, z = 0] = tuple;
  if (bus === buses.range) return isLimb(x);
  if (bus === buses.bytes) return x < 256 && y < 256 && z === (x & y);
  if (bus === buses.count) {
    return isLimb(x) && countsOf(x).every((count, i) => count === tuple[i + 1]);
  }
  const word = (at: number): number => tuple[at]! + 65_536 * tuple[at + 1]!;
  if (!tuple.slice(1).every(isLimb) || x < Operation.and || x > Operation.remainder) return false;
  const divides = x === Operation.divide || x === Operation.remainder;
  return (!divides || word(3) !== 0) && operate(x, word(1), word(3)) === word(5);
}

/** Whether the memory chip can prove an access: within one word, within memory. */
function isAnswerable([
  bytes = 0,
  isLoad = 0,
  ,
  low = 0,
  high = 0,
  ...rest
]: readonly number[]): boolean {
  const pages = rest[2] ?? 0;
  const isWithin = (bytes === 1 || bytes === 2 || bytes === 4) && (low & (bytes - 1)) === 0;
  return isWithin && isLoad < 2 && isLimb(low) && isLimb(high) && high < pages;
}

/** Whether it answers what the CPU could have asked for then, and nobody may answer. */
function isImpossible(tuple: readonly number[], honest: Message): boolean {
  const [bytes = 0, isLoad = 0, clock, low = 0, high = 0] = tuple;
  const isAsked = [1, 2, 4].includes(bytes) && isLoad < 2 && isLimb(low) && isLimb(high);
  const isThen = clock === honest.tuple[2] && tuple[7] === honest.tuple[7];
  return isAsked && isThen && !isAnswerable(tuple);
}

function sameTuple(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

function sameMessage(one: Message, other: Message): boolean {
  if (one.multiplicity === 0 && other.multiplicity === 0) return true;
  return one.multiplicity === other.multiplicity && sameTuple(one.tuple, other.tuple);
}

function applies({ kind }: Constraint, row: number, height: number): boolean {
  if (kind === "every") return true;
  if (kind === "first") return row === 0;
  return kind === "last" ? row === height - 1 : row < height - 1;
}

/** One honest row with its neighbours, against which its changes are judged. */
export class RowJudge {
  readonly place: Place;
  /** The honest cells of the row and of the next one; only `handedOn` of the next may change. */
  readonly local: Uint32Array;
  readonly next: Uint32Array;
  readonly messages: readonly Message[];
  readonly #before: Uint32Array | null;
  readonly #height: number;
  readonly #publicValues: Uint32Array;
  readonly #fixed: readonly number[];

  constructor(place: Place) {
    const { slot, table, row } = place;
    const matrix = slot.traces[table.index]!;
    this.place = place;
    this.local = cellsOf(matrix, row);
    this.next = cellsOf(matrix, (row + 1) % matrix.height);
    this.#before = row === 0 ? null : cellsOf(matrix, row - 1);
    this.#height = matrix.height;
    this.#publicValues = slot.about.publicValues[table.index]!;
    const { fixedWidth } = table.program;
    this.#fixed =
      fixedWidth > 0 ? [row & 255, row >> 8, row & 255 & (row >> 8), ...countsOf(row)] : [];
    this.messages = this.#messages(this.evaluate(this.local, this.next));
  }

  /** The values of all nodes, until the next call. */
  evaluate(local: Uint32Array, next: Uint32Array): Int32Array {
    const cells = { local, next, fixed: this.#fixed, publicValues: this.#publicValues };
    return this.place.table.all.evaluate(cells);
  }

  #messages(values: Int32Array): Message[] {
    const { program, roles } = this.place.table;
    return program.interactions.map(({ bus, tuple, multiplicity }, i) => ({
      role: roles[i]!,
      bus,
      tuple: tuple.map((node) => values[node]!),
      multiplicity: values[multiplicity]!,
    }));
  }

  judge(local: Uint32Array, given: Uint32Array = this.next): Judgement {
    const { table, row } = this.place;
    // The last row hands nothing on.
    const next = row === this.#height - 1 ? this.next : given;
    const { constraints } = table.program;
    const values = this.evaluate(local, next);
    const obstacles: number[] = [];
    constraints.forEach((constraint, i) => {
      if (values[constraint.node] !== 0 && applies(constraint, row, this.#height))
        obstacles.push(i);
    });
    const messages = this.#messages(values);
    this.#judgeBefore(local, obstacles);
    messages.forEach((message, i) => {
      if (!this.#isAllowed(message, i, messages)) obstacles.push(interactionBase + i);
    });
    this.#judgeAfter(next, obstacles);
    return { obstacles, effect: this.#effect(messages, next) };
  }

  /** The row before must lead here. */
  #judgeBefore(local: Uint32Array, obstacles: number[]): void {
    const { table } = this.place;
    if (this.#before === null || table.handedOn.length === 0) return;
    const cells = { local: this.#before, next: local, fixed: [], publicValues: this.#publicValues };
    const values = table.transitions.evaluate(cells);
    table.program.constraints.forEach(({ kind, node }, i) => {
      if (kind === "transition" && values[node] !== 0 && !obstacles.includes(i)) obstacles.push(i);
    });
  }

  /** What is handed on must be allowed by itself, and where the row leads the program have a row. */
  #judgeAfter(next: Uint32Array, obstacles: number[]): void {
    const { slot, table } = this.place;
    if (table.handedOn.every((column) => next[column] === this.next[column])) return;
    const cells = { local: next, next: [], fixed: [], publicValues: this.#publicValues };
    const values = table.aloneNodes.evaluate(cells);
    for (const i of table.alone) {
      const fails = values[table.program.constraints[i]!.node] !== 0;
      if (fails && !obstacles.includes(i)) obstacles.push(i);
    }
    const index = table.roles.indexOf("program");
    if (index < 0) return;
    const leaf = table.program.nodes[table.program.interactions[index]!.tuple[0]!]!;
    const place = next[leaf.left]!;
    const obstacle = interactionBase + index;
    const known = place === this.next[leaf.left] || slot.rows.has(place);
    if (!known && !obstacles.includes(obstacle)) obstacles.push(obstacle);
  }

  #isAllowed(message: Message, index: number, messages: readonly Message[]): boolean {
    const { role, bus, tuple, multiplicity } = message;
    const { rows, finals } = this.place.slot;
    const honest = this.messages[index]!;
    if (role === "lookup" || role === "ask") return multiplicity === 0 || isTrue(bus, tuple);
    if (role === "program") {
      const row = rows.get(tuple[0]!);
      return multiplicity === 0 || (row !== undefined && sameTuple(row, tuple));
    }
    if (role === "take") {
      if (isCancelled(message, messages)) return isCancelled(honest, this.messages);
      if (sameMessage(message, honest)) return true;
      return multiplicity === P - 1 && (finals.has(tuple.join()) || this.#isLater(tuple, honest));
    }
    if (role === "request") {
      // Of another access nothing is known; of the same one the value is the chip's.
      const same = multiplicity === honest.multiplicity && this.#isSameAccess(tuple, honest.tuple);
      if (multiplicity === 0) return true;
      // No other row has its time, so that a negative one is never made up for.
      if (multiplicity > P / 2 || !isAnswerable(tuple)) return false;
      return !same || sameTuple(tuple, honest.tuple);
    }
    if (role === "output" && bus === buses.host) {
      return multiplicity === 0 || this.#isEnd(tuple) || sameMessage(message, honest);
    }
    if (role !== "answer") return true;
    if (multiplicity !== honest.multiplicity) return false;
    return (
      multiplicity === 0 || this.#isSameAccess(tuple, honest.tuple) || isImpossible(tuple, honest)
    );
  }

  /** Whether a later access of the cell leaves this: the row could be put behind it. */
  #isLater(tuple: readonly number[], honest: Message): boolean {
    const later = this.place.slot.left.get(tuple[0]!) ?? [];
    const isCell = honest.multiplicity === P - 1 && honest.tuple[0] === tuple[0];
    return (
      isCell && tuple[1]! > honest.tuple[1]! + 1 && later.some((left) => sameTuple(left, tuple))
    );
  }

  /** Whether the verifier would take it for the inbox's reception or for an end. */
  #isEnd(tuple: readonly number[]): boolean {
    const fields = hostFields.map((field, i) => [field, tuple[i]]);
    const row = Object.fromEntries(fields) as HostRow;
    const { gasLimit } = this.place.slot.input.limits;
    if (row.kind === hostKinds.receive || row.kind === hostKinds.pause) return true;
    return judgeEnd(row, gasLimit) !== null;
  }

  /** Whether two accesses are one but for the value that is loaded. */
  #isSameAccess(one: readonly number[], other: readonly number[]): boolean {
    const isLoad = other[1] === 1;
    return one.every((value, i) => value === other[i] || (isLoad && (i === 5 || i === 6)));
  }

  #effect(messages: readonly Message[], next: Uint32Array): Effect {
    const { table } = this.place;
    if (table.handedOn.some((column) => next[column] !== this.next[column])) return "harmful";
    let effect: Effect = "same";
    for (const [i, message] of messages.entries()) {
      const honest = this.messages[i]!;
      if (message.role === "offer") {
        // However often it is used. What is no word of limbs nobody asks for.
        const { bus, tuple } = message;
        if (!isTrue(bus, tuple) && tuple.slice(1, 5).every(isLimb)) return "harmful";
      }
      if (sameMessage(message, honest)) continue;
      if (message.role === "take") continue;
      if (message.role === "lookup") effect = effect === "same" ? "recounted" : effect;
      else if (counted.includes(message.role)) effect = "elsewhere";
      else if (message.role === "answer") return "harmful";
      else if (netOf(message, messages) !== netOf(message, this.messages)) return "harmful";
      else if (netOf(honest, messages) !== netOf(honest, this.messages)) return "harmful";
    }
    return effect;
  }
}

/** A row's cells, without a copy. */
function cellsOf(matrix: Matrix, row: number): Uint32Array {
  return matrix.values.subarray(row * matrix.stride, row * matrix.stride + matrix.width);
}

/** How often the row puts a tuple on its bus, less how often it takes it. */
function netOf({ bus, tuple }: Message, messages: readonly Message[]): number {
  let net = 0;
  for (const other of messages) {
    if (other.bus === bus && sameTuple(other.tuple, tuple)) net += other.multiplicity;
  }
  return net % P;
}

/** Whether the row itself puts what it takes, or takes what it puts, or neither is there. */
function isCancelled(message: Message, messages: readonly Message[]): boolean {
  return message.multiplicity === 0 || netOf(message, messages) === 0;
}
