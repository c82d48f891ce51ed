/**
 * What the judges of evidence against a log's keeper have in common (spec/16-evidence.md §1).
 *
 * @module
 */

import { ProtocolError } from "../protocol/errors.ts";
import type { HeadKeyStatement } from "../protocol/head-key.ts";
import { type Digest, parseId } from "../protocol/ids.ts";
import type { LogOwner } from "./check-log-receipt.ts";
import type { Signatures } from "./signatures.ts";

/** Lies about a log. */
export type LogLie = "E0" | "E1" | "E2" | "E3" | "E4" | "E5" | "E6" | "E7" | "E8";

/** Who lied, and how. */
export interface Conviction {
  readonly scheduler: Digest;
  readonly code: LogLie;
  /** For people. */
  readonly detail: string;
}

/** What a file's parts come to. Throws a code where they convict nobody. */
export type EvidenceJudge = (parts: readonly Uint8Array[], signatures: Signatures) => Conviction;

/** What evidence does not show. */
export function unshown(expected: string): ProtocolError {
  return new ProtocolError("EVIDENCE_INVALID", { expected });
}

/** As many parts as a type has. */
export function partsOf(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  if (parts.length === count) return parts;
  throw new ProtocolError("EVIDENCE_INVALID", { expected: `${count} parts`, got: parts.length });
}

/** Network and scheduler that an origin names. */
export function ownerOf({ origin, scheduler }: HeadKeyStatement): LogOwner {
  return { network: parseId(origin.split("/")[1] ?? "", "network"), scheduler };
}
