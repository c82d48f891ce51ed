/**
 * Provenance (spec/04-messages.md §3): why a message is believed to come from a process. Its spawn
 * body, the attested result that sent it, the message's place in that result's outbox, and the receipt
 * of the entry that it came of. Nothing signs as a process, and nothing is believed because of who
 * forwarded it.
 *
 * @module
 */

import { compareBytes, concatBytes, equalBytes, u32be, u64be } from "../base/bytes.ts";
import { leafHash, rootOfPath } from "../crypto/merkle.ts";
import type { SignatureClaim } from "../crypto/signature.ts";
import { attestationClaim, attestationRecord } from "./attestation.ts";
import { ProtocolError } from "./errors.ts";
import { type Digest, idText, messageIdOf } from "./ids.ts";
import { kinds } from "./kinds.ts";
import {
  authorisationBytesMax,
  bodyBytesMax,
  computeUnitsMax,
  outboxItemsMax,
  treePathMax,
} from "./limits.ts";
import { type Body, bodyRecord } from "./message.ts";
import { bytes, digest, list, type RecordType, record, uint } from "./record.ts";
import { exits, type Result, resultDigestOf, resultRecord } from "./result.ts";
import { type SourceReceipt, sourceReceiptClaims, sourceReceiptField } from "./source-receipt.ts";
import { type Quorum, type SpawnTerms, spawnTermsOf } from "./spawn.ts";

/** The authorisation of a message whose owner is a process. */
export interface Provenance {
  /** The canonical spawn body of the source: its hash is the source's process id. */
  readonly spawn: Uint8Array;
  /** The canonical result that sent the message. */
  readonly result: Uint8Array;
  readonly index: number;
  readonly path: readonly Digest[];
  /** Canonical attestations of the result, by distinct units that the spawn names. */
  readonly attestations: readonly Uint8Array[];
  /** The entry of the result's slot, under a head of the source's scheduler. */
  readonly receipt: SourceReceipt;
}

/** Kind 4. */
export const provenanceRecord: RecordType<Provenance> = record<Provenance>(
  { name: "provenance", kind: kinds.provenance, bytesMax: authorisationBytesMax },
  {
    spawn: bytes(bodyBytesMax),
    result: bytes(1024),
    index: uint(outboxItemsMax),
    path: list(digest, treePathMax),
    attestations: list(bytes(16_384), computeUnitsMax),
    receipt: sourceReceiptField,
  },
);

/** The anchor that the host gives the outbox message at `index` of `slot`. */
export function outboxAnchor(slot: number, index: number): Uint8Array {
  return concatBytes(u64be(slot), u32be(index));
}

/** A result of a process, and whether it is proven from the process's slot 0 on. */
export interface ProvenClaim {
  readonly process: Digest;
  readonly slot: number;
  /** Of the result, which names entry and roots, and so one history. */
  readonly digest: Digest;
}

/** True where the reader itself has verified the source's chain up to this result. */
export type IsProven = (claim: ProvenClaim) => boolean;

/** Of who has verified no chains: whatever demands `proven` is refused. */
export const nothingProven: IsProven = () => false;

/** The result that a message from a process would have to be proven by. Throws a decoder's code. */
export function provenClaimOf(authorisation: Uint8Array): ProvenClaim {
  const { spawn, result } = provenanceRecord.decode(authorisation);
  const { slot } = resultRecord.decode(result);
  return { process: messageIdOf(spawn), slot, digest: resultDigestOf(result) };
}

/** A provenance that holds if its claims hold. */
export interface CheckedProvenance {
  readonly claims: readonly SignatureClaim[];
  /** The terms of the sending process. */
  readonly source: SpawnTerms;
  readonly result: Result;
}

/**
 * Checks everything of a provenance but its signatures, which are returned as claims. `target` is
 * the terms of the receiving process; a spawn's are its own. Throws `OWNER_MISMATCH`,
 * `PROVENANCE_…`, `EVIDENCE_…`, `ATTESTATION_INVALID`, `HEAD_KEY_INVALID` or a decoder's code;
 * `EVIDENCE_LEVEL` last, for it alone may change with what the reader verifies.
 */
