/**
 * What a spawn fixes for the life of its process (spec/04-messages.md §4): the reserved tags, read
 * strictly. A reserved tag stands at most once unless it may repeat, and nowhere but in a spawn.
 *
 * @module
 */

import { compareBytes } from "../base/bytes.ts";
import { ProtocolError } from "./errors.ts";
import { type Digest, parseId } from "./ids.ts";
import {
  computeUnitsMax,
  gasLimitDefault,
  gasLimitMax,
  gasLimitMin,
  memoryLimitDefault,
  memoryLimitMax,
  memoryPageBytes,
  proveGasLimitDefault,
  proveGasLimitMax,
  rulesVersion,
  trustedUnitsMax,
  witnessesMax,
} from "./limits.ts";
import { type Body, bodyRecord, type Tag, tagValues } from "./message.ts";

/** Reserved names; each is exact in case. */
export const reservedTags = {
  module: "Module",
  scheduler: "Scheduler",
  rules: "Rules",
  compute: "Compute",
  computeQuorum: "Compute-Quorum",
  evidence: "Evidence",
  trust: "Trust",
  trustQuorum: "Trust-Quorum",
  memoryLimit: "Memory-Limit",
  gasLimit: "Gas-Limit",
  proveGasLimit: "Prove-Gas-Limit",
  witness: "Witness",
  witnessQuorum: "Witness-Quorum",
} as const;

const reservedNames: ReadonlySet<string> = new Set(Object.values(reservedTags));

/** What a process demands of messages from other processes. */
export type EvidenceLevel = "attested" | "proven";

/** A named set of units and how many of them must agree. */
export interface Quorum {
  readonly units: readonly Digest[];
  readonly count: number;
}

/** What a spawn body fixes, with its defaults filled in. */
export interface SpawnTerms {
  readonly module: Digest;
  readonly scheduler: Digest;
  readonly rules: number;
  readonly compute: Quorum;
  readonly evidence: EvidenceLevel;
  /** Null: every attester that the source names is accepted. */
  readonly trust: Quorum | null;
  /** Bytes, a multiple of the WebAssembly page. */
  readonly memoryLimit: number;
  readonly gasLimit: number;
  readonly proveGasLimit: number;
  readonly witness: Quorum | null;
}

/** Refuses a reserved tag in a message that is no spawn (`TAG_RESERVED`). */
export function refuseReservedTags(tags: readonly Tag[]): void {
  const found = tags.find((tag) => reservedNames.has(tag.name));
  if (found !== undefined) {
    throw new ProtocolError("TAG_RESERVED", {
      tag: found.name,
      expected: "a spawn",
      got: "a message",
    });
  }
}

/**
 * The terms of a spawn body. Throws `SPAWN_TAG_MISSING`, `SPAWN_TAG_INVALID`, `RULES_UNKNOWN`, and
 * `RECORD_FIELD` for a body that has a target.
 */
export function spawnTermsOf(body: Body): SpawnTerms {
  if (body.target !== null) {
    throw new ProtocolError("RECORD_FIELD", { field: "target", expected: "nil", got: "an id" });
  }
  const { tags } = body;
  const rules = integer(tags, reservedTags.rules, {
    min: 0,
    max: 0xffff_ffff,
    default: rulesVersion,
  });
  if (rules !== rulesVersion) {
    throw new ProtocolError("RULES_UNKNOWN", { expected: rulesVersion, got: rules });
  }
  const compute = units(tags, reservedTags.compute, computeUnitsMax);
  const memoryLimit = integer(tags, reservedTags.memoryLimit, {
    min: memoryPageBytes,
    max: memoryLimitMax,
    default: memoryLimitDefault,
  });
  if (memoryLimit % memoryPageBytes !== 0) {
    invalid(reservedTags.memoryLimit, `a multiple of ${memoryPageBytes}`, String(memoryLimit));
  }
  return {
    module: unit(tags, reservedTags.module),
    scheduler: unit(tags, reservedTags.scheduler),
    rules,
    compute: {
      units: compute,
      count: quorum(tags, reservedTags.computeQuorum, compute.length) ?? 0,
    },
    evidence: evidenceOf(tags),
    trust: optionalQuorum(tags, reservedTags.trust, reservedTags.trustQuorum, trustedUnitsMax),
    memoryLimit,
    gasLimit: integer(tags, reservedTags.gasLimit, {
      min: gasLimitMin,
      max: gasLimitMax,
      default: gasLimitDefault,
    }),
    proveGasLimit: integer(tags, reservedTags.proveGasLimit, {
      min: 0,
      max: proveGasLimitMax,
      default: proveGasLimitDefault,
    }),
    witness: optionalQuorum(tags, reservedTags.witness, reservedTags.witnessQuorum, witnessesMax),
  };
}

