/**
 * Which constraints and interactions of the zkVM would be missed (design of the hunt, level 5): for each
 * a forgery is sought that nothing else refuses. Where there is one, a system without that constraint
 * accepts it, and whoever runs the forgeries against that system sees so.
 *
 * @module
 */

import { numbers } from "../../stark/toys/mutations.ts";
import { directedForgeries, tryForgery } from "./directed.ts";
import type { HuntSlot } from "./hunt-slots.ts";
import { type HuntTable, interactionBase, nameOfObstacle } from "./hunt-table.ts";
import { rowKinds } from "./mutations.ts";
import { type Forgery, type Grade, grades, newFindings, obstaclesOf, Search } from "./search.ts";

export interface Deletion {
  readonly table: string;
  readonly name: string;
  /** What a system without it would accept; null where no search found anything. */
  readonly grade: Grade | "unbalanced" | null;
  readonly forgery: Forgery | null;
}

export interface DeletionReport {
  readonly deletions: readonly Deletion[];
  readonly judged: number;
  /** Changes that the whole system accepts and no freedom allows: bugs. */
  readonly accepted: readonly Forgery[];
}

/** Whether somebody who deletes it would be noticed. */
export function isNoticed({ grade }: Deletion): boolean {
  return grade !== null && grade !== "true" && grade !== "listed";
}

export interface DeletionOptions {
  readonly slots: readonly HuntSlot[];
  readonly seed: number;
  /** Changes without an aim, of each table. */
  readonly free: number;
  /** Changes at most that aim at one obstacle. */
  readonly aimed: number;
  /** Grade at which a search ends. */
  readonly enough: Grade;
}

export function huntDeletions(table: HuntTable, options: DeletionOptions): DeletionReport {
  const { slots, seed, free, aimed, enough } = options;
  const random = numbers(seed);
  const findings = newFindings();
  const kinds = rowKinds(table, slots);
  const targets = obstaclesOf(table);
  const search = new Search(kinds, random, findings);
  if (targets.length > 0) for (let i = 0; i < free; i++) search.attempt(null);
  for (const forgery of directedForgeries) {
    if (forgery.table === table.name) tryForgery(forgery, { kinds, random, findings });
  }
  const isEnough = (target: number): boolean => {
    const found = findings.byObstacle.get(target)?.grade;
    return found !== undefined && grades.indexOf(found) >= grades.indexOf(enough);
  };
  for (const target of targets) {
    for (let i = 0; i < aimed && !isEnough(target); i++) search.attempt(target);
  }
  const deletions = targets.map((target): Deletion => {
    const found = findings.byObstacle.get(target);
    const name = nameOfObstacle(table, target);
    const { grade = null, forgery = null } = found ?? {};
    return { table: table.name, name, grade, forgery };
  });
  // What a row gives to a bus somebody takes: without it the honest tables are unbalanced.
  const given = table.roles.flatMap((_, i): Deletion[] => {
    const obstacle = interactionBase + i;
    if (targets.includes(obstacle)) return [];
    const name = nameOfObstacle(table, obstacle);
    return [{ table: table.name, name, grade: "unbalanced", forgery: null }];
  });
  return {
    deletions: [...deletions, ...given],
    judged: findings.count,
    accepted: findings.accepted,
  };
}

/** A forgery in words: which cells of which row are what instead of what. */
export function forgeryText({ table, slot, row, kind, columns, local, next }: Forgery): string {
  const { values, stride, height } = slot.traces[table.index]!;
  const honest = (at: number, column: number): number => values[at * stride + column]!;
  const here = columns.map(
    (column) => `${table.columnNames[column]} ${honest(row, column)} → ${local[column]}`,
  );
  const after = (row + 1) % height;
  const handed = table.handedOn
    .filter((column) => next[column] !== honest(after, column))
    .map((column) => `${table.columnNames[column]}' ${honest(after, column)} → ${next[column]}`);
  return `${slot.name}, row ${row} (${kind}): ${[...here, ...handed].join(", ")}`;
}
