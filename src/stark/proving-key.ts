/**
 * The proving key (spec/08-proofs.md §5): the verifying key, and the fixed columns with their
 * extension and tree, made once for all proofs of a system.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import type { Engine } from "./engine.ts";
import { createVerifyingKey, type VerifyingKey } from "./key.ts";
import { logOf, type Matrix } from "./matrix.ts";
import { commit, type MerkleTree } from "./merkle/tree.ts";
import type { System } from "./system.ts";

export interface ProvingKey {
  readonly verifyingKey: VerifyingKey;
  /** For each table its fixed columns, or null. */
  readonly fixed: readonly (Matrix | null)[];
  readonly extended: readonly (Matrix | null)[];
  readonly tree: MerkleTree | null;
}

/** The matrix where the engine works fastest: itself, or a copy. */
export function moveMatrix(engine: Engine, matrix: Matrix): Matrix {
  return { ...matrix, values: engine.place(matrix.values) };
}

/** Commits to the fixed columns, one matrix for each table or null where it has none. */
export async function createProvingKey(
  engine: Engine,
  system: System,
  fixed: readonly (Matrix | null)[],
): Promise<ProvingKey> {
  assert(fixed.length === system.tables.length, "one entry of fixed columns for each table");
  const own: (Matrix | null)[] = [];
  const extended: (Matrix | null)[] = [];
  for (const [index, { program, logHeight }] of system.tables.entries()) {
    const matrix = fixed[index] ?? null;
    assert((matrix?.width ?? 0) === program.fixedWidth, `${program.name}: fixed width`);
    const moved = matrix === null ? null : moveMatrix(engine, matrix);
    if (moved !== null) {
      assert(logOf(moved.height) === logHeight.max, `${program.name}: fixed height`);
    }
    own.push(moved);
    extended.push(moved && (await engine.extend(moved, system.parameters.logBlowup)));
  }
  const present = extended.filter((matrix) => matrix !== null);
  const tree = present.length === 0 ? null : await commit(engine, present);
  const verifyingKey = createVerifyingKey(system, tree?.root ?? null);
  return { verifyingKey, fixed: own, extended, tree };
}