export function checkProvenance(
  authorisation: Uint8Array,
  message: { readonly body: Body; readonly bodyBytes: Uint8Array },
  target: SpawnTerms | null,
  isProven: IsProven = nothingProven,
): CheckedProvenance {
  const provenance = provenanceRecord.decode(authorisation);
  const { body } = message;
  const sourceId = messageIdOf(provenance.spawn);
  if (!equalBytes(sourceId, body.owner.id)) {
    throw new ProtocolError("OWNER_MISMATCH", {
      expected: idText(body.owner.id),
      got: idText(sourceId),
    });
  }
  const spawn = bodyRecord.decode(provenance.spawn);
  if (!equalBytes(spawn.network, body.network)) {
    throw new ProtocolError("PROVENANCE_SOURCE", {
      expected: idText(body.network),
      got: idText(spawn.network),
    });
  }
  const source = spawnTermsOf(spawn);
  const result = resultRecord.decode(provenance.result);
  checkResult(result, source, body.owner.id);
  checkPlace(provenance, result, message);
  const { network } = body;
  const attested = checkQuorum(provenance, source.compute, target?.trust ?? null);
  const { scheduler } = source;
  const covered = sourceReceiptClaims(provenance.receipt, result, { network, scheduler });
  if (target?.evidence === "proven") {
    const digest = resultDigestOf(provenance.result);
    checkLevel({ process: sourceId, slot: result.slot, digest }, isProven);
  }
  return { claims: [...attested, ...covered], source, result };
}

function checkResult(result: Result, source: SpawnTerms, process: Digest): void {
  const wrong =
    (!equalBytes(result.process, process) && "process") ||
    (!equalBytes(result.module, source.module) && "module") ||
    (result.rules !== source.rules && "rules") ||
    (result.exit !== exits.ok && "exit") ||
    (result.outboxRoot === null && "outboxRoot");
  if (wrong) {
    throw new ProtocolError("PROVENANCE_RESULT", {
      field: wrong,
      expected: "a successful result of the source",
      got: idText(result.process),
    });
  }
}

/** The body is the outbox item that it says it is, and its anchor names that item. */
function checkPlace(
  provenance: Provenance,
  result: Result,
  message: { readonly body: Body; readonly bodyBytes: Uint8Array },
): void {
  const { index, path } = provenance;
  const root = rootOfPath(leafHash(message.bodyBytes), {
    index,
    count: result.outboxCount,
    siblings: path,
  });
  if (root === null || result.outboxRoot === null || !equalBytes(root, result.outboxRoot)) {
    throw new ProtocolError("PROVENANCE_PATH", {
      expected: result.outboxRoot === null ? "nil" : idText(result.outboxRoot),
      got: root === null ? "no path" : idText(root),
    });
  }
  if (!equalBytes(message.body.anchor, outboxAnchor(result.slot, index))) {
    throw new ProtocolError("PROVENANCE_ANCHOR", {
      expected: `slot ${result.slot}, index ${index}`,
    });
  }
}

/** Who demands `proven` takes no attestation for it. */
function checkLevel(claim: ProvenClaim, isProven: IsProven): void {
  if (isProven(claim)) return;
  throw new ProtocolError("EVIDENCE_LEVEL", {
    expected: "proven",
    got: "attested",
    source: idText(claim.process),
    slot: claim.slot,
  });
}

/** A result, and what units say of it. */
export interface AttestedResult {
  readonly result: Uint8Array;
  /** Canonical attestations. */
  readonly attestations: readonly Uint8Array[];
}

/**
 * The signatures of the source's own quorum, of which as many as the target asks for are in its
 * `Trust`. Throws `EVIDENCE_EMPTY`, `EVIDENCE_QUORUM`, `EVIDENCE_UNTRUSTED`, `ATTESTATION_INVALID`.
 */
export function checkQuorum(
  provenance: AttestedResult,
  compute: Quorum,
  trust: Quorum | null,
): readonly SignatureClaim[] {
  if (compute.units.length === 0) {
    throw new ProtocolError("EVIDENCE_EMPTY", { expected: "named compute units", got: "none" });
  }
  const attestations = provenance.attestations.map((received) =>
    attestationRecord.decode(received),
  );
  const units = attestations.map((attestation) => attestation.unit).sort(compareBytes);
  const distinct = units.filter((unit, i) => i === 0 || !equalBytes(unit, units[i - 1] ?? unit));
  const speaking = distinct.filter((unit) => contains(compute.units, unit)).length;
  if (speaking < compute.count || speaking !== attestations.length) {
    throw new ProtocolError("EVIDENCE_QUORUM", {
      expected: `${compute.count} distinct units that the source names`,
      got: `${speaking} of ${attestations.length}`,
    });
  }
  if (trust !== null) {
    const trusted = distinct.filter((unit) => contains(trust.units, unit)).length;
    if (trusted < trust.count) {
      throw new ProtocolError("EVIDENCE_UNTRUSTED", { expected: trust.count, got: trusted });
    }
  }
  return attestations.map((attestation) => attestationClaim(attestation, provenance.result));
}

function contains(units: readonly Digest[], unit: Digest): boolean {
  return units.some((named) => equalBytes(named, unit));
}
