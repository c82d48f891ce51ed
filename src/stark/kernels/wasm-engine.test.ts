import { expect, test } from "vitest";
import { type Extension, quartic } from "../../field/extension.ts";
import { mul, P } from "../../field/koala-bear.ts";
import { createMatrix, type Matrix } from "../matrix.ts";
import { proveToy, quickParameters } from "../toys/quick.ts";
import { conjunctionToy, fibonacciToy, squaresToy } from "../toys/toys.ts";
import { verify } from "../verifier.ts";
import { createReferenceEngine, extensionAt } from "./reference.ts";
import { createWasmEngine } from "./wasm-engine.ts";

const reference = createReferenceEngine(quartic);
const engine = await createWasmEngine({ memoryBytes: 2 ** 28 });

let seed = 1;

/** The next of a fixed sequence of elements, with the largest ones often among them. */
function nextElement(): number {
  seed = mul(seed, 1_234_567);
  return seed % 7 === 0 ? P - 1 - (seed % 3) : seed;
}

function someExtension(): Extension {
  return [nextElement(), nextElement(), nextElement(), nextElement()];
}

function someMatrix(height: number, width: number): Matrix {
  const matrix = createMatrix({ height, width });
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      matrix.values[row * matrix.stride + column] = nextElement();
    }
  }
  return matrix;
}

function someWords(length: number): Uint32Array {
  return Uint32Array.from({ length }, nextElement);
}

test("low-degree extension equals the readable one at all heights, widths and blowups", async () => {
  const shapes = [
    [2, 1, 1],
    [3, 5, 2],
    [4, 4, 3],
    [7, 9, 2],
    [8, 20, 1],
    [11, 3, 2],
  ] as const;
  for (const [logHeight, width, logBlowup] of shapes) {
    const trace = someMatrix(2 ** logHeight, width);
    const expected = await reference.extend(trace, logBlowup);
    const got = await engine.extend(trace, logBlowup);
    expect(got.values, `2^${logHeight} x ${width}`).toEqual(expected.values);
  }
});

test("parts that fit the cache are transformed like the whole", async () => {
  // 2^12 rows of 2^8 bytes are twice the part; both parities of the layers are tried.
  for (const logHeight of [12, 13]) {
    const trace = someMatrix(2 ** logHeight, 64);
    const extended = await engine.extend(trace, 1);
    const columns = [0, 37].map((column) => {
      const single = createMatrix({ height: trace.height, width: 1 });
      for (let row = 0; row < trace.height; row++) {
        single.values[row * 4] = trace.values[row * trace.stride + column]!;
      }
      return { column, single };
    });
    for (const { column, single } of columns) {
      const expected = await reference.extend(single, 1);
      for (let row = 0; row < extended.height; row++) {
        if (extended.values[row * extended.stride + column] === expected.values[row * 4]) continue;
        expect.fail(`2^${logHeight}, column ${column}, row ${row}`);
      }
    }
  }
});

test("row digests equal the readable ones, up to several chunks of BLAKE3", async () => {
  for (const widths of [[1], [3, 5], [16], [17, 2], [255, 1], [256, 1], [700], [300, 1000, 9]]) {
    const matrices = widths.map((width) => someMatrix(8, width));
    expect(await engine.hashRows(matrices), `widths ${widths.join()}`).toEqual(
      await reference.hashRows(matrices),
    );
  }
  for (const height of [1, 2, 4]) {
    const matrices = [someMatrix(height, 6)];
    expect(await engine.hashRows(matrices)).toEqual(await reference.hashRows(matrices));
  }
});

test("tree levels equal the readable ones, with and without joining rows", async () => {
  for (const nodes of [1, 2, 4, 8, 12]) {
    const digests = someWords(16 * nodes);
    for (const joining of [null, someWords(8 * nodes)]) {
      expect(await engine.hashLevel(digests, joining), `${nodes} nodes`).toEqual(
        await reference.hashLevel(digests, joining),
      );
    }
  }
});

test("the nonce found is the lowest, also beyond the first batch", async () => {
  for (const [bits, state] of [
    [1, someWords(8)],
    [8, someWords(8)],
    [15, someWords(8)],
    [15, someWords(8)],
  ] as const) {
    expect(await engine.findNonce(state, 12, bits)).toBe(
      await reference.findNonce(state, 12, bits),
    );
  }
});

