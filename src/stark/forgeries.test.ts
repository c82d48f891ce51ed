import { expect, test, vi } from "vitest";
import { type Extension, quartic } from "../field/extension.ts";
import { add, P, sub } from "../field/koala-bear.ts";
import type { Air } from "./air/air.ts";
import { Challenger, tags } from "./challenger.ts";
import { combinedConstraintsAt, vanishingAt } from "./constraints-at-point.ts";
import type { Engine } from "./engine.ts";
import { verifyQueries } from "./fri/verify-queries.ts";
import { createReferenceEngine } from "./kernels/reference.ts";
import type { VerifyingKey } from "./key.ts";
import { busChallenges, sumPublicTerms } from "./lookup/bus.ts";
import { createMatrix, type Matrix, matrixFromColumns } from "./matrix.ts";
import { commit, writeOpening } from "./merkle/tree.ts";
import type { ProofParameters } from "./parameters.ts";
import { ProofReader, ProofWriter, proofBytesMax } from "./proof-words.ts";
import { prove } from "./prover.ts";
import { createProvingKey } from "./proving-key.ts";
import { plainStatement, type Statement } from "./statement.ts";
import { compileSystem, type System } from "./system.ts";
import { proveToy, quickParameters } from "./toys/quick.ts";
import { fibonacciToy, squaresToy, type Toy } from "./toys/toys.ts";
import { verify } from "./verifier.ts";

const reference = createReferenceEngine(quartic);

/** The code that a proof is refused with, or "accepted". */
function outcome(key: VerifyingKey, statement: Statement, proof: Uint8Array): string {
  const verdict = verify(key, statement, proof);
  return verdict.ok ? "accepted" : verdict.reason.code;
}

/** A copy of a matrix with one cell changed. */
function withCell(matrix: Matrix, at: { row: number; column: number; value: number }): Matrix {
  const values = matrix.values.slice();
  values[at.row * matrix.stride + at.column] = at.value;
  return { ...matrix, values };
}

async function outcomeOf(toy: Toy, engine: Engine = reference): Promise<string> {
  const { key, proof } = await proveToy(toy, engine);
  return outcome(key, toy.statement, proof);
}

/**
 * A proof by a prover that follows other rules but shows the verifier's own digest: the verifier
 * has nothing but its own parameters to notice it by.
 */
async function outcomeWithRules(toy: Toy, system: System): Promise<string> {
  const key = (await createProvingKey(reference, toy.system, toy.fixed)).verifyingKey;
  const forger = await createProvingKey(reference, system, toy.fixed);
  const verifyingKey = { ...forger.verifyingKey, digest: key.digest };
  const proof = await prove(reference, { ...forger, verifyingKey }, toy);
  return outcome(key, toy.statement, proof);
}

function withParameters(toy: Toy, change: Partial<ProofParameters>): System {
  return { ...toy.system, parameters: { ...toy.system.parameters, ...change } };
}

test("a wrong cell in any row of a trace is refused, the first and the last row among them", async () => {
  const toy = fibonacciToy(quickParameters, 4);
  expect(await outcomeOf(toy)).toBe("accepted");
  const [trace] = toy.traces;
  for (const row of [0, 1, 7, 14, 15]) {
    for (const column of [0, 1]) {
      const value = sub(trace!.values[row * trace!.stride + column]!, 1);
      const forged = { ...toy, traces: [withCell(trace!, { row, column, value })] };
      expect(await outcomeOf(forged), `row ${row}`).toBe("CONSTRAINTS_UNSATISFIED");
    }
  }
});

