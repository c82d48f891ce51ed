/**
 * How a table's interactions become auxiliary columns (spec/08-proofs.md §6): LogUp with one
 * running sum a table. Interactions are grouped, one extension column a group, so that a group's
 * constraint stays within degree three; the last extension column is the running sum.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { AirProgram, Interaction } from "../air/air.ts";

/** Degree of a group's constraint; two interactions of linear tuples just fit. */
const groupDegreeMax = 3;

/** Interactions (by index) of each group, in order; one or two of them. */
export type LookupGroups = readonly (readonly number[])[];

function tupleDegree(program: AirProgram, interaction: Interaction): number {
  return Math.max(0, ...interaction.tuple.map((node) => program.nodes[node]!.degree));
}

/**
 * The degree of sum of m_i / d_i = c with the denominators multiplied out: c times every d_i on
 * one side, each m_i times the other d_j on the other.
 */
export function groupDegree(program: AirProgram, group: readonly number[]): number {
  const members = group.map((index) => program.interactions[index]!);
  const product = members.reduce((sum, member) => sum + tupleDegree(program, member), 0);
  const numerators = members.map(
    (member) => program.nodes[member.multiplicity]!.degree + product - tupleDegree(program, member),
  );
  return Math.max(1 + product, ...numerators);
}

/** Groups the interactions in order, two together where the degree allows. */
export function groupInteractions(program: AirProgram): LookupGroups {
  const groups: number[][] = [];
  program.interactions.forEach((_, index) => {
    const last = groups.at(-1);
    if (last?.length === 1 && groupDegree(program, [...last, index]) <= groupDegreeMax) {
      last.push(index);
    } else {
      assert(
        groupDegree(program, [index]) <= groupDegreeMax,
        `${program.name}: interaction ${index} has too high a degree`,
      );
      groups.push([index]);
    }
  });
  return groups;
}

/** Constraints that the auxiliary columns add: one a group, three for the running sum. */
export function lookupConstraintCount(groups: LookupGroups): number {
  return groups.length === 0 ? 0 : groups.length + 3;
}

/** Extension columns of the auxiliary trace. */
export function lookupColumnCount(groups: LookupGroups): number {
  return groups.length === 0 ? 0 : groups.length + 1;
}
