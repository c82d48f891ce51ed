import { expect, test } from "vitest";
import { twoAdicity } from "../field/koala-bear.ts";
import { type Air, compileAir } from "./air/air.ts";
import type { Expression } from "./air/expression.ts";
import type { Statement } from "./statement.ts";
import { compileSystem, type HeightLimits } from "./system.ts";
import { flipByte, otherStatements, restructure } from "./toys/mutations.ts";
import { proveToy, quickParameters } from "./toys/quick.ts";
import { fibonacciToy, squaresToy } from "./toys/toys.ts";
import { verify } from "./verifier.ts";

const parameters = { ...quickParameters, queries: 4 };
const toys = [fibonacciToy(parameters, 4), squaresToy(parameters, 5)];
const proven = await Promise.all(toys.map((toy) => proveToy(toy)));

// The full counts are run by `bench/campaigns/stark-mutations.mjs`.

test("a sample of byte flips is refused, and none throws", () => {
  for (const [i, toy] of toys.entries()) {
    const { key, proof } = proven[i]!;
    expect(verify(key, toy.statement, proof).ok).toBe(true);
    for (let seed = 0; seed < 1500; seed++) {
      const verdict = verify(key, toy.statement, flipByte(proof, seed));
      if (verdict.ok) expect.fail(`toy ${i}, seed ${seed}`);
    }
  }
});

test("a sample of structural mutations is refused, and none throws", () => {
  for (const [i, toy] of toys.entries()) {
    const { key, proof } = proven[i]!;
    const other = proven[1 - i]!.proof;
    for (let seed = 0; seed < 1500; seed++) {
      const verdict = verify(key, toy.statement, restructure(proof, other, seed));
      if (verdict.ok) expect.fail(`toy ${i}, seed ${seed}`);
    }
  }
});

test("every other statement is refused, whatever its type, and none throws", () => {
  for (const [i, toy] of toys.entries()) {
    const { key, proof } = proven[i]!;
    const codes = new Set<string>();
    for (const [k, other] of otherStatements(toy.statement).entries()) {
      const verdict = verify(key, other as Statement, proof);
      if (verdict.ok) expect.fail(`toy ${i}, statement ${k}`);
      codes.add(verdict.reason.code);
    }
    expect(codes).toContain("STATEMENT_INVALID");
  }
});

test("each part of a statement is checked by itself", () => {
  const [toy, { key, proof }] = [toys[1]!, proven[1]!];
  const { statement } = toy;
  const [terms] = statement.publicTerms;
  const invalid: Record<string, unknown>[] = [
    { context: new Uint8Array(2 ** 16 + 1) },
    { context: new Uint32Array(2) },
    { publicValues: new Set(statement.publicValues) },
    { publicValues: statement.publicValues.slice(1) },
    { publicValues: [...statement.publicValues.slice(1), Uint32Array.of(1)] },
    { publicValues: [...statement.publicValues.slice(1), []] },
    { publicTerms: new Set(statement.publicTerms) },
    { publicTerms: [terms, terms, terms, terms, terms] },
    { publicTerms: [null] },
    { publicTerms: [{ ...terms, bus: 77 }] },
    { publicTerms: [{ ...terms, bus: 77, tuples: new Uint32Array() }] },
    { publicTerms: [{ ...terms, bus: 1.5 }] },
    { publicTerms: [{ ...terms, multiplicities: [1] }] },
    { publicTerms: [{ ...terms, tuples: [1] }] },
    { publicTerms: [{ ...terms, multiplicities: new Uint32Array() }] },
    { publicTerms: [{ ...terms, tuples: new Uint32Array(2) }] },
    { publicTerms: [{ ...terms, multiplicities: Uint32Array.of(2 ** 31) }] },
    { publicTerms: [{ ...terms, tuples: Uint32Array.of(2 ** 31) }] },
    {
      publicTerms: [{ ...terms, multiplicities: new Uint32Array(5), tuples: new Uint32Array(5) }],
    },
  ];
  for (const [i, change] of invalid.entries()) {
    const verdict = verify(key, { ...statement, ...change } as Statement, proof);
    expect(verdict.ok ? "accepted" : verdict.reason.code, `change ${i}`).toBe("STATEMENT_INVALID");
  }
  for (const odd of [null, undefined, 7, "statement"]) {
    const verdict = verify(key, odd as unknown as Statement, proof);
    expect(verdict.ok ? "accepted" : verdict.reason.code).toBe("STATEMENT_INVALID");
  }
});

