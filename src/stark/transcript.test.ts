import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Challenger } from "./challenger.ts";
import { createVerifyingKey, type VerifyingKey } from "./key.ts";
import { ProofReader } from "./proof-words.ts";
import type { Statement } from "./statement.ts";
import { proveToy, quickParameters } from "./toys/quick.ts";
import { squaresToy, type Toy } from "./toys/toys.ts";
import { verify } from "./verifier.ts";

/** Without proof of work nothing stops the verifier before the last challenge. */
const parameters = {
  ...quickParameters,
  grinding: { lookup: 0, constraints: 0, deep: 0, batch: 0, fold: 0, query: 0 },
};

/** One draw: what came out, and how many words of the proof had been read before it. */
interface Draw {
  readonly value: string;
  readonly wordsRead: number;
}

let draws: Draw[] = [];
let wordsRead = 0;

/** A method as it is before it is spied on. */
function original<Owner, Name extends keyof Owner>(prototype: Owner, name: Name): Owner[Name] {
  return prototype[name];
}

beforeEach(() => {
  const words = original(ProofReader.prototype, "words");
  vi.spyOn(ProofReader.prototype, "words").mockImplementation(function (this: ProofReader, count) {
    const taken = words.call(this, count);
    wordsRead += count;
    return taken;
  });
  const drawExtensions = original(Challenger.prototype, "drawExtensions");
  const drawPositions = original(Challenger.prototype, "drawPositions");
  const record = <Value>(value: Value): Value => {
    draws.push({ value: JSON.stringify(value), wordsRead });
    return value;
  };
  vi.spyOn(Challenger.prototype, "drawExtensions").mockImplementation(function (
    this: Challenger,
    ...args
  ) {
    return record(drawExtensions.apply(this, args));
  });
  vi.spyOn(Challenger.prototype, "drawPositions").mockImplementation(function (
    this: Challenger,
    ...args
  ) {
    return record(drawPositions.apply(this, args));
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

function drawsOf(key: VerifyingKey, statement: Statement, proof: Uint8Array): Draw[] {
  draws = [];
  wordsRead = 0;
  verify(key, statement, proof);
  return draws;
}

function flipBit(proof: Uint8Array, word: number, bit: number): Uint8Array {
  const flipped = proof.slice();
  const at = 4 * word + (bit >> 3);
  flipped[at] = flipped[at]! ^ (1 << (bit & 7));
  return flipped;
}

async function setUp(): Promise<{ toy: Toy; key: VerifyingKey; proof: Uint8Array }> {
  const toy = squaresToy(parameters, 6);
  return { toy, ...(await proveToy(toy)) };
}

test("every word sent before a challenge changes it and all later ones, and no earlier one", async () => {
  const { toy, key, proof } = await setUp();
  const honest = drawsOf(key, toy.statement, proof);
  const committed = honest.at(-1)!.wordsRead;
  // Version, digest and heights are compared with the key or bound by it; roots, terminals,
  // values, layers and the last polynomial follow.
  const first = 1 + 8 + toy.system.tables.length;
  expect(honest.length).toBeGreaterThanOrEqual(6);
  let checked = 0;
  for (let word = first; word < committed; word++) {
    const changed = drawsOf(key, toy.statement, flipBit(proof, word, (7 * word) % 24));
    // A flip may leave the field; then the verifier stops there.
    if (changed.length < honest.length) continue;
    checked++;
    changed.forEach((draw, i) => {
      const isLater = honest[i]!.wordsRead > word;
      expect(draw.value !== honest[i]!.value, `word ${word}, challenge ${i}`).toBe(isLater);
    });
  }
  expect(checked).toBeGreaterThan(0.9 * (committed - first));
});

test("a height changes every challenge", async () => {
  const { toy, key, proof } = await setUp();
  const honest = drawsOf(key, toy.statement, proof);
  const lower = drawsOf(key, toy.statement, flipBit(proof, 9, 0));
  expect(lower.length).toBeGreaterThan(0);
  lower.forEach((draw, i) => {
    expect(draw.value).not.toBe(honest[i]?.value);
  });
});

test("every part of the statement changes every challenge", async () => {
  const { toy, key, proof } = await setUp();
  const honest = drawsOf(key, toy.statement, proof);
  const [terms] = toy.statement.publicTerms;
  const statements: Statement[] = [
    { ...toy.statement, context: new Uint8Array() },
    { ...toy.statement, context: Uint8Array.of(...toy.statement.context, 0) },
    { ...toy.statement, publicTerms: [] },
    { ...toy.statement, publicTerms: [terms!, terms!] },
    { ...toy.statement, publicTerms: [{ ...terms!, bus: 2 }] },
    { ...toy.statement, publicTerms: [{ ...terms!, multiplicities: Uint32Array.of(1) }] },
    { ...toy.statement, publicTerms: [{ ...terms!, tuples: Uint32Array.of(1) }] },
  ];
  for (const [i, statement] of statements.entries()) {
    const changed = drawsOf(key, statement, proof);
    expect(changed.length, `statement ${i}`).toBe(honest.length);
    for (const [k, draw] of changed.entries()) expect(draw.value).not.toBe(honest[k]!.value);
  }
});

test("every part of the verifying key changes its digest, and the digest every challenge", async () => {
  const { toy, key, proof } = await setUp();
  const { system } = toy;
  const { parameters: own, tables } = system;
  const [table, ...others] = tables;
  const { program } = table!;
  const withProgram = (change: Partial<typeof program>) => ({
    ...system,
    tables: [{ ...table!, program: { ...program, ...change } }, ...others],
  });
  const [node, ...nodes] = program.nodes;
  const [constraint, ...constraints] = program.constraints;
  const [interaction, ...interactions] = program.interactions;
  const systems = [
    { ...system, parameters: { ...own, queries: own.queries + 1 } },
    { ...system, parameters: { ...own, logBlowup: 3 } },
    { ...system, parameters: { ...own, logFoldArity: 2 } },
    { ...system, parameters: { ...own, logFinalLength: 4 } },
    { ...system, parameters: { ...own, extensionDegree: 5 as const } },
    ...(["lookup", "constraints", "deep", "batch", "fold", "query"] as const).map((name) => ({
      ...system,
      parameters: { ...own, grinding: { ...own.grinding, [name]: 1 } },
    })),
    { ...system, publicTermsMax: 5 },
    { ...system, tables: [...others, table!] },
    { ...system, tables: [{ ...table!, logHeight: { min: 4, max: 18 } }, ...others] },
    { ...system, tables: [{ ...table!, logHeight: { min: 3, max: 17 } }, ...others] },
    withProgram({ name: "totals" }),
    withProgram({ width: 6 }),
    withProgram({ publicValueCount: 1 }),
    withProgram({ nodes: [{ ...node!, left: 1 }, ...nodes] }),
    withProgram({ nodes: [{ ...node!, operation: "next" }, ...nodes] }),
    withProgram({ constraints: [{ ...constraint!, kind: "first" }, ...constraints] }),
    withProgram({ constraints: [{ ...constraint!, node: 0 }, ...constraints] }),
    withProgram({ constraints }),
    withProgram({ interactions: [{ ...interaction!, bus: 9 }, ...interactions] }),
    withProgram({ interactions: [{ ...interaction!, weight: 0 }, ...interactions] }),
    withProgram({ interactions: [{ ...interaction!, tuple: [0, 1] }, ...interactions] }),
    withProgram({ interactions: [{ ...interaction!, multiplicity: 1 }, ...interactions] }),
  ];
  const digests = [key, ...systems.map((changed) => createVerifyingKey(changed, key.fixedRoot))];
  const roots = [0, 7].map((i) => {
    const root = Uint32Array.from(key.fixedRoot!);
    root[i] = root[i]! ^ 1;
    return createVerifyingKey(system, root);
  });
  const distinct = new Set([...digests, ...roots].map(({ digest }) => digest.join(" ")));
  expect(distinct.size).toBe(1 + systems.length + roots.length);

  const honest = drawsOf(key, toy.statement, proof);
  const digest = Uint32Array.from(key.digest);
  digest[7] = digest[7]! ^ 1;
  const changed = drawsOf({ ...key, digest }, toy.statement, flipBit(proof, 8, 0));
  expect(changed.length).toBe(honest.length);
  for (const [i, draw] of changed.entries()) expect(draw.value).not.toBe(honest[i]!.value);
});
