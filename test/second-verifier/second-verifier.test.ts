/**
 * The two verifiers agree: on the golden proofs, and in refusing changed ones.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseGolden } from "../../src/stark/toys/golden.ts";
import { flipByte } from "../../src/stark/toys/mutations.ts";
import { verify } from "../../src/stark/verifier.ts";
import { type PlainStatement, secondVerify } from "./verify.ts";

const names = ["fibonacci", "conjunction", "squares"] as const;

/** Little-endian words of base64url text, by Node's own decoder. */
function wordsOf(text: string): number[] {
  const bytes = Buffer.from(text, "base64url");
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
}

function readVector(name: string) {
  const file = new URL(`../../spec/vectors/proofs/${name}_v1.json`, import.meta.url);
  const text = readFileSync(file, "utf8");
  const parsed = JSON.parse(text) as {
    keyWords: string;
    proof: string;
    statement: Omit<PlainStatement, "context"> & { context: string };
  };
  const context = [...Buffer.from(parsed.statement.context, "base64url")];
  const statement: PlainStatement = { ...parsed.statement, context };
  return { text, key: wordsOf(parsed.keyWords), statement, proof: parsed.proof };
}

test("a verifier written from the specification alone accepts the golden proofs", () => {
  for (const name of names) {
    const { key, statement, proof } = readVector(name);
    expect(() => secondVerify(key, statement, wordsOf(proof)), name).not.toThrow();
  }
});

test("both verifiers refuse changed proofs and another statement", () => {
  const { text, key, statement, proof } = readVector("fibonacci");
  const golden = parseGolden(text);
  for (let seed = 0; seed < 25; seed++) {
    const flipped = flipByte(golden.proof, seed);
    expect(verify(golden.key, golden.statement, flipped).ok, `seed ${seed}`).toBe(false);
    const words = wordsOf(Buffer.from(flipped).toString("base64url"));
    expect(() => secondVerify(key, statement, words), `seed ${seed}`).toThrow("refused");
  }
  const other = { ...statement, context: [1] };
  expect(() => secondVerify(key, other, wordsOf(proof))).toThrow("refused");
});
