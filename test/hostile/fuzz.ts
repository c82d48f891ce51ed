/**
 * Feeds mutated inputs to a reader and holds it to its law. Every input is made from its number, so a
 * finding names all that is needed to see it again.
 *
 * @module
 */

import { equalBytes } from "../../src/base/bytes.ts";
import { Chance } from "./chance.ts";
import { mutateBytes } from "./mutate.ts";
import { isRefusal, type Reader } from "./readers.ts";

/** What a reader did with its inputs. */
export interface FuzzReport {
  readonly name: string;
  readonly inputs: number;
  readonly accepted: number;
  /** How often each code was answered. */
  readonly refused: ReadonlyMap<string, number>;
  /** Inputs that broke the law, with what happened. At most ten are kept. */
  readonly findings: readonly string[];
  readonly slowestMs: number;
}

/** No input of a megabyte or less may take longer; a hang is far above, a busy machine below. */
const slowMs = 5_000;
const findingsMax = 10;

/** Reads the inputs `from` to below `to`. Every second one is mutated with its structure in mind. */
export async function fuzz(reader: Reader, from: number, to: number): Promise<FuzzReport> {
  const refused = new Map<string, number>();
  const findings: string[] = [];
  let accepted = 0;
  let slowestMs = 0;
  for (let number = from; number < to && findings.length < findingsMax; number++) {
    const input = inputOf(reader, number);
    const start = performance.now();
    const outcome = await outcomeOf(reader, input);
    const ms = performance.now() - start;
    slowestMs = Math.max(slowestMs, ms);
    if (ms > slowMs) findings.push(`${reader.name} input ${number}: ${Math.round(ms)} ms`);
    if (outcome.kind === "refused") refused.set(outcome.code, (refused.get(outcome.code) ?? 0) + 1);
    else if (outcome.kind === "accepted") accepted++;
    else findings.push(`${reader.name} input ${number}: ${outcome.finding}`);
  }
  return { name: reader.name, inputs: to - from, accepted, refused, findings, slowestMs };
}

/** The input of a number: the same one on every run. */
export function inputOf(reader: Reader, number: number): Uint8Array {
  const chance = new Chance(number);
  const seed = chance.pick(reader.seeds);
  if (number % 2 === 0) return reader.mutate(chance, seed);
  return mutateBytes(chance, seed, chance.pick(reader.seeds));
}

type Outcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "broken"; readonly finding: string };

async function outcomeOf(reader: Reader, input: Uint8Array): Promise<Outcome> {
  const given = Uint8Array.from(input);
  try {
    const read = await reader.read(given);
    if (!equalBytes(given, input)) return { kind: "broken", finding: "the input was written to" };
    if (read === null) return { kind: "accepted" };
    if ("code" in read) return { kind: "refused", code: read.code };
    if (equalBytes(read, input)) return { kind: "accepted" };
    return { kind: "broken", finding: "accepted as other bytes" };
  } catch (error) {
    if (isRefusal(error)) return { kind: "refused", code: error.code };
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "broken", finding: text.slice(0, 1000) };
  }
}
