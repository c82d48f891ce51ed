import { expect, test } from "vitest";
import { P100 } from "./parameters.ts";
import { type FoldLayer, queriesNeeded, type SoundnessInput, soundness } from "./soundness.ts";

function folds(logSize: number, rollIn: boolean): FoldLayer[] {
  const layers: FoldLayer[] = [];
  for (let log = logSize; log >= 10; log -= 3) layers.push({ logSize: log, arity: 8, rollIn });
  return layers;
}

/** The reference design: 312 main and 63 extension columns, 13 tables, 800 constraints. */
function reference(input: {
  logHeight: number;
  logBlowup: number;
  queries: number;
  grinding: Partial<SoundnessInput["grinding"]>;
  rollIn?: boolean;
}): SoundnessInput {
  return {
    extensionDegree: 4,
    logBlowup: input.logBlowup,
    queries: input.queries,
    grinding: {
      lookup: 0,
      constraints: 0,
      deep: 0,
      batch: 0,
      fold: 0,
      query: 20,
      ...input.grinding,
    },
    logHeight: input.logHeight,
    folds: folds(input.logHeight + input.logBlowup, input.rollIn ?? false),
    // Main and extension columns at two points, two quotient chunks of each table at one.
    openings: 2 * 312 + 2 * 4 * 63 + 13 * 2 * 4,
    constraints: 800,
    degree: 3,
    busTerms: 2 ** (input.logHeight + 5),
    tupleWidthMax: 18,
  };
}

test("100 bits take 193, 118 and 97 queries at rates 1/2, 1/4 and 1/8 with 20 bits of grinding", () => {
  expect(
    [1, 2, 3].map((logBlowup) => queriesNeeded({ bits: 100, logBlowup, grinding: 20 })),
  ).toEqual([193, 118, 97]);
});

test("the published rows reach 100 bits in every round, and one bit less in any part does not", () => {
  const rows = [
    { logBlowup: 1, queries: 193, grinding: { batch: 6, lookup: 6 } },
    { logBlowup: 2, queries: 118, grinding: { batch: 7, lookup: 6 } },
    { logBlowup: 3, queries: 97, grinding: { batch: 9, lookup: 6, fold: 1 } },
  ];
  for (const row of rows) {
    const name = `rate 2^-${row.logBlowup}`;
    const input = reference({ logHeight: 20, ...row });
    expect(soundness(input).weakest, name).toBeGreaterThanOrEqual(100);
    const fewer = soundness({ ...input, queries: row.queries - 1 });
    expect(fewer.weakest, name).toBeLessThan(100);
    for (const part of ["batch", "lookup", "fold"] as const) {
      if (input.grinding[part] === 0) continue;
      const grinding = { ...input.grinding, [part]: input.grinding[part] - 1 };
      expect(soundness({ ...input, grinding }).weakest, `${name}, ${part}`).toBeLessThan(100);
    }
  }
});

test("at 2^18 rows rate 1/4 needs 5 bits of grinding on batching and 4 on lookups", () => {
  const input = reference({
    logHeight: 18,
    logBlowup: 2,
    queries: 118,
    grinding: { batch: 5, lookup: 4 },
  });
  expect(soundness(input).weakest).toBeGreaterThanOrEqual(100);
  for (const grinding of [
    { batch: 4, lookup: 4 },
    { batch: 5, lookup: 3 },
  ]) {
    const less = { ...input, grinding: { ...input.grinding, ...grinding } };
    expect(soundness(less).weakest).toBeLessThan(100);
  }
});

test("degree 4 reaches 100 bits as a sum of all rounds with P100, at 2^20 rows and any shorter", () => {
  for (const logHeight of [10, 16, 18, 20]) {
    const input = {
      ...reference({ logHeight, logBlowup: 2, queries: 0, grinding: {}, rollIn: true }),
    };
    const result = soundness({ ...input, queries: P100.queries, grinding: P100.grinding });
    expect(result.total, `2^${logHeight}`).toBeGreaterThanOrEqual(100);
    expect(result.total).toBeLessThan(result.weakest);
  }
});

test("the minima of the single rounds do not add up to 100 bits", () => {
  const input = reference({
    logHeight: 20,
    logBlowup: 2,
    queries: 118,
    grinding: { batch: 7, lookup: 6 },
  });
  expect(soundness(input).total).toBeLessThan(100);
});

test("refuses to calculate without queries, without blowup, or for tables without room", () => {
  const input = reference({ logHeight: 18, logBlowup: 2, queries: 118, grinding: {} });
  expect(() => soundness({ ...input, queries: 0 })).toThrow("no queries");
  expect(() => soundness({ ...input, logBlowup: 0 })).toThrow("no blowup");
  expect(() => soundness({ ...input, logHeight: 0 })).toThrow("tables too short");
});