test("expressions of two AIRs do not mix", () => {
  let stolen: Expression | null = null;
  const compile = (constrain: Air["constrain"]) => () =>
    compileAir({ name: "thief", width: 1, fixedWidth: 0, publicValueCount: 0, constrain });
  compile((b) => {
    stolen = b.local(0);
    b.boolean(stolen);
  })();
  expect(compile((b) => b.zero("every", stolen!))).toThrow("another AIR");
  expect(compile((b) => b.zero("every", b.local(0).plus(stolen!)))).toThrow("two AIRs");
  const interaction = { bus: 0, multiplicity: 1, weight: 1 };
  expect(compile((b) => b.interact({ ...interaction, tuple: [stolen!] }))).toThrow("another AIR");
});

test("a system that cannot be sound or does not fit the field is not compiled", () => {
  const air = (change: Partial<Air> = {}): Air => ({
    name: "small",
    width: 2,
    fixedWidth: 0,
    publicValueCount: 1,
    constrain: (b) => b.zero("every", b.local(0)),
    ...change,
  });
  const compile =
    (table: Partial<Air>, logHeight: HeightLimits = { min: 3, max: 4 }) =>
    () =>
      compileSystem({ tables: [{ air: air(table), logHeight }], parameters: quickParameters });
  expect(compile({})).not.toThrow();
  expect(compile({}, { min: 1, max: 4 })).toThrow("heights");
  expect(compile({}, { min: 4, max: 3 })).toThrow("heights");
  const thin = { ...quickParameters, logBlowup: 1 };
  for (const [min, works] of [
    [2, false],
    [3, true],
  ] as const) {
    const table = { air: air(), logHeight: { min, max: 4 } };
    const compileThin = () => compileSystem({ tables: [table], parameters: thin });
    if (works) expect(compileThin).not.toThrow();
    else expect(compileThin).toThrow("too short");
  }
  expect(compile({}, { min: 3, max: twoAdicity - 1 })).toThrow("too high");
  expect(compile({ fixedWidth: 1 })).toThrow("fixed columns fix the height");
  expect(compile({ width: 0 })).toThrow("width");
  expect(compile({ fixedWidth: 5000 })).toThrow("fixed width");
  expect(compile({ constrain: () => {} })).toThrow("empty");
  expect(compile({ constrain: (b) => b.boolean(b.local(2)) })).toThrow("no local column 2");
  expect(compile({ constrain: (b) => b.boolean(b.fixed(0)) })).toThrow("no fixed column 0");
  expect(compile({ constrain: (b) => b.boolean(b.publicValue(1)) })).toThrow("no public column 1");
  const interact =
    (change: object): Air["constrain"] =>
    (b) =>
      b.interact({ bus: 0, tuple: [b.local(0)], multiplicity: 1, weight: 1, ...change });
  expect(compile({ constrain: interact({}) })).not.toThrow();
  expect(compile({ constrain: interact({ bus: -1 }) })).toThrow("bus number");
  expect(compile({ constrain: interact({ weight: -1 }) })).toThrow("weight");
  const readsNext: Air["constrain"] = (b) =>
    b.interact({ bus: 0, tuple: [b.next(0)], multiplicity: 1, weight: 1 });
  expect(compile({ constrain: readsNext })).toThrow("this row only");
  const small = { air: air(), logHeight: { min: 3, max: 4 } };
  for (const tables of [[], new Array<typeof small>(257).fill(small)]) {
    const compileAll = () => compileSystem({ tables, parameters: quickParameters });
    expect(compileAll).toThrow("number of tables");
  }
});
