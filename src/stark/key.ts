/**
 * The verifying key (spec/08-proofs.md §5): the system, the commitment to its fixed columns, and a
 * digest over every constraint and parameter, which begins each transcript and each proof.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { utf8Bytes } from "../base/bytes.ts";
import type { AirProgram, RowKind } from "./air/air.ts";
import type { Operation } from "./air/expression.ts";
import { digestWords, hashWords } from "./hash/blake3.ts";
import type { ProofParameters } from "./parameters.ts";
import type { System } from "./system.ts";

export interface VerifyingKey {
  readonly system: System;
  /** Root over the fixed columns of all tables that have some; null if none has. */
  readonly fixedRoot: Uint32Array | null;
  readonly digest: Uint32Array;
}

const operationNumbers: Readonly<Record<Operation, number>> = {
  constant: 0,
  local: 1,
  next: 2,
  fixed: 3,
  public: 4,
  add: 5,
  sub: 6,
  mul: 7,
};

const rowKindNumbers: Readonly<Record<RowKind, number>> = {
  every: 0,
  first: 1,
  last: 2,
  transition: 3,
};

function parameterWords(parameters: ProofParameters): number[] {
  const { grinding } = parameters;
  return [
    parameters.extensionDegree,
    parameters.logBlowup,
    parameters.logFoldArity,
    parameters.logFinalLength,
    parameters.queries,
    grinding.lookup,
    grinding.constraints,
    grinding.deep,
    grinding.batch,
    grinding.fold,
    grinding.query,
  ];
}

/** A program as words; each list after its length, so that no two programs are alike. */
function programWords(program: AirProgram): number[] {
  const name = utf8Bytes(program.name);
  const words = [name.length, ...name, program.width, program.fixedWidth];
  words.push(program.publicValueCount, program.nodes.length);
  for (const { operation, left, right } of program.nodes) {
    words.push(operationNumbers[operation], left, right);
  }
  words.push(program.constraints.length);
  for (const { kind, node } of program.constraints) words.push(rowKindNumbers[kind], node);
  words.push(program.interactions.length);
  for (const { bus, tuple, multiplicity, weight } of program.interactions) {
    words.push(bus, tuple.length, ...tuple, multiplicity, weight);
  }
  return words;
}

/** The words that the key's digest is over: everything that a verifier has to know of a system. */
export function keyWords(system: System, fixedRoot: Uint32Array | null): Uint32Array {
  const words = [...parameterWords(system.parameters), system.publicTermsMax];
  words.push(system.tables.length);
  for (const { program, logHeight } of system.tables) {
    words.push(logHeight.min, logHeight.max, ...programWords(program));
  }
  words.push(...(fixedRoot ?? []));
  return Uint32Array.from(words);
}

/** The key of a system whose fixed columns have this root. */
export function createVerifyingKey(system: System, fixedRoot: Uint32Array | null): VerifyingKey {
  const hasFixed = system.tables.some((table) => table.program.fixedWidth > 0);
  assert(hasFixed === (fixedRoot !== null), "a fixed root exactly where there are fixed columns");
  assert(fixedRoot === null || fixedRoot.length === digestWords, "length of the fixed root");
  return { system, fixedRoot, digest: hashWords(keyWords(system, fixedRoot)) };
}
