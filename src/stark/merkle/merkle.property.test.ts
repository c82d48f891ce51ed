import fc from "fast-check";
import { expect, test } from "vitest";
import { quartic } from "../../field/extension.ts";
import { hashPair, hashWords } from "../hash/blake3.ts";
import { createReferenceEngine } from "../kernels/reference.ts";
import { createMatrix, type Matrix, rowOf } from "../matrix.ts";
import { ProofReader, ProofWriter } from "../proof-words.ts";
import { readOpening } from "./opening.ts";
import { commit, writeOpening } from "./tree.ts";

const engine = createReferenceEngine(quartic);

const shapes = fc.array(
  fc.record({ logHeight: fc.integer({ min: 0, max: 5 }), width: fc.integer({ min: 1, max: 20 }) }),
  { minLength: 1, maxLength: 4 },
);
const picks = fc.array(fc.nat(), { minLength: 1, maxLength: 12 });

function fillMatrix(shape: { logHeight: number; width: number }, salt: number): Matrix {
  const matrix = createMatrix({ height: 2 ** shape.logHeight, width: shape.width });
  for (let row = 0; row < matrix.height; row++) {
    for (let column = 0; column < matrix.width; column++) {
      matrix.values[row * matrix.stride + column] = 1000 * row + 10 * column + salt;
    }
  }
  return matrix;
}

/** The node of a level as the specification defines it, from nothing but the matrices. */
function nodeOf(matrices: readonly Matrix[], level: number, index: number, top: number) {
  const rows = matrices
    .filter((matrix) => matrix.height === 2 ** level)
    .flatMap((matrix) => [...rowOf(matrix, index)]);
  const own = hashWords(Uint32Array.from(rows));
  if (level === top) return own;
  const left: Uint32Array = nodeOf(matrices, level + 1, 2 * index, top);
  const node = hashPair(left, nodeOf(matrices, level + 1, 2 * index + 1, top));
  return rows.length === 0 ? node : hashPair(node, own);
}

test("property: the root is the specification's, and openings read back what was committed", async () => {
  await fc.assert(
    fc.asyncProperty(shapes, picks, fc.integer({ min: 0, max: 2 }), async (list, raw, extra) => {
      const matrices = list.map((shape, salt) => fillMatrix(shape, salt));
      const top = Math.max(...list.map((shape) => shape.logHeight));
      const tree = await commit(engine, matrices);
      expect(tree.root).toEqual(nodeOf(matrices, 0, 0, top));
      // Positions of a domain that may be larger than the tree's.
      const logSize = top + extra;
      const positions = [...new Set(raw.map((n) => n % 2 ** logSize))].sort((a, b) => a - b);
      const writer = new ProofWriter();
      writeOpening(writer, tree, { positions, logSize });
      const bytes = writer.finish();
      const reader = new ProofReader(bytes);
      const opened = readOpening(reader, { root: tree.root, shapes: list, positions, logSize });
      reader.finish();
      opened.forEach(({ positions: own, rows }, i) => {
        own.forEach((position, k) => {
          expect(rows[k]).toEqual(rowOf(matrices[i]!, position));
        });
      });
      const wrong = new ProofReader(bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte)));
      const input = { root: tree.root, shapes: list, positions, logSize };
      expect(() => readOpening(wrong, input)).toThrow("MERKLE_ROOT_MISMATCH");
    }),
    { numRuns: 60 },
  );
});
