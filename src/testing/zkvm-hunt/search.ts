/**
 * Searches changes of rows that nothing, or only one thing, stands in the way of (design of the hunt,
 * levels 2 and 5): changes something, repairs the rest, and keeps what came closest.
 *
 * @module
 */

import { freedomOf } from "./allow-list.ts";
import { Forger, type Variable } from "./forger.ts";
import type { HuntSlot } from "./hunt-slots.ts";
import { type HuntTable, interactionBase } from "./hunt-table.ts";
import { type Effect, RowJudge } from "./judge.ts";
import type { Random, RowKind } from "./mutations.ts";

/** A changed row. */
export interface Forgery {
  readonly table: HuntTable;
  readonly slot: HuntSlot;
  readonly row: number;
  readonly kind: string;
  readonly local: Uint32Array;
  readonly next: Uint32Array;
  readonly effect: Effect;
  /** Columns that differ. */
  readonly columns: readonly number[];
}

/**
 * What a forgery would do if its only obstacle were gone: `harmful` leaves another state, `unlisted` is
 * a change that no freedom allows, `listed` one that is allowed, `true` asks or offers something true.
 * `row` is a change that no freedom allows where a constraint is the only one in the way, but a bus
 * would refuse it as well.
 */
export type Grade = "harmful" | "unlisted" | "row" | "listed" | "true";

export const grades: readonly Grade[] = ["true", "listed", "row", "unlisted", "harmful"];

export function gradeOf(forgery: Forgery): Grade {
  const { effect, local, columns } = forgery;
  const isAllowed = freedomOf(forgery, { local, columns }, effect) !== null;
  if (effect === "harmful") return isAllowed ? "listed" : "harmful";
  if (effect === "elsewhere") return "true";
  return isAllowed ? "listed" : "unlisted";
}

/** What a search finds: changes that are accepted, and the best one for each only obstacle. */
export interface Findings {
  readonly accepted: Forgery[];
  readonly byObstacle: Map<number, { readonly forgery: Forgery; readonly grade: Grade }>;
  /** Reasons of the freedoms that accepted changes made use of. */
  readonly freedoms: Set<string>;
  /** Judged rows. */
  count: number;
}

export function newFindings(): Findings {
  return { accepted: [], byObstacle: new Map(), freedoms: new Set(), count: 0 };
}

/** Everything that an obstacle reads. */
function variablesOf(table: HuntTable, obstacle: number): Variable[] {
  const { constraints, interactions } = table.program;
  const interaction = interactions[obstacle - interactionBase];
  const nodes =
    interaction === undefined
      ? [constraints[obstacle]!.node]
      : [...interaction.tuple, interaction.multiplicity];
  return nodes.flatMap((node) => {
    const { local, next } = table.reads[node]!;
    return [
      ...local.map((column): Variable => ({ cells: "local", column })),
      ...next.map((column): Variable => ({ cells: "next", column })),
    ];
  });
}

/** Cells that one change may need to be made up for. */
const repairsMax = 14;

export class Search {
  readonly table: HuntTable;
  readonly findings: Findings;
  readonly #kinds: readonly RowKind[];
  readonly #random: Random;

  constructor(kinds: readonly RowKind[], random: Random, findings: Findings = newFindings()) {
    this.table = kinds[0]!.table;
    this.findings = findings;
    this.#kinds = kinds;
    this.#random = random;
  }