test("each kind of row is checked: a trace that breaks one constraint alone is refused", async () => {
  const honest = fibonacciToy(quickParameters, 3);
  const sequence = (first: number, second: number): number[][] => {
    const columns = [[first], [second]];
    for (let row = 1; row < 8; row++) {
      columns[0]!.push(columns[1]![row - 1]!);
      columns[1]!.push(columns[0]![row - 1]! + columns[1]![row - 1]!);
    }
    return columns;
  };
  const statement = (columns: number[][], first: number, second: number): Statement =>
    plainStatement([Uint32Array.of(first, second, columns[1]!.at(-1)!)]);
  const shifted = sequence(1, 1);
  // Each breaks one rule only: the first row's, the last row's, one transition's.
  const broken = sequence(0, 1);
  broken[0]![7] = 100;
  const forgeries = [
    { name: "first", columns: shifted, statement: statement(shifted, 0, 1) },
    { name: "last", columns: sequence(0, 1), statement: statement([[], [22]], 0, 1) },
    { name: "transition", columns: broken, statement: statement(sequence(0, 1), 0, 1) },
  ];
  for (const { name, columns, statement: claim } of forgeries) {
    const forged = { ...honest, traces: [matrixFromColumns(columns)], statement: claim };
    expect(await outcomeOf(forged), name).toBe("CONSTRAINTS_UNSATISFIED");
  }
});

test("nothing wraps around from the last row to the first", async () => {
  // Honest Fibonacci numbers do not go on from the last row to 0, 1; the proof verifies anyway.
  expect(await outcomeOf(fibonacciToy(quickParameters, 3))).toBe("accepted");
  const wrapping: Air = {
    name: "wrapping",
    width: 1,
    fixedWidth: 0,
    publicValueCount: 0,
    constrain: (b) => b.zero("every", b.next(0).minus(b.local(0))),
  };
  const tables = [{ air: wrapping, logHeight: { min: 2, max: 4 } }];
  expect(() => compileSystem({ tables, parameters: quickParameters })).toThrow("next row");
});

test("a lookup that no table provides is refused", async () => {
  const toy = squaresToy(quickParameters, 5);
  const [total, squares, digits] = toy.traces as [Matrix, Matrix, Matrix];
  const forgeries: [string, Matrix[]][] = [
    ["wrong square", [withCell(total, { row: 31, column: 1, value: 3 }), squares, digits]],
    ["uses too many", [total, withCell(squares, { row: 5, column: 0, value: 60 }), digits]],
    ["digit not there", [total, withCell(squares, { row: 0, column: 3, value: 1 }), digits]],
    ["digit uses", [total, squares, withCell(digits, { row: 0, column: 0, value: 0 })]],
  ];
  for (const [name, traces] of forgeries) {
    const got = await outcomeOf({ ...toy, traces });
    expect(["BUS_UNBALANCED", "CONSTRAINTS_UNSATISFIED"], name).toContain(got);
  }
  const unbalanced = [total, squares, withCell(digits, { row: 0, column: 0, value: 0 })];
  expect(await outcomeOf({ ...toy, traces: unbalanced })).toBe("BUS_UNBALANCED");
});

/** Adds an extension element to one auxiliary column, in rows from `first` on. */
function shiftColumn(matrix: Matrix, column: number, first: number, by: Extension): void {
  for (let row = first; row < matrix.height; row++) {
    by.forEach((value, d) => {
      const at = row * matrix.stride + 4 * column + d;
      matrix.values[at] = add(matrix.values[at]!, value);
    });
  }
}

test("a table's sum that is made up to balance the buses is refused, wherever the lie is", async () => {
  const toy = squaresToy(quickParameters, 5);
  const [total, squares, digits] = toy.traces as [Matrix, Matrix, Matrix];
  const traces = [total, squares, withCell(digits, { row: 0, column: 0, value: 0 })];
  const key = await createProvingKey(reference, toy.system, toy.fixed);
  // The last table's columns: one group, then the running sum. Each lie breaks one constraint.
  const lies: Record<string, (matrix: Matrix, missing: Extension) => void> = {
    none: () => {},
    last: () => {},
    first: (matrix, missing) => shiftColumn(matrix, 1, 0, missing),
    transition: (matrix, missing) => shiftColumn(matrix, 1, 5, missing),
    group: (matrix, missing) => {
      shiftColumn(matrix, 0, 15, missing);
    },
  };
  for (const [name, lie] of Object.entries(lies)) {
    let sum = quartic.zero;
    const lying: Engine = {
      ...reference,
      lookupColumns: async (input) => {
        const columns = await reference.lookupColumns(input);
        sum = quartic.add(sum, columns.terminal);
        if (input.table.program.name !== "digit" || name === "none") return columns;
        const publicSum = sumPublicTerms(quartic, input.buses, toy.statement.publicTerms);
        const missing = quartic.sub(quartic.zero, quartic.add(sum, publicSum));
        lie(columns.matrix, missing);
        return { ...columns, terminal: quartic.add(columns.terminal, missing) };
      },
    };
    const proof = await prove(lying, key, { ...toy, traces });
    const expected = name === "none" ? "BUS_UNBALANCED" : "CONSTRAINTS_UNSATISFIED";
    expect(outcome(key.verifyingKey, toy.statement, proof), name).toBe(expected);
  }
});

