/**
 * The second half of the prover (spec/08-proofs.md §8): opens all committed columns at one point,
 * combines them into one codeword for each height, and proves by FRI that these are of low degree.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { Extension, ExtensionField } from "../../field/extension.ts";
import { tags } from "../challenger.ts";
import { openingPoints } from "../deep.ts";
import type { BatchedMatrix, Engine } from "../engine.ts";
import { type TreeLayout, treeLayouts } from "../layout.ts";
import { logOf, type Matrix } from "../matrix.ts";
import { shiftPositions } from "../merkle/opening.ts";
import { commit, type MerkleTree, writeOpening } from "../merkle/tree.ts";
import { interpolateOnCoset } from "../ntt.ts";
import type { ProverSession } from "../prover-session.ts";
import type { System } from "../system.ts";
import { type FoldSchedule, foldSchedule } from "./schedule.ts";

export interface OpeningInput {
  readonly system: System;
  readonly logHeights: readonly number[];
  /** The trees in the layouts' order. */
  readonly trees: readonly MerkleTree[];
}

/** One opened matrix: its values at its points. */
interface OpenedMatrix {
  readonly matrix: Matrix;
  readonly logHeight: number;
  readonly claimed: readonly (readonly Extension[])[];
}

/** For each height the two points' inverses over its domain. */
type HeightInverses = ReadonlyMap<number, readonly Uint32Array[]>;

async function invertPoints(
  engine: Engine,
  point: Extension,
  input: { readonly logHeights: readonly number[]; readonly logBlowup: number },
): Promise<HeightInverses> {
  const inverses = new Map<number, Uint32Array[]>();
  for (const logHeight of new Set(input.logHeights)) {
    const own: Uint32Array[] = [];
    for (const at of openingPoints(engine.field, point, logHeight)) {
      own.push(await engine.pointInverses(at, { logHeight, logBlowup: input.logBlowup }));
    }
    inverses.set(logHeight, own);
  }
  return inverses;
}

async function openMatrices(
  engine: Engine,
  layouts: readonly TreeLayout[],
  input: {
    readonly trees: readonly MerkleTree[];
    readonly point: Extension;
    readonly inverses: HeightInverses;
  },
): Promise<OpenedMatrix[]> {
  const opened: OpenedMatrix[] = [];
  for (const [tree, layout] of layouts.entries()) {
    for (const [index, { logHeight, points }] of layout.matrices.entries()) {
      const matrix = input.trees[tree]!.matrices[index]!;
      const places = openingPoints(engine.field, input.point, logHeight);
      const claimed: Extension[][] = [];
      for (let i = 0; i < points; i++) {
        const inverses = input.inverses.get(logHeight)![i]!;
        claimed.push(await engine.openColumns(matrix, { logHeight, point: places[i]!, inverses }));
      }
      opened.push({ matrix, logHeight, claimed });
    }
  }
  return opened;
}

/** The codewords of the combined quotients, by log2 of the table height. */
async function combineOpenings(
  engine: Engine,
  opened: readonly OpenedMatrix[],
  input: {
    readonly batcher: Extension;
    readonly inverses: HeightInverses;
    readonly logBlowup: number;
  },
): Promise<Map<number, Uint32Array>> {
  const { field } = engine;
  const batches = new Map<number, { matrices: BatchedMatrix[]; claimed: Extension[] }>();
  let power = field.one;
  for (const { matrix, logHeight, claimed } of opened) {
    const batch = batches.get(logHeight) ?? { matrices: [], claimed: [field.zero, field.zero] };
    batches.set(logHeight, batch);
    const powers = claimed.map((values, point) => {
      const own = new Uint32Array(values.length * field.degree);
      values.forEach((value, k) => {
        own.set(power, k * field.degree);
        batch.claimed[point] = field.add(batch.claimed[point]!, field.mul(power, value));
        power = field.mul(power, input.batcher);
      });
      return own;
    });
    batch.matrices.push({ matrix, powers });
  }
  const codewords = new Map<number, Uint32Array>();
  for (const [logHeight, { matrices, claimed }] of batches) {
    const points = input.inverses
      .get(logHeight)!
      .map((inverses, i) => ({ inverses, claimed: claimed[i]! }));
    const { logBlowup } = input;
    const codeword = await engine.deepCodeword({ logHeight, logBlowup, matrices, points });
    codewords.set(logHeight, codeword);
  }
  return codewords;
}

