/**
 * Repairs a changed row (design of the hunt, level 2): whatever stands in the way of a change is solved
 * for one of the cells that it reads, again and again at random, until nothing or only one thing is
 * left. It knows no chip: constraints and tuples are polynomials, mostly linear in each cell.
 *
 * @module
 */

import { inverse, mul, negate, P, sub } from "../../field/koala-bear.ts";
import { buses } from "../../zkvm/chips/buses.ts";
import { countsOf } from "../../zkvm/chips/fixed/matrix.ts";
import { operate } from "../../zkvm/machine/operations.ts";
import { interactionBase } from "./hunt-table.ts";
import { isTrue, type Judgement, type Message, type RowJudge } from "./judge.ts";
import type { Random } from "./mutations.ts";

/** A cell of the row or of what it hands on. */
export interface Variable {
  readonly cells: "local" | "next";
  readonly column: number;
}

/** What a node must become. */
interface Goal {
  readonly node: number;
  readonly value: number;
}

const special = [0, 1, 2, P - 1, 65_535, 65_536];

export class Forger {
  readonly judge: RowJudge;
  readonly local: Uint32Array;
  readonly next: Uint32Array;
  readonly #random: Random;
  /** Cells that were set and stay. */
  readonly #set: Set<string> = new Set();
  /** Behind which access this row is put, if it takes a cell that it did not. */
  readonly #final: readonly number[];

  constructor(judge: RowJudge, random: Random) {
    this.judge = judge;
    this.local = judge.local.slice();
    this.next = judge.next.slice();
    this.#random = random;
    const { someFinals } = judge.place.slot;
    this.#final = someFinals[random(someFinals.length)]!;
  }