/** Lookups of a number that nothing provides: multiplicity 0, 1 or 2^24, on a bus of its own. */
const unprovidedAir: Air = {
  name: "unprovided",
  width: 1,
  fixedWidth: 0,
  publicValueCount: 0,
  constrain(b) {
    const times = b.local(0);
    b.zero("every", times.times(times.minus(1)).times(times.minus(2 ** 24)));
    b.interact({ bus: 0, tuple: [b.constant(7)], multiplicity: times, weight: 2 ** 24 });
  },
};

test("multiplicities that add up to P, and so to zero, are refused", async () => {
  const tables = [{ air: unprovidedAir, logHeight: { min: 2, max: 7 } }];
  const system = compileSystem({ tables, parameters: quickParameters });
  // 127 * 2^24 + 1 = P: the lookups cancel with no provider at all.
  const times = Array.from({ length: 128 }, (_, row) => (row === 0 ? 1 : 2 ** 24));
  expect(times.reduce((sum, value) => sum + value, 0)).toBe(P);
  const toy: Toy = {
    system,
    fixed: [null],
    traces: [matrixFromColumns([times])],
    statement: plainStatement([new Uint32Array()]),
  };
  expect(await outcomeOf(toy)).toBe("MULTIPLICITY_OVERFLOW");
  const short = { ...toy, traces: [matrixFromColumns([times.slice(0, 64)])] };
  expect(await outcomeOf(short)).toBe("BUS_UNBALANCED");
});

test("public terms count towards the multiplicities, whichever their sign", async () => {
  const toy = squaresToy(quickParameters, 5);
  const { key, proof } = await proveToy(toy);
  const half = (P - 1) / 2;
  const [terms] = toy.statement.publicTerms;
  for (const multiplicity of [half, half + 1]) {
    const many = {
      bus: terms!.bus,
      multiplicities: new Uint32Array(3).fill(multiplicity),
      tuples: new Uint32Array(3).fill(9),
    };
    const statement = { ...toy.statement, publicTerms: [terms!, many] };
    expect(outcome(key, statement, proof)).toBe("MULTIPLICITY_OVERFLOW");
  }
});

test("tuples of two widths on one bus are refused, and degrees that the blowup cannot hold", () => {
  const air = (constrain: Air["constrain"]): System =>
    compileSystem({
      tables: [
        {
          air: { name: "odd", width: 1, fixedWidth: 0, publicValueCount: 0, constrain },
          logHeight: { min: 2, max: 4 },
        },
      ],
      parameters: quickParameters,
    });
  expect(() =>
    air((b) => {
      b.interact({ bus: 0, tuple: [b.local(0)], multiplicity: 1, weight: 1 });
      b.interact({ bus: 0, tuple: [b.local(0), 0], multiplicity: -1, weight: 0 });
    }),
  ).toThrow("tuples of two widths");
  const power =
    (exponent: number): Air["constrain"] =>
    (b) => {
      let product = b.local(0);
      for (let i = 1; i < exponent; i++) product = product.times(b.local(0));
      b.zero("every", product.minus(1));
    };
  expect(air(power(5)).tables[0]!.quotientChunks).toBe(4);
  expect(() => air(power(6))).toThrow("needs more blowup");
});

