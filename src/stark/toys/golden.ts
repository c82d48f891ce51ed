/**
 * Golden proofs as text (spec/08-proofs.md §10, spec/vectors/proofs): the statement, the fixed root,
 * the key's digest and the proof, with the name of the toy's system. Reading takes no prover code.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { fromBase64url, fromHex, toBase64url, toHex } from "../../base/bytes.ts";
import { wordBytes } from "../hash/blake3.ts";
import { createVerifyingKey, keyWords, type VerifyingKey } from "../key.ts";
import type { ProofParameters } from "../parameters.ts";
import type { Statement } from "../statement.ts";
import type { System } from "../system.ts";
import { conjunctionSystem, fibonacciSystem, squaresSystem } from "./systems.ts";

export type ToyName = "fibonacci" | "conjunction" | "squares";

const systems: Readonly<Record<ToyName, (parameters: ProofParameters) => System>> = {
  fibonacci: fibonacciSystem,
  conjunction: conjunctionSystem,
  squares: squaresSystem,
};

export interface GoldenProof {
  readonly toy: ToyName;
  readonly parameters: ProofParameters;
  readonly key: VerifyingKey;
  readonly statement: Statement;
  readonly proof: Uint8Array;
}

/** The file's form: digests in hexadecimal, bytes in base64url, elements as numbers. */
interface GoldenFile {
  readonly toy: ToyName;
  readonly parameters: ProofParameters;
  readonly fixedRoot: string | null;
  /** All words of the key (spec §5), so that the system is known without this code. */
  readonly keyWords: string;
  readonly keyDigest: string;
  readonly statement: {
    readonly context: string;
    readonly publicValues: readonly (readonly number[])[];
    readonly publicTerms: readonly {
      readonly bus: number;
      readonly multiplicities: readonly number[];
      readonly tuples: readonly number[];
    }[];
  };
  readonly proof: string;
}

export function goldenText(golden: GoldenProof): string {
  const { key, statement } = golden;
  const file: GoldenFile = {
    toy: golden.toy,
    parameters: golden.parameters,
    fixedRoot: key.fixedRoot === null ? null : toHex(wordBytes(key.fixedRoot)),
    keyWords: toBase64url(wordBytes(keyWords(key.system, key.fixedRoot))),
    keyDigest: toHex(wordBytes(key.digest)),
    statement: {
      context: toBase64url(statement.context),
      publicValues: statement.publicValues.map((values) => [...values]),
      publicTerms: statement.publicTerms.map(({ bus, multiplicities, tuples }) => ({
        bus,
        multiplicities: [...multiplicities],
        tuples: [...tuples],
      })),
    },
    proof: toBase64url(golden.proof),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

function digestFromHex(text: string): Uint32Array {
  const bytes = fromHex(text);
  assert(bytes?.length === 32, "a digest of 32 bytes");
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: 8 }, (_, i) => view.getUint32(4 * i, true));
}

/** Reads a golden file; the key is made from the system's code, and must have the file's digest. */
export function parseGolden(text: string): GoldenProof {
  const file = JSON.parse(text) as GoldenFile;
  const system = systems[file.toy](file.parameters);
  const fixedRoot = file.fixedRoot === null ? null : digestFromHex(file.fixedRoot);
  const key = createVerifyingKey(system, fixedRoot);
  const words = toBase64url(wordBytes(keyWords(system, fixedRoot)));
  assert(words === file.keyWords, "the system is another one");
  assert(toHex(wordBytes(key.digest)) === file.keyDigest, "the key is another one");
  const context = fromBase64url(file.statement.context);
  const proof = fromBase64url(file.proof);
  assert(context !== null && proof !== null, "base64url");
  return {
    toy: file.toy,
    parameters: file.parameters,
    key,
    statement: {
      context,
      publicValues: file.statement.publicValues.map((values) => Uint32Array.from(values)),
      publicTerms: file.statement.publicTerms.map(({ bus, multiplicities, tuples }) => ({
        bus,
        multiplicities: Uint32Array.from(multiplicities),
        tuples: Uint32Array.from(tuples),
      })),
    },
    proof,
  };
}