test("inverses, openings and combined quotients equal the readable ones", async () => {
  for (const [logHeight, widths] of [
    [2, [1]],
    [5, [3, 8]],
    [9, [21, 4, 1]],
  ] as const) {
    const shape = { logHeight, logBlowup: 2 };
    const points = [someExtension(), someExtension()];
    const own = await Promise.all(points.map((z) => engine.pointInverses(z, shape)));
    const readable = await Promise.all(points.map((z) => reference.pointInverses(z, shape)));
    const traces = widths.map((width) => someMatrix(2 ** logHeight, width));
    const matrices = await Promise.all(traces.map((trace) => reference.extend(trace, 2)));
    for (const matrix of matrices) {
      const at = { logHeight, point: points[0]! };
      expect(await engine.openColumns(matrix, { ...at, inverses: own[0]! })).toEqual(
        await reference.openColumns(matrix, { ...at, inverses: readable[0]! }),
      );
    }
    const batch = matrices.map((matrix, i) => ({
      matrix,
      // The last matrix is opened at one point only.
      powers: points.slice(0, i === 2 ? 1 : 2).map(() => someWords(4 * matrix.width)),
    }));
    const claimed = await Promise.all(
      points.map(async (point, i) => {
        let sum = quartic.zero;
        for (const { matrix, powers } of batch) {
          const at = { logHeight, point, inverses: readable[i]! };
          const values = powers[i] === undefined ? [] : await reference.openColumns(matrix, at);
          for (const [column, value] of values.entries()) {
            const power = extensionAt(quartic, powers[i]!, column);
            sum = quartic.add(sum, quartic.mul(power, value));
          }
        }
        return sum;
      }),
    );
    const input = (inverses: readonly Uint32Array[]) => ({
      ...shape,
      matrices: batch,
      points: inverses.map((list, i) => ({ inverses: list, claimed: claimed[i]! })),
    });
    expect(await engine.deepCodeword(input(own)), `2^${logHeight}`).toEqual(
      await reference.deepCodeword(input(readable)),
    );
  }
});

test("folds equal the readable ones for every arity, with and without a joining codeword", async () => {
  for (const [logSize, logArity] of [
    [2, 1],
    [3, 3],
    [4, 1],
    [5, 3],
    [8, 2],
    [13, 3],
  ] as const) {
    const codeword = someWords(4 * 2 ** logSize);
    for (const joining of [null, someWords(4 * 2 ** (logSize - logArity))]) {
      const input = { codeword, logSize, logArity, beta: someExtension(), joining };
      expect(await engine.fold(input), `2^${logSize} by 2^${logArity}`).toEqual(
        await reference.fold(input),
      );
    }
  }
});

test("proofs are byte for byte those of the readable engine", async () => {
  const toys = [
    fibonacciToy(quickParameters, 3),
    fibonacciToy(quickParameters, 8),
    squaresToy(quickParameters, 6),
    squaresToy({ ...quickParameters, logBlowup: 1 }, 9),
    squaresToy({ ...quickParameters, logBlowup: 3, logFoldArity: 2 }, 7),
  ];
  for (const [i, toy] of toys.entries()) {
    const { key, proof } = await engine.scoped(() => proveToy(toy, engine));
    expect(verify(key, toy.statement, proof), `toy ${i}`).toEqual({ ok: true });
    const expected = await proveToy(toy);
    expect(key.digest).toEqual(expected.key.digest);
    expect(Buffer.from(proof).equals(expected.proof), `toy ${i}`).toBe(true);
  }
});

test("honest conjunctions against the table of all byte pairs verify; a wrong one is refused", async () => {
  const toy = conjunctionToy(quickParameters, 8);
  const { key, proof } = await engine.scoped(() => proveToy(toy, engine));
  expect(verify(key, toy.statement, proof)).toEqual({ ok: true });
  const main = toy.traces[0]!;
  const values = main.values.slice();
  values[3] = values[3]! ^ 1;
  const forged = { ...toy, traces: [{ ...main, values }, toy.traces[1]!] };
  const other = await engine.scoped(() => proveToy(forged, engine));
  const verdict = verify(other.key, toy.statement, other.proof);
  expect(verdict.ok ? "accepted" : verdict.reason.code).toBe("BUS_UNBALANCED");
});

test("memory that was used before is given out as zeros", async () => {
  const first = await engine.scoped(async () => engine.allocate(100).fill(7).byteOffset);
  const again = engine.allocate(100);
  expect(again.byteOffset).toBe(first);
  expect(again.every((word) => word === 0)).toBe(true);
});
