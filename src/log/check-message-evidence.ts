/**
 * Judges evidence from an entry and the message that it names (spec/16-evidence.md §1, E7 and E8). Only
 * what no version of the protocol, no clock and no missing byte could make good convicts.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { signatureClaimOf } from "../protocol/authorisation.ts";
import { decodeCanonical } from "../protocol/decode.ts";
import type { Entry } from "../protocol/entry.ts";
import { ProtocolError, type ProtocolErrorCode } from "../protocol/errors.ts";
import { authorisationHashOf, type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import { kinds } from "../protocol/kinds.ts";
import { authorisationBytesMax, bodyBytesMax } from "../protocol/limits.ts";
import { evidenceTypes } from "../protocol/log-evidence.ts";
import { type Body, bodyRecord, ownerKinds } from "../protocol/message.ts";
import { checkProvenance } from "../protocol/provenance.ts";
import { kindOf } from "../protocol/record.ts";
import { spawnTermsOf, termsOfSpawn } from "../protocol/spawn.ts";
import { boundEntry } from "./check-entry-evidence.ts";
import { type EvidenceJudge, partsOf, unshown } from "./evidence-judge.ts";
import type { Signatures } from "./signatures.ts";

/** A message as its entry names it, with what it is held against. */
interface NamedMessage {
  readonly entry: Entry;
  readonly network: Digest;
  readonly body: Uint8Array;
  readonly authorisation: Uint8Array;
  /** Body of the spawn of the entry's process. */
  readonly spawn: Uint8Array | null;
}

/** Codes of an authorisation that is wrong for ever: others may be of a later version, or of bytes that are away. */
const finalCodes: readonly ProtocolErrorCode[] = [
  ...(["CODEC_MALFORMED", "CODEC_NOT_CANONICAL", "OWNER_MISMATCH"] as const),
  ...(["BUNDLE_PATH_INVALID", "PROVENANCE_SOURCE", "PROVENANCE_RESULT"] as const),
  ...(["PROVENANCE_PATH", "PROVENANCE_ANCHOR", "ATTESTATION_INVALID"] as const),
  ...(["EVIDENCE_EMPTY", "EVIDENCE_QUORUM", "EVIDENCE_UNTRUSTED"] as const),
];
const signatureKinds: readonly (number | null)[] = [kinds.signature, kinds.bundleMember];

/** The final code that a check throws; null where it passes, or throws one that convicts nobody. */
function finalCodeOf(check: () => ProtocolErrorCode | null): ProtocolErrorCode | null {
  try {
    return check();
  } catch (error) {
    if (error instanceof ProtocolError && finalCodes.includes(error.code)) return error.code;
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function authorisationFault(
  named: NamedMessage,
  body: Body,
  signatures: Signatures,
): ProtocolErrorCode | null {
  const { authorisation, network, entry } = named;
  const kind = kindOf(authorisation);
  decodeCanonical(authorisation, authorisationBytesMax);
  const { owner } = body;
  const isProcess = owner.kind === ownerKinds.process;
  if (signatureKinds.includes(kind) && kind !== null) {
    if (isProcess) return "AUTHORISATION_KIND";
    const claim = signatureClaimOf(authorisation, kind, { network, owner, id: entry.messageId });
    return signatures.claim(claim) ? null : "SIGNATURE_INVALID";
  }
  if (kind !== kinds.provenance) return null;
  if (!isProcess) return "AUTHORISATION_KIND";
  const target = entry.slot === 0 ? spawnTermsOf(body) : targetOf(named);
  const message = { body, bodyBytes: named.body };
  // What shows a sender to be proven lies beside the log: that it is not here convicts nobody.
  const { claims } = checkProvenance(authorisation, message, target, () => true);
  return claims.every(signatures.claim) ? null : "SIGNATURE_INVALID";
}

function targetOf({ spawn, entry }: NamedMessage): ReturnType<typeof termsOfSpawn> {
  if (spawn === null || !equalBytes(messageIdOf(spawn), entry.process)) {
    throw unshown("the spawn of the process");
  }
  return termsOfSpawn(spawn);
}

/** What is wrong for ever with the message that an entry names; null where nothing is, or may be not. */
export function messageFault(
  named: NamedMessage,
  signatures: Signatures,
): ProtocolErrorCode | null {
  return finalCodeOf(() => {
    decodeCanonical(named.body, bodyBytesMax);
    const body = bodyRecord.decode(named.body);
    const { entry, network } = named;
    if (!equalBytes(body.network, network)) return "NETWORK_MISMATCH";
    const goesHere = equalBytes(body.target ?? entry.messageId, entry.process);
    if (!goesHere || (body.target === null) !== (entry.slot === 0)) return "ENTRY_MESSAGE";
    if (body.notAfter !== 0 && entry.timestamp > body.notAfter) return "EXPIRED";
    return authorisationFault(named, body, signatures);
  });
}

const wrongMessage: EvidenceJudge = (parts, signatures) => {
  if (parts.length !== 4 && parts.length !== 5) throw unshown("four or five parts");
  const [leaf, receipt, body, authorisation, spawn] = parts as [
    ...[Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array | undefined],
  ];
  const { entry, owner } = boundEntry(leaf, receipt, signatures);
  if (!equalBytes(messageIdOf(body), entry.messageId)) throw unshown("the entry's message");
  if (!equalBytes(authorisationHashOf(authorisation), entry.authorisationHash)) {
    throw unshown("the entry's authorisation");
  }
  const { network, scheduler } = owner;
  const named = { entry, network, body, authorisation, spawn: spawn ?? null };
  const fault = messageFault(named, signatures);
  if (fault === null) throw unshown("a message that is wrong for ever");
  const detail = `slot ${entry.slot} of ${idText(entry.process)} has a message that is not good: ${fault}`;
  return { scheduler, code: "E7", detail };
};

const foreignProcess: EvidenceJudge = (parts, signatures) => {
  const [leaf, receipt, spawn] = partsOf(parts, 3) as [Uint8Array, Uint8Array, Uint8Array];
  const { entry, owner } = boundEntry(leaf, receipt, signatures);
  if (!equalBytes(messageIdOf(spawn), entry.process)) throw unshown("the spawn of the process");
  const named = termsOfSpawn(spawn).scheduler;
  if (equalBytes(named, owner.scheduler)) throw unshown("a process of another scheduler");
  const process = idText(entry.process);
  const detail = `slot ${entry.slot} of ${process} is for ${idText(named)} to give`;
  return { scheduler: owner.scheduler, code: "E8", detail };
};

/** By type of evidence. */
export const messageJudges: readonly (readonly [number, EvidenceJudge])[] = [
  [evidenceTypes.wrongMessage, wrongMessage],
  [evidenceTypes.foreignProcess, foreignProcess],
];
