/**
 * What a proof is about (spec/08-proofs.md §7): the caller's context, the tables' public values and
 * the bus terms that the verifier adds by itself. All of it is absorbed before any challenge.
 *
 * @module
 */

import { isCanonical } from "../field/koala-bear.ts";
import type { PublicTerms } from "./lookup/bus.ts";
import { require } from "./proof-error.ts";
import type { System } from "./system.ts";

export interface Statement {
  /** Any bytes that the proof shall be bound to; at most `contextBytesMax`. */
  readonly context: Uint8Array;
  /** Canonical public values, one list for each table. */
  readonly publicValues: readonly Uint32Array[];
  /** At most the system's `publicTermsMax` terms in all. */
  readonly publicTerms: readonly PublicTerms[];
}

export const contextBytesMax: number = 2 ** 16;

/** A statement without context and public terms. */
export function plainStatement(publicValues: readonly Uint32Array[]): Statement {
  return { context: new Uint8Array(), publicValues, publicTerms: [] };
}

function isElements(value: unknown): value is Uint32Array {
  return value instanceof Uint32Array && value.every(isCanonical);
}

/** Refuses a statement that is not one of the system's, whatever its type says. */
export function checkStatement(system: System, statement: Statement): void {
  const invalid = (holds: boolean, what: string): void =>
    require(holds, "STATEMENT_INVALID", { what });
  invalid(typeof statement === "object" && statement !== null, "statement");
  const { context, publicValues, publicTerms } = statement;
  invalid(context instanceof Uint8Array && context.length <= contextBytesMax, "context");
  invalid(Array.isArray(publicValues), "public values");
  invalid(publicValues.length === system.tables.length, "public values");
  system.tables.forEach(({ program }, i) => {
    const values = publicValues[i];
    invalid(values?.length === program.publicValueCount && isElements(values), "public values");
  });
  invalid(Array.isArray(publicTerms) && publicTerms.length <= system.publicTermsMax, "terms");
  let count = 0;
  for (const terms of publicTerms) {
    invalid(typeof terms === "object" && terms !== null, "terms");
    const { bus, multiplicities, tuples } = terms;
    const width = system.tupleWidths.get(bus);
    invalid(width !== undefined, "bus");
    invalid(multiplicities instanceof Uint32Array && tuples instanceof Uint32Array, "terms");
    count += multiplicities.length;
    invalid(multiplicities.length > 0 && count <= system.publicTermsMax, "number of terms");
    invalid(tuples.length === multiplicities.length * (width ?? 0), "tuples");
    invalid(isElements(multiplicities) && isElements(tuples), "terms");
  }
}

/** The statement as words, each part after its length. */
export function statementWords(statement: Statement): Uint32Array {
  const { context, publicValues, publicTerms } = statement;
  const parts: Uint32Array[] = [Uint32Array.of(context.length), Uint32Array.from(context)];
  for (const values of publicValues) parts.push(Uint32Array.of(values.length), values);
  parts.push(Uint32Array.of(publicTerms.length));
  for (const { bus, multiplicities, tuples } of publicTerms) {
    parts.push(Uint32Array.of(bus, multiplicities.length, tuples.length), multiplicities, tuples);
  }
  const words = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    words.set(part, at);
    at += part.length;
  }
  return words;
}
