/**
 * Whether a process's own compute units stand behind one result (spec/05-log.md §4). The process id is
 * all that is believed: it gives the spawn, and that gives the units that count and how many of them
 * must agree. Which units the answers came from does not matter. A verdict, never a throw.
 *
 * This is the level `attested`: as many of the named units as the spawn demands say so. That the entry
 * is in everyone's log, and that the result was computed rightly, is for receipts and proofs to say.
 *
 * @module
 */

import { equalBytes, toBase64url } from "../base/bytes.ts";
import { verifySignature } from "../crypto/signature.ts";
import { attestationClaim, attestationRecord } from "../protocol/attestation.ts";
import { checked, ProtocolError, type ProtocolErrorCode } from "../protocol/errors.ts";
import { checkEvaluation, type Evaluation } from "../protocol/evaluation.ts";
import { idText, messageIdOf, parseId } from "../protocol/ids.ts";
import { bodyRecord } from "../protocol/message.ts";
import type { Result } from "../protocol/result.ts";
import { type SpawnTerms, spawnTermsOf } from "../protocol/spawn.ts";

/** What the caller knows, and the answers that are to be checked against it. */
export interface AttestedResult {
  readonly network: string;
  readonly process: string;
  /** The slot, or the id of the message, whose result it is. */
  readonly slotOrMessage: number | string;
  /** The canonical body of the process's spawn, from anyone. */
  readonly spawn: Uint8Array;
  /** One evaluation of each compute unit that answered. */
  readonly evaluations: readonly Evaluation[];
}

/** How many of the units that count attest the result, or why it is not attested. */
export type AttestedVerdict =
  | {
      readonly ok: true;
      readonly result: Result;
      /** Addresses of the units that attest it. */
      readonly units: readonly string[];
      /** How many the spawn demands. */
      readonly quorum: number;
    }
  | { readonly ok: false; readonly reason: ProtocolErrorCode; readonly detail: string };

/** The verdict on one result. An answer that is wrong in itself has no voice, and hides none. */
export function verifyAttestations(attested: AttestedResult): AttestedVerdict {
  try {
    const terms = termsOf(attested);
    const { units, count: quorum } = terms.compute;
    if (units.length === 0) {
      throw new ProtocolError("EVIDENCE_EMPTY", { expected: "named compute units", got: "none" });
    }
    const read = attested.evaluations.map((evaluation) =>
      checked(() => voiceOf(attested, terms, evaluation)),
    );
    const voices = read.flatMap((one) => (one.ok ? [one.value] : []));
    const decided = resultsOf(voices).filter((result) => result.units.length >= quorum);
    const [first] = decided;
    if (first !== undefined && decided.length === 1) return { ok: true, ...first, quorum };
    const fault = read.find((one) => !one.ok);
    if (decided.length === 0 && fault !== undefined && !fault.ok) throw fault.error;
    const got = decided.length === 0 ? voices.length : `${decided.length} different results`;
    throw new ProtocolError("EVIDENCE_QUORUM", { expected: quorum, got });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { ok: false, reason: error.code, detail: error.message };
  }
}

/** The terms of the process: those of the one spawn body whose hash is its id. */
function termsOf({ network, process, spawn }: AttestedResult): SpawnTerms {
  const id = idText(messageIdOf(spawn));
  if (id !== process) throw new ProtocolError("ENTRY_MESSAGE", { expected: process, got: id });
  const body = bodyRecord.decode(spawn);
  if (!equalBytes(body.network, parseId(network, "network"))) {
    const got = idText(body.network);
    throw new ProtocolError("NETWORK_MISMATCH", { expected: network, got });
  }
  return spawnTermsOf(body);
}

/** One named unit's word for one result. */
interface Voice {
  readonly unit: string;
  readonly result: Result;
  readonly bytes: Uint8Array;
}

/** Who says what: results with the distinct units that attest them. */
function resultsOf(
  voices: readonly Voice[],
): readonly { readonly result: Result; readonly units: readonly string[] }[] {
  const byBytes = new Map<string, { readonly result: Result; readonly units: Set<string> }>();
  for (const { unit, result, bytes } of voices) {
    const key = toBase64url(bytes);
    const kept = byBytes.get(key) ?? { result, units: new Set() };
    byBytes.set(key, kept);
    kept.units.add(unit);
  }
  return [...byBytes.values()].map(({ result, units }) => ({ result, units: [...units] }));
}

/** What an evaluation says, if its parts fit and a unit that counts has signed it for this place. */
function voiceOf(attested: AttestedResult, terms: SpawnTerms, evaluation: Evaluation): Voice {
  const result = checkEvaluation(evaluation);
  const { process, slotOrMessage: place } = attested;
  const isPlace = place === result.slot || place === idText(result.messageId);
  const wrong =
    (idText(result.process) !== process && "process") ||
    (!equalBytes(result.module, terms.module) && "module") ||
    (result.rules !== terms.rules && "rules") ||
    (!isPlace && "slot");
  if (wrong) {
    const got = `slot ${result.slot} of ${idText(result.process)}`;
    throw new ProtocolError("PROVENANCE_RESULT", { field: wrong, expected: place, got });
  }
  return { unit: attesterOf(evaluation, terms), result, bytes: evaluation.result };
}

function attesterOf(evaluation: Evaluation, { compute }: SpawnTerms): string {
  const { attestation: bytes } = evaluation;
  if (bytes === null) {
    throw new ProtocolError("ATTESTATION_INVALID", { expected: "a signature", got: "none yet" });
  }
  const attestation = attestationRecord.decode(bytes);
  const unit = idText(attestation.unit);
  if (!compute.units.some((named) => equalBytes(named, attestation.unit))) {
    throw new ProtocolError("EVIDENCE_QUORUM", { expected: "a unit of the spawn", got: unit });
  }
  if (verifySignature(attestationClaim(attestation, evaluation.result))) return unit;
  throw new ProtocolError("SIGNATURE_INVALID", { unit });
}
