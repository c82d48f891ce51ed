/**
 * A system: tables that share buses, with the parameters of their proofs (spec/08-proofs.md §5, §6).
 * Everything that a verifier must not take from a proof is here: widths, order, degrees, limits.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { type ExtensionField, extensionOfDegree } from "../field/extension.ts";
import { P, twoAdicity } from "../field/koala-bear.ts";
import { type Air, type AirProgram, compileAir, constraintDegree } from "./air/air.ts";
import { foldLayers, foldSchedule } from "./fri/schedule.ts";
import {
  groupDegree,
  groupInteractions,
  type LookupGroups,
  lookupColumnCount,
  lookupConstraintCount,
} from "./lookup/shape.ts";
import { assertParameters, type ProofParameters } from "./parameters.ts";
import { hasRoom, type Soundness, soundness } from "./soundness.ts";

/** Heights (log2) that a proof may give a table; with fixed columns both are the same. */
export interface HeightLimits {
  readonly min: number;
  readonly max: number;
}

export interface TableInput {
  readonly air: Air;
  readonly logHeight: HeightLimits;
}

/** A table as prover and verifier use it. */
export interface Table {
  readonly program: AirProgram;
  readonly groups: LookupGroups;
  readonly logHeight: HeightLimits;
  /** Polynomials of the trace's degree that the quotient is cut into. */
  readonly quotientChunks: number;
  /** Sum of the interactions' weights: a row's share of the multiplicity bound. */
  readonly weight: number;
}

export interface System {
  readonly tables: readonly Table[];
  readonly parameters: ProofParameters;
  readonly field: ExtensionField;
  /** Width of the tuples of each bus, by bus number. */
  readonly tupleWidths: ReadonlyMap<number, number>;
  readonly tupleWidthMax: number;
  /** Most public terms of one statement. */
  readonly publicTermsMax: number;
  readonly soundness: Soundness;
}

/** Shortest table: kernels and openings take four rows at a time. */
export const logHeightMin = 2;

function compileTable(input: TableInput, logBlowup: number): Table {
  const program = compileAir(input.air);
  const { min, max } = input.logHeight;
  assert(
    Number.isInteger(min) && Number.isInteger(max) && logHeightMin <= min && min <= max,
    `${program.name}: heights`,
  );
  assert(max + logBlowup <= twoAdicity, `${program.name}: too high for the field`);
  assert(program.fixedWidth === 0 || min === max, `${program.name}: fixed columns fix the height`);
  assert(hasRoom(min, logBlowup), `${program.name}: tables too short for the radius`);
  const groups = groupInteractions(program);
  const degree = Math.max(
    ...program.constraints.map((constraint) => constraintDegree(program, constraint)),
    ...groups.map((group) => groupDegree(program, group)),
    // The running sum: a linear expression times the selector of the first or the last row.
    groups.length === 0 ? 0 : 2,
  );
  const quotientChunks = Math.max(1, degree - 1);
  assert(quotientChunks <= 2 ** logBlowup, `${program.name}: degree ${degree} needs more blowup`);
  const weight = program.interactions.reduce((sum, interaction) => sum + interaction.weight, 0);
  return { program, groups, logHeight: input.logHeight, quotientChunks, weight };
}

function collectTupleWidths(tables: readonly Table[]): Map<number, number> {
  const widths = new Map<number, number>();
  for (const { program } of tables) {
    for (const { bus, tuple } of program.interactions) {
      const width = widths.get(bus) ?? tuple.length;
      // Tuples of two widths on one bus could be equal as polynomials: (x) and (x, 0).
      assert(width === tuple.length, `${program.name}: bus ${bus} has tuples of two widths`);
      widths.set(bus, width);
    }
  }
  return widths;
}

function systemSoundness(
  tables: readonly Table[],
  parameters: ProofParameters,
  input: { readonly tupleWidthMax: number; readonly publicTermsMax: number },
): Soundness {
  const degree = parameters.extensionDegree;
  const logHeights = tables.map((table) => table.logHeight.max);
  const sum = (of: (table: Table) => number): number =>
    tables.reduce((total, table) => total + of(table), 0);
  return soundness({
    extensionDegree: degree,
    logBlowup: parameters.logBlowup,
    queries: parameters.queries,
    grinding: parameters.grinding,
    logHeight: Math.max(...logHeights),
    // At heights below the largest, other codewords join at other folds: count one at each.
    folds: foldLayers(foldSchedule(parameters, logHeights), parameters.logBlowup, logHeights).map(
      (layer) => ({ ...layer, rollIn: tables.length > 1 }),
    ),
    openings: sum(
      ({ program, groups, quotientChunks }) =>
        program.fixedWidth +
        (program.usesNext ? 2 : 1) * program.width +
        degree * (2 * lookupColumnCount(groups) + quotientChunks),
    ),
    constraints: sum(
      ({ program, groups }) => program.constraints.length + lookupConstraintCount(groups),
    ),
    degree: Math.max(...tables.map((table) => table.quotientChunks + 1)),
    busTerms:
      input.publicTermsMax +
      sum(({ program, logHeight }) => program.interactions.length * 2 ** logHeight.max),
    tupleWidthMax: input.tupleWidthMax,
  });
}

/** Compiles the tables; stops the program if the system could not reach its security bits. */
export function compileSystem(input: {
  readonly tables: readonly TableInput[];
  readonly parameters: ProofParameters;
  readonly publicTermsMax?: number;
}): System {
  const { parameters, publicTermsMax = 0 } = input;
  assertParameters(parameters);
  assert(input.tables.length >= 1 && input.tables.length <= 256, "number of tables");
  const tables = input.tables.map((table) => compileTable(table, parameters.logBlowup));
  const tupleWidths = collectTupleWidths(tables);
  const tupleWidthMax = Math.max(0, ...tupleWidths.values());
  const result = systemSoundness(tables, parameters, { tupleWidthMax, publicTermsMax });
  assert(
    result.total >= parameters.securityBits,
    `${result.total.toFixed(2)} bits are fewer than ${parameters.securityBits}`,
  );
  const field = extensionOfDegree(parameters.extensionDegree);
  return {
    tables,
    parameters,
    field,
    tupleWidths,
    tupleWidthMax,
    publicTermsMax,
    soundness: result,
  };
}

/**
 * Whether the multiplicities of tables of these heights, with public terms of this weight, stay
 * below P, so that a lookup without its provider cannot hide in a sum that wraps to zero.
 */
export function multiplicitiesFit(
  system: System,
  logHeights: readonly number[],
  termsWeight: number,
): boolean {
  let total = termsWeight;
  system.tables.forEach((table, i) => {
    total += table.weight * 2 ** logHeights[i]!;
  });
  return total < P;
}