test("a false statement with a made-up quotient is refused by the last polynomial alone", async () => {
  const honest = fibonacciToy(quickParameters, 7);
  const statement = plainStatement([Uint32Array.of(0, 1, 12345)]);
  const key = await createProvingKey(reference, honest.system, honest.fixed);
  const opened: Extension[][] = [];
  let combiner: Extension = [];
  // The forger's values at the point satisfy the identity: the quotient's first chunk is claimed
  // to be whatever the constraints ask for. Only FRI can tell that no such polynomial exists.
  const lying: Engine = {
    ...reference,
    quotientValues: async (input) => {
      combiner = input.combiner;
      return reference.quotientValues(input);
    },
    openColumns: async (matrix, input) => {
      const values = await reference.openColumns(matrix, input);
      opened.push(values);
      if (opened.length < 3) return values;
      const combined = combinedConstraintsAt({
        field: quartic,
        table: honest.system.tables[0]!,
        logHeight: 7,
        point: input.point,
        publicValues: statement.publicValues[0]!,
        buses: { alpha: quartic.zero, betaPowers: [quartic.one] },
        terminal: quartic.zero,
        opening: {
          fixed: [],
          local: opened[0]!,
          next: opened[1]!,
          auxiliary: [],
          auxiliaryNext: [],
        },
        combiner,
      });
      const vanishing = vanishingAt(quartic, input.point, 7);
      const needed = quartic.mul(combined, quartic.inverse(vanishing));
      return values.map((_, i) => (i === 0 ? needed : quartic.zero));
    },
  };
  const proof = await prove(lying, key, { traces: honest.traces, statement });
  expect(outcome(key.verifyingKey, statement, proof)).toBe("FINAL_POLYNOMIAL_MISMATCH");
});

test("a codeword that is not the combination of the openings is refused", async () => {
  const zero: Engine = {
    ...reference,
    deepCodeword: async ({ logHeight, logBlowup }) =>
      new Uint32Array(4 * 2 ** (logHeight + logBlowup)),
  };
  expect(await outcomeOf(fibonacciToy(quickParameters, 7), zero)).toBe("FOLD_MISMATCH");
  const lastLayer: Engine = {
    ...reference,
    fold: async (input) => {
      const folded = await reference.fold(input);
      return input.logSize > 8 ? folded.fill(0) : folded;
    },
  };
  expect(await outcomeOf(fibonacciToy(quickParameters, 9), lastLayer)).toBe("FOLD_MISMATCH");
});

test("a root that does not commit to the opened rows is refused, in every tree", async () => {
  const toy = squaresToy(quickParameters, 7);
  const key = await createProvingKey(reference, toy.system, toy.fixed);
  const countRoots = async (forge: number): Promise<{ got: string; roots: number }> => {
    let roots = 0;
    const engine: Engine = {
      ...reference,
      hashLevel: async (digests, joining) => {
        const parents = await reference.hashLevel(digests, joining);
        if (parents.length === 8 && roots++ === forge) parents[3] = parents[3]! ^ 1;
        return parents;
      },
    };
    const proof = await prove(engine, key, toy);
    return { got: outcome(key.verifyingKey, toy.statement, proof), roots };
  };
  const { got, roots } = await countRoots(-1);
  expect(got).toBe("accepted");
  // Main, auxiliary, quotient, and at least one layer.
  expect(roots).toBeGreaterThanOrEqual(4);
  for (let forge = 0; forge < roots; forge++) {
    expect((await countRoots(forge)).got, `root ${forge}`).toBe("MERKLE_ROOT_MISMATCH");
  }
  const fixedRoot = key.verifyingKey.fixedRoot!.map((word) => word ^ 1);
  const proof = await prove(reference, key, toy);
  const otherKey = { ...key.verifyingKey, fixedRoot };
  expect(outcome(otherKey, toy.statement, proof)).toBe("MERKLE_ROOT_MISMATCH");
});