/** The coefficients of the last codeword; those above the bound are zero for an honest trace. */
function finalCoefficients(
  field: ExtensionField,
  codeword: Uint32Array,
  schedule: FoldSchedule,
): Extension[] {
  const columns = Array.from({ length: field.degree }, (_, d) => {
    const column = codeword.filter((_value, i) => i % field.degree === d);
    return interpolateOnCoset(column, 1);
  });
  return Array.from({ length: 2 ** schedule.logFinalLength }, (_, i) =>
    columns.map((column) => column[i]!),
  );
}

/** Folds down to the last polynomial, committing to each layer; returns the layers' trees. */
async function commitLayers(
  session: ProverSession,
  schedule: FoldSchedule,
  codewords: ReadonlyMap<number, Uint32Array>,
): Promise<MerkleTree[]> {
  const { engine, challenger, parameters } = session;
  const { degree } = engine.field;
  const { logBlowup } = parameters;
  const logSize = schedule.folds[0]?.logSize ?? schedule.logFinalSize;
  let codeword = codewords.get(logSize - logBlowup);
  assert(codeword !== undefined, "no codeword of the largest height");
  const trees: MerkleTree[] = [];
  for (const fold of schedule.folds) {
    const width = 2 ** fold.logArity * degree;
    const height = 2 ** (fold.logSize - fold.logArity);
    const tree = await commit(engine, [{ height, width, stride: width, values: codeword }]);
    trees.push(tree);
    session.root(tags.foldRoot, tree.root);
    await session.work(tags.foldWork, parameters.grinding.fold);
    const beta = challenger.drawExtension(tags.foldChallenge, engine.field);
    const joining = codewords.get(fold.logSize - fold.logArity - logBlowup) ?? null;
    codeword = await engine.fold({ ...fold, codeword, beta, joining });
  }
  session.extensions(tags.finalPolynomial, finalCoefficients(engine.field, codeword, schedule));
  return trees;
}

/** Writes everything from the opening point on. */
export async function proveOpenings(session: ProverSession, input: OpeningInput): Promise<void> {
  const { engine, challenger, parameters, writer } = session;
  const { system, logHeights } = input;
  const { logBlowup, grinding, queries } = parameters;
  const layouts = treeLayouts(system, logHeights);
  const schedule = foldSchedule(parameters, logHeights);

  await session.work(tags.deepWork, grinding.deep);
  const point = challenger.drawExtension(tags.deepPoint, engine.field);
  const inverses = await invertPoints(engine, point, { logHeights, logBlowup });
  const opened = await openMatrices(engine, layouts, { trees: input.trees, point, inverses });
  session.extensions(
    tags.openings,
    opened.flatMap(({ claimed }) => claimed.flat()),
  );

  await session.work(tags.batchWork, grinding.batch);
  const batcher = challenger.drawExtension(tags.batchChallenge, engine.field);
  const codewords = await combineOpenings(engine, opened, { batcher, inverses, logBlowup });
  const layers = await commitLayers(session, schedule, codewords);

  await session.work(tags.queryWork, grinding.query);
  const logSize = schedule.folds[0]?.logSize ?? schedule.logFinalSize;
  const raw = challenger.drawPositions(tags.queryPositions, queries, logSize);
  let positions = shiftPositions(
    raw.sort((a, b) => a - b),
    0,
  );
  for (const tree of input.trees) writeOpening(writer, tree, { positions, logSize });
  for (const [i, tree] of layers.entries()) {
    const { logArity } = schedule.folds[i]!;
    positions = shiftPositions(positions, logArity);
    const logGroups = logOf(tree.matrices[0]!.height);
    writeOpening(writer, tree, { positions, logSize: logGroups });
  }
}