  /** A row that the target is about, if there is one. */
  #someRow(target: number | null): {
    readonly kind: string;
    readonly slot: HuntSlot;
    readonly row: number;
  } {
    const { kind: rowKind } = this.table.program.constraints[target ?? -1] ?? {};
    const isEdge = rowKind === "first" || rowKind === "last";
    const own = isEdge ? this.#kinds.filter(({ name }) => name.endsWith(rowKind)) : this.#kinds;
    const { name, rows } = own[this.#random(own.length)]!;
    return { kind: name, ...rows[this.#random(rows.length)]! };
  }

  /** Judges what the forger has made; answers the obstacles. */
  #note(forger: Forger, kind: string): readonly number[] {
    const { findings } = this;
    findings.count++;
    const { obstacles, effect } = forger.now();
    const constraints = obstacles.filter((obstacle) => obstacle < interactionBase);
    if (obstacles.length > 1 && constraints.length !== 1) return obstacles;
    const { place, local: honest } = forger.judge;
    const columns = Array.from(honest.keys()).filter((i) => forger.local[i] !== honest[i]);
    const { local, next } = forger;
    const forgery: Forgery = { ...place, kind, effect, columns, local, next };
    const alone = gradeOf(forgery);
    const grade = obstacles.length < 2 || alone === "listed" ? alone : "row";
    const copy = (): Forgery => ({ ...forgery, local: local.slice(), next: next.slice() });
    const obstacle = obstacles.length === 1 ? obstacles[0] : constraints[0];
    if (obstacle === undefined) {
      const used = freedomOf(place, { local, columns }, effect) ?? [];
      for (const { why } of used) findings.freedoms.add(why);
      if (grade === "harmful" || grade === "unlisted") findings.accepted.push(copy());
      return obstacles;
    }
    const known = findings.byObstacle.get(obstacle);
    if (known === undefined || grades.indexOf(known.grade) < grades.indexOf(grade)) {
      findings.byObstacle.set(obstacle, { forgery: copy(), grade });
    }
    return obstacles;
  }

  /** Tries one change; `target` is not repaired, if there is one. */
  attempt(target: number | null): void {
    const random = this.#random;
    const { table } = this;
    const { kind, slot, row } = this.#someRow(target);
    const forger = new Forger(new RowJudge({ slot, table, row }), random);
    if (random(4) === 0) {
      const other = this.#someRow(null);
      const { values, stride } = other.slot.traces[table.index]!;
      forger.imitate(values.subarray(other.row * stride, (other.row + 1) * stride));
    }
    const targets = target === null ? [] : variablesOf(table, target);
    const isCompensated = targets.length > 0 && random(3) === 0;
    const changes = 1 + random(3);
    for (let i = 0; i < changes; i++) {
      const isAimed = targets.length > 0 && !isCompensated && (i === 0 || random(2) === 0);
      const bit = table.bits[random(Math.max(1, table.bits.length))];
      const column = random(2) === 0 ? (bit ?? 0) : random(table.program.width);
      const variable: Variable = isAimed
        ? targets[random(targets.length)]!
        : { cells: "local", column };
      this.#change(forger, variable);
    }
    if (isCompensated) {
      // What the other changes break is made up for by what the target reads.
      const broken = this.#note(forger, kind);
      if (broken.length === 0) return;
      const obstacle = broken[random(broken.length)]!;
      if (!forger.repair(obstacle, targets[random(targets.length)])) return;
    }
    this.pursue(forger, kind, target);
  }

  /** Repairs what a forger has changed; one obstacle is spared, the target if there is one. */
  pursue(forger: Forger, kind: string, target: number | null): void {
    const random = this.#random;
    let obstacles = this.#note(forger, kind);
    const some = obstacles[random(Math.max(1, obstacles.length))] ?? null;
    const spared = target ?? (random(2) === 0 ? some : null);
    for (let step = 0; step < repairsMax && obstacles.length > 0; step++) {
      const others = obstacles.filter((obstacle) => obstacle !== spared);
      if (others.length === 0) return;
      if (!forger.repair(others[random(others.length)]!)) return;
      obstacles = this.#note(forger, kind);
    }
  }

  #change(forger: Forger, variable: Variable): void {
    const own = forger[variable.cells][variable.column]!;
    const isBit = this.table.bits.includes(variable.column);
    const value = isBit && this.#random(3) > 0 ? 1 - (own & 1) : forger.someValue(own);
    forger.assign(variable, value);
  }
}

/** Constraints and the interactions that can stand in a way, by number. */
export function obstaclesOf(table: HuntTable): number[] {
  const { constraints, interactions } = table.program;
  const inTheWay = ["lookup", "ask", "program", "take", "request", "answer"];
  return [
    ...constraints.keys(),
    ...interactions.flatMap((_, i) =>
      inTheWay.includes(table.roles[i]!) ? [interactionBase + i] : [],
    ),
  ];
}