test("a shorter codeword cannot be cancelled by the folded one", async () => {
  // The taller word is -g(x^8): every fold of it is -g, whatever beta is. Joined without fresh
  // randomness both vanish, although neither is of low degree.
  const field = quartic;
  const size = 2 ** 7;
  const short = Array.from({ length: size / 8 }, (_, i) => [i * i * 97 + 5, 3, i, 1]);
  const tall = Array.from({ length: size }, (_, i) =>
    field.sub(field.zero, short[Math.floor(i / 8)]!),
  );
  const values = Uint32Array.from(tall.flat());
  const tree = await commit(reference, [{ height: size / 8, width: 32, stride: 32, values }]);
  const positions = [3, 40, 77];
  const writer = new ProofWriter();
  writeOpening(writer, tree, { positions: positions.map((p) => p >> 3), logSize: 4 });
  const attempt = (beta: Extension): void =>
    verifyQueries(new ProofReader(writer.finish()), {
      field,
      schedule: { folds: [{ logSize: 7, logArity: 3 }], logFinalSize: 4, logFinalLength: 2 },
      layers: [{ root: tree.root, beta }],
      finalPolynomial: new Array<Extension>(4).fill(field.zero),
      reduced: new Map([
        [5, positions.map((position) => tall[position]!)],
        [2, positions.map((position) => short[position >> 3]!)],
      ]),
      logBlowup: 2,
      positions,
      logSize: 7,
    });
  expect(() => attempt([5, 6, 7, 8])).toThrow("FINAL_POLYNOMIAL_MISMATCH");
  // With beta^8 = 1 it would be joined unrandomised, and the forgery goes through.
  expect(() => attempt(field.one)).not.toThrow();
});

test("a prover with other parameters than the verifying key's is refused", async () => {
  const toy = fibonacciToy(quickParameters, 8);
  const { grinding } = quickParameters;
  const changes: [string, Partial<ProofParameters>][] = [
    ["fewer queries", { queries: 11 }],
    ["more queries", { queries: 13 }],
    ["smaller blowup", { logBlowup: 1 }],
    ["larger blowup", { logBlowup: 3 }],
    ["smaller folds", { logFoldArity: 2 }],
    ["longer last polynomial", { logFinalLength: 6 }],
    ["shorter last polynomial", { logFinalLength: 4 }],
    ["no work before queries", { grinding: { ...grinding, query: 0 } }],
  ];
  expect(await outcomeWithRules(toy, toy.system)).toBe("accepted");
  for (const [name, change] of changes) {
    expect(await outcomeWithRules(toy, withParameters(toy, change)), name).not.toBe("accepted");
  }
  const otherKey = (await createProvingKey(reference, withParameters(toy, { queries: 13 }), [null]))
    .verifyingKey;
  const { proof } = await proveToy(toy);
  expect(outcome(otherKey, toy.statement, proof)).toBe("KEY_MISMATCH");
});

test("less work than the key asks for is refused", async () => {
  const { grinding } = quickParameters;
  for (const name of ["lookup", "deep", "batch", "fold", "query"] as const) {
    const asked = { ...quickParameters, grinding: { ...grinding, [name]: 12 } };
    const toy = fibonacciToy(asked, 8);
    const lazy = withParameters(toy, { grinding: { ...grinding, [name]: 1 } });
    expect(await outcomeWithRules(toy, lazy), name).toBe("GRINDING_INSUFFICIENT");
  }
});