  /** Takes over the cells of another row, but for what the row before hands on. */
  imitate(other: ArrayLike<number>): void {
    const { handedOn } = this.judge.place.table;
    for (let column = 0; column < this.local.length; column++) {
      if (!handedOn.includes(column) || this.#random(8) === 0) this.local[column] = other[column]!;
    }
  }

  assign({ cells, column }: Variable, value: number): void {
    this[cells][column] = value;
    this.#set.add(`${cells} ${column}`);
  }

  /** What stands in the way now, and what the row does. */
  now(): Judgement {
    return this.judge.judge(this.local, this.next);
  }

  /** Solves one obstacle for one cell that is not set yet, if given for that; false if that fails. */
  repair(obstacle: number, by?: Variable): boolean {
    const goal =
      obstacle < interactionBase ? this.#goalOf(obstacle) : this.#goalOfMessage(obstacle);
    if (goal === null) return false;
    return by === undefined ? this.reach(goal) : this.#solve(by, goal.node, goal.value);
  }

  /** Sets one cell so that the node has the value. */
  reach({ node, value }: Goal): boolean {
    const { reads, handedOn, handedOnUses } = this.judge.place.table;
    const read = reads[node]!;
    const variables: Variable[] = [
      ...read.local.map((column) => ({ cells: "local" as const, column })),
      ...read.next.map((column) => ({ cells: "next" as const, column })),
    ].filter(
      ({ cells, column }) =>
        !this.#set.has(`${cells} ${column}`) && (cells === "local" || handedOn.includes(column)),
    );
    // What a row leads to is mostly what must change, not what it is: the cell of the next row that
    // the fewest constraints read.
    const after = variables.filter(({ cells }) => cells === "next");
    const uses = ({ column }: Variable): number => handedOnUses.get(column) ?? 0;
    const fewest = Math.min(...after.map(uses));
    const own = this.#random(2) === 0 ? [] : after.filter((each) => uses(each) === fewest);
    const chosen = own[this.#random(Math.max(1, own.length))];
    if (chosen !== undefined && this.#solve(chosen, node, value)) return true;
    while (variables.length > 0) {
      const [variable] = variables.splice(this.#random(variables.length), 1);
      if (variable !== undefined && this.#solve(variable, node, value)) return true;
    }
    return false;
  }

  #valueAt(node: number): number {
    return this.judge.evaluate(this.local, this.next)[node]!;
  }

  #solve(variable: Variable, node: number, value: number): boolean {
    const cells = this[variable.cells];
    const { column } = variable;
    const own = cells[column]!;
    const gap = sub(this.#valueAt(node), value);
    cells[column] = (own + 1) % P;
    const slope = sub(sub(this.#valueAt(node), value), gap);
    const linear = slope === 0 ? own : sub(own, mul(gap, inverse(slope)));
    // What is not linear in the cell mostly has a root in a bit.
    for (const root of [linear, 0, 1]) {
      cells[column] = root;
      if (root === own || this.#valueAt(node) !== value) continue;
      this.#set.add(`${variable.cells} ${column}`);
      return true;
    }
    cells[column] = own;
    return false;
  }

  #goalOf(constraint: number): Goal | null {
    const { node } = this.judge.place.table.program.constraints[constraint]!;
    // Where the row before does not lead here, the cells that it hands on go back.
    if (this.#valueAt(node) === 0) return this.#goalBefore();
    return { node, value: 0 };
  }

  #goalBefore(): Goal | null {
    const { table } = this.judge.place;
    const column = table.handedOn.find((each) => this.local[each] !== this.judge.local[each]);
    if (column === undefined || this.#set.has(`local ${column}`)) return null;
    const leaf = table.program.nodes.findIndex(
      ({ operation, left }) => operation === "local" && left === column,
    );
    return { node: leaf, value: this.judge.local[column]! };
  }

  #goalOfMessage(obstacle: number): Goal | null {
    const index = obstacle - interactionBase;
    const { table } = this.judge.place;
    const { bus, tuple: nodes, multiplicity } = table.program.interactions[index]!;
    const values = this.judge.evaluate(this.local, this.next);
    const tuple = nodes.map((node) => values[node]!);
    const honest = this.judge.messages[index]!;
    const wanted = this.#wanted({ ...honest, bus, tuple }, honest);
    const wrong = nodes.flatMap((node, k) =>
      wanted[k] === undefined || wanted[k] === tuple[k] ? [] : [{ node, value: wanted[k] }],
    );
    if (wrong.length > 0 && this.#random(8) > 0) return wrong[this.#random(wrong.length)]!;
    const isHonest = this.#random(2) === 0;
    return { node: multiplicity, value: isHonest ? honest.multiplicity : 0 };
  }

  /** A tuple that may stand there. */
  #wanted({ role, bus, tuple }: Message, honest: Message): readonly (number | undefined)[] {
    const random = this.#random;
    const [x = 0, y = 0] = tuple;
    if (role === "take") return this.#wantedCell(honest);
    if (role === "program") return this.judge.place.slot.rows.get(x) ?? honest.tuple;
    if (bus === buses.range) return [random(2) === 0 ? special[random(3)]! : random(65_536)];
    if (bus === buses.bytes) {
      const [low, high] = [x < 256 ? x : random(256), y < 256 ? y : random(256)];
      return [low, high, low & high];
    }
    if (bus === buses.count) {
      const number = x < 65_536 ? x : random(65_536);
      return [number, ...countsOf(number)];
    }
    if (role !== "ask") return honest.tuple;
    const limbs = tuple.slice(1, 5).map((limb) => (limb < 65_536 ? limb : random(65_536)));
    const [a, b] = [limbs[0]! + 65_536 * limbs[1]!, limbs[2]! + 65_536 * limbs[3]!];
    const w =
      isTrue(bus, [x, ...limbs, 0, 0]) || b === 0 ? 0 : x < 1 || x > 13 ? 0 : operate(x, a, b);
    return [x, ...limbs, w & 0xffff, w >>> 16];
  }

  /** The cell as it was left before, after a later access, or another one as the run left it. */
  #wantedCell(honest: Message): readonly number[] {
    const choice = this.#random(5);
    if (honest.multiplicity === 0 || choice === 0) return this.#final;
    if (choice === 1) return honest.tuple;
    const [cell = 0] = honest.tuple;
    const { left, finalByCell } = this.judge.place.slot;
    const final = finalByCell.get(cell) ?? honest.tuple;
    if (choice > 3) return honest.tuple;
    return choice === 2 ? final : (left.get(cell)?.at(-1) ?? final);
  }

  /** A value that a cell might be changed to. */
  someValue(own: number): number {
    const random = this.#random;
    const choice = random(9);
    if (choice < 2) return special[random(special.length)]!;
    if (choice === 2) return (own + 1) % P;
    if (choice === 3) return (own + P - 1) % P;
    if (choice === 8) return (own + (random(2) === 0 ? 65_536 : P - 65_536)) % P;
    if (choice === 4) return negate(random(65_536));
    return choice === 5 ? random(P) : random(65_536);
  }
}
