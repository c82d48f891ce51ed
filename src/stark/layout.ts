/**
 * Which matrices are committed together and where each is opened (spec/08-proofs.md §4, §8). The
 * order here is the order in trees, in the opened values and in the powers of the batching
 * challenge.
 *
 * @module
 */

import { lookupColumnCount } from "./lookup/shape.ts";
import type { System } from "./system.ts";

export type TreeName = "fixed" | "main" | "auxiliary" | "quotient";

export interface MatrixLayout {
  /** Index of the table. */
  readonly table: number;
  readonly width: number;
  /** log2 of the table's height; the committed matrix is 2^logBlowup times as high. */
  readonly logHeight: number;
  /** Opened at the point, or at the point and at its successor. */
  readonly points: 1 | 2;
}

export interface TreeLayout {
  readonly name: TreeName;
  readonly matrices: readonly MatrixLayout[];
}

/** The trees of a proof for tables of these heights; trees without matrices are left out. */
export function treeLayouts(system: System, logHeights: readonly number[]): TreeLayout[] {
  const { degree } = system.field;
  const collect = (
    name: TreeName,
    of: (index: number) => { readonly width: number; readonly points: 1 | 2 },
  ): TreeLayout => ({
    name,
    matrices: system.tables.flatMap((_, table) => {
      const { width, points } = of(table);
      return width === 0 ? [] : [{ table, width, points, logHeight: logHeights[table]! }];
    }),
  });
  const table = (index: number) => system.tables[index]!;
  return [
    collect("fixed", (i) => ({ width: table(i).program.fixedWidth, points: 1 })),
    collect("main", (i) => ({
      width: table(i).program.width,
      points: table(i).program.usesNext ? 2 : 1,
    })),
    collect("auxiliary", (i) => ({
      width: degree * lookupColumnCount(table(i).groups),
      points: 2,
    })),
    collect("quotient", (i) => ({ width: degree * table(i).quotientChunks, points: 1 })),
  ].filter((tree) => tree.matrices.length > 0);
}