test("heights outside the key's limits are refused", async () => {
  const low = compileSystem({
    tables: fibonacciToy(quickParameters, 3).system.tables.map(() => ({
      air: unprovidedAir,
      logHeight: { min: 3, max: 4 },
    })),
    parameters: quickParameters,
  });
  const wide = { ...low, tables: [{ ...low.tables[0]!, logHeight: { min: 2, max: 9 } }] };
  for (const [logHeight, expected] of [
    [2, "HEIGHT_OUT_OF_RANGE"],
    [3, "accepted"],
    [4, "accepted"],
    [5, "HEIGHT_OUT_OF_RANGE"],
  ] as const) {
    const toy = {
      system: low,
      fixed: [null],
      traces: [createMatrix({ height: 2 ** logHeight, width: 1 })],
      statement: plainStatement([new Uint32Array()]),
    };
    expect(await outcomeWithRules(toy, wide), `2^${logHeight}`).toBe(expected);
  }
  const { key, proof } = await proveToy(fibonacciToy(quickParameters, 4));
  for (const height of [0, 1, 21, 32, 0xffff_ffff]) {
    const forged = proof.slice();
    new DataView(forged.buffer).setUint32(36, height, true);
    const { statement } = fibonacciToy(quickParameters, 4);
    expect(outcome(key, statement, forged), `height ${height}`).toBe("HEIGHT_OUT_OF_RANGE");
  }
});

test("tables in another order are refused, and so are their traces", async () => {
  const toy = squaresToy(quickParameters, 6);
  const { key, proof } = await proveToy(toy);
  const words = new Uint32Array(proof.slice().buffer);
  const swapped = words.slice();
  swapped.set([words[10]!, words[9]!, words[11]!], 9);
  expect(swapped[9]).toBe(6);
  swapped.set([5, 6, 4], 9);
  expect(outcome(key, toy.statement, new Uint8Array(swapped.buffer))).not.toBe("accepted");
  const { tables } = toy.system;
  const reordered = { ...toy.system, tables: [tables[1]!, tables[0]!, tables[2]!] };
  const forger = await createProvingKey(reference, reordered, toy.fixed);
  const [total, squares, digits] = toy.traces as [Matrix, Matrix, Matrix];
  const verifyingKey = { ...forger.verifyingKey, digest: key.digest };
  const input = { ...toy, traces: [squares, total, digits] };
  const other = await prove(reference, { ...forger, verifyingKey }, input);
  expect(outcome(key, toy.statement, other)).not.toBe("accepted");
});

test("a proof of fewer tables than the key has is refused", async () => {
  const toy = fibonacciToy(quickParameters, 4);
  const [table] = toy.system.tables;
  const system = { ...toy.system, tables: [table!, table!] };
  const key = (await createProvingKey(reference, system, [null, null])).verifyingKey;
  const forger = await createProvingKey(reference, toy.system, [null]);
  const verifyingKey = { ...forger.verifyingKey, digest: key.digest };
  const proof = await prove(reference, { ...forger, verifyingKey }, toy);
  const [values] = toy.statement.publicValues;
  expect(outcome(key, plainStatement([values!, values!]), proof)).not.toBe("accepted");
});

test("a wrong cell in the first or the last row of any table of several is refused", async () => {
  const toy = squaresToy(quickParameters, 3);
  expect(await outcomeOf(toy)).toBe("accepted");
  for (const [table, trace] of toy.traces.entries()) {
    for (const row of [0, trace.height - 1]) {
      for (let column = 0; column < trace.width; column++) {
        const value = add(trace.values[row * trace.stride + column]!, 1);
        const traces = toy.traces.map((own, i) =>
          i === table ? withCell(own, { row, column, value }) : own,
        );
        const got = await outcomeOf({ ...toy, traces });
        const name = `table ${table}, row ${row}, column ${column}`;
        expect(["BUS_UNBALANCED", "CONSTRAINTS_UNSATISFIED"], name).toContain(got);
      }
    }
  }
});

test("an opening point in the base field is refused", async () => {
  const toy = fibonacciToy(quickParameters, 5);
  const name = "drawExtension";
  const drawExtension = Challenger.prototype[name];
  const spy = vi.spyOn(Challenger.prototype, name).mockImplementation(function (
    this: Challenger,
    ...args
  ) {
    const drawn = drawExtension.apply(this, args);
    return args[0] === tags.deepPoint ? [drawn[0]!, 0, 0, 0] : drawn;
  });
  try {
    expect(await outcomeOf(toy)).toBe("OPENING_POINT_IN_DOMAIN");
  } finally {
    spy.mockRestore();
  }
});