/** The terms of canonical spawn bytes. Throws as `spawnTermsOf`, and a decoder's codes. */
export function termsOfSpawn(spawn: Uint8Array): SpawnTerms {
  return spawnTermsOf(bodyRecord.decode(spawn));
}

function invalid(tag: string, expected: string, got: string): never {
  throw new ProtocolError("SPAWN_TAG_INVALID", { tag, expected, got: got.slice(0, 64) });
}

/** The value of a tag that may stand at most once. */
function single(tags: readonly Tag[], name: string): string | null {
  const values = tagValues(tags, name);
  if (values.length > 1) invalid(name, "at most once", `${values.length} times`);
  return values[0] ?? null;
}

function unit(tags: readonly Tag[], name: string): Digest {
  const value = single(tags, name);
  if (value === null) throw new ProtocolError("SPAWN_TAG_MISSING", { tag: name });
  return unitId(name, value);
}

function unitId(name: string, value: string): Digest {
  try {
    return parseId(value, name);
  } catch {
    return invalid(name, "an id of 43 characters", value);
  }
}

function units(tags: readonly Tag[], name: string, countMax: number): readonly Digest[] {
  const values = tagValues(tags, name);
  if (values.length > countMax)
    invalid(name, `at most ${countMax} times`, `${values.length} times`);
  const ids = values.map((value) => unitId(name, value));
  // A unit named twice must not count twice towards a quorum.
  const sorted = [...ids].sort(compareBytes);
  for (let i = 1; i < sorted.length; i++) {
    if (compareBytes(sorted[i - 1] as Digest, sorted[i] as Digest) === 0) {
      invalid(name, "distinct ids", "the same id twice");
    }
  }
  return ids;
}

/** How many of `count` named units must agree: all of them by default; null where none is named. */
function quorum(tags: readonly Tag[], name: string, count: number): number | null {
  if (count === 0) {
    if (single(tags, name) !== null) invalid(name, "named units", "none");
    return null;
  }
  return integer(tags, name, { min: 1, max: count, default: count });
}

function optionalQuorum(
  tags: readonly Tag[],
  name: string,
  quorumName: string,
  countMax: number,
): Quorum | null {
  const named = units(tags, name, countMax);
  const count = quorum(tags, quorumName, named.length);
  return count === null ? null : { units: named, count };
}

function evidenceOf(tags: readonly Tag[]): EvidenceLevel {
  const value = single(tags, reservedTags.evidence) ?? "attested";
  if (value === "attested" || value === "proven") return value;
  return invalid(reservedTags.evidence, "attested or proven", value);
}

function integer(
  tags: readonly Tag[],
  name: string,
  bounds: { readonly min: number; readonly max: number; readonly default: number },
): number {
  const value = single(tags, name);
  if (value === null) return bounds.default;
  // One spelling per number: no sign, no leading zero, no exponent.
  if (!/^(0|[1-9][0-9]{0,15})$/.test(value)) invalid(name, "a decimal integer", value);
  const number = Number(value);
  if (number < bounds.min || number > bounds.max) {
    invalid(name, `${bounds.min} to ${bounds.max}`, value);
  }
  return number;
}