test("a field element has one encoding: x + P is refused wherever x is an element", async () => {
  const toy = fibonacciToy(quickParameters, 4);
  const { key, proof } = await proveToy(toy);
  const words = new Uint32Array(proof.slice().buffer);
  let refused = 0;
  for (let i = 10; i < words.length; i++) {
    if (words[i]! + P > 0xffff_ffff) continue;
    const forged = words.slice();
    forged[i] = forged[i]! + P;
    const got = outcome(key, toy.statement, new Uint8Array(forged.buffer));
    expect(got, `word ${i}`).not.toBe("accepted");
    if (got === "ELEMENT_NOT_CANONICAL") refused++;
  }
  // Openings and rows are most of the proof; digests and nonces are the rest.
  expect(refused).toBeGreaterThan(150);
});

test("nothing may be missing, left over, too long, or of another version", async () => {
  const toy = fibonacciToy(quickParameters, 5);
  const { key, proof } = await proveToy(toy);
  const { statement } = toy;
  expect(outcome(key, statement, Uint8Array.of(...proof, 0, 0, 0, 0))).toBe("PROOF_TRAILING_BYTES");
  expect(outcome(key, statement, Uint8Array.of(...proof, 0))).toBe("PROOF_TRUNCATED");
  for (const length of [0, 3, 4, 36, 40, proof.length / 2, proof.length - 4]) {
    const short = proof.subarray(0, length);
    expect(outcome(key, statement, short), `${length} bytes`).toBe("PROOF_TRUNCATED");
  }
  expect(outcome(key, statement, new Uint8Array(proofBytesMax + 4))).toBe("PROOF_TOO_LONG");
  const version = proof.slice();
  version[0] = 2;
  expect(outcome(key, statement, version)).toBe("PROOF_VERSION");
  const otherKey = proof.slice();
  otherKey[4] = otherKey[4]! ^ 1;
  expect(outcome(key, statement, otherKey)).toBe("KEY_MISMATCH");
  for (const odd of [null, undefined, [], "proof", 7, {}, new Uint32Array(9)]) {
    expect(outcome(key, statement, odd as unknown as Uint8Array)).toBe("PROOF_NOT_BYTES");
  }
});

test("a bus term without a value is refused", () => {
  const terms = { bus: 0, multiplicities: Uint32Array.of(1), tuples: Uint32Array.of(5) };
  // alpha + beta - 5 = 0.
  const drawn = { alpha: [P - 6, 0, 0, 0], beta: quartic.one };
  const challenges = busChallenges(quartic, drawn, 1);
  const denominator = { ...challenges, alpha: [4, 0, 0, 0] };
  expect(() => sumPublicTerms(quartic, denominator, [terms])).toThrow("BUS_TERM_UNDEFINED");
  expect(() => sumPublicTerms(quartic, challenges, [terms])).not.toThrow();
});

test("parameters without queries, without blowup or of too few bits make no key", () => {
  const attempt = (change: Partial<ProofParameters>) => () =>
    fibonacciToy({ ...quickParameters, ...change }, 3);
  expect(attempt({ queries: 0 })).toThrow("at least one query");
  expect(attempt({ queries: 2000 })).toThrow("at least one query");
  expect(attempt({ logBlowup: 0 })).toThrow("blowup");
  expect(attempt({ logBlowup: 5 })).toThrow("blowup");
  expect(attempt({ extensionDegree: 3 as 4 })).toThrow("extension degree");
  expect(attempt({ logFoldArity: 0 })).toThrow("fold arity");
  expect(attempt({ logFoldArity: 5 })).toThrow("fold arity");
  expect(attempt({ logFinalLength: 11 })).toThrow("final length");
  expect(attempt({ securityBits: -1 })).toThrow("security bits");
  expect(attempt({ securityBits: 100 })).toThrow("bits are fewer than 100");
  expect(attempt({ grinding: { ...quickParameters.grinding, query: 33 } })).toThrow("grinding");
});
