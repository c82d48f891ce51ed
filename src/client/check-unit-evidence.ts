/**
 * Judges evidence against a compute unit (spec/16-evidence.md §2): what it has attested cannot be so. It
 * names the unit that the file convicts, or says what it does not show; nothing but the file is needed.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { referenceSignatures, type Signatures } from "../log/signatures.ts";
import { attestationClaim, attestationRecord } from "../protocol/attestation.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { contentIdOf, type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import { receiptRecord } from "../protocol/receipt.ts";
import { exits, type Result, resultRecord } from "../protocol/result.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";
import { type UnitEvidence, unitEvidenceTypes } from "../protocol/unit-evidence.ts";
import { genesisRoot } from "../zkvm/genesis-root.ts";
import { verifyReceipt } from "./verify-receipt.ts";

/** Which unit lied, and how. */
export interface UnitConviction {
  readonly unit: Digest;
  readonly code: "A1" | "A2" | "A3";
  /** For people. */
  readonly detail: string;
}

interface Attested {
  readonly unit: Digest;
  readonly result: Result;
  readonly bytes: Uint8Array;
}

function unshown(expected: string): ProtocolError {
  return new ProtocolError("EVIDENCE_INVALID", { expected });
}

function attestedOf(bytes: Uint8Array, attestation: Uint8Array, signatures: Signatures): Attested {
  const read = attestationRecord.decode(attestation);
  if (!signatures.claim(attestationClaim(read, bytes))) {
    throw new ProtocolError("ATTESTATION_INVALID", { expected: "the unit's signature" });
  }
  return { unit: read.unit, result: resultRecord.decode(bytes), bytes };
}

/** The conviction that the file comes to. Throws a code where it convicts nobody. */
export function checkUnitEvidence(
  { type, parts }: UnitEvidence,
  signatures: Signatures = referenceSignatures,
): UnitConviction {
  const [result, attestation, third, fourth] = parts;
  if (result === undefined || attestation === undefined || third === undefined || parts.length > 4)
    throw unshown("three or four parts");
  const attested = attestedOf(result, attestation, signatures);
  if (type === unitEvidenceTypes.twoResults && fourth !== undefined) {
    return twoResults(attested, attestedOf(third, fourth, signatures));
  }
  if (type === unitEvidenceTypes.disproved && fourth === undefined) {
    return disproved(attested, third);
  }
  if (type === unitEvidenceTypes.wrongGenesis && fourth !== undefined) {
    return wrongGenesis(attested, third, fourth);
  }
  throw unshown("a known type with its parts");
}

function placeOf({ process, slot }: Result): string {
  return `slot ${slot} of ${idText(process)}`;
}

function checkSameEntry(one: Result, other: Result): void {
  const isSame =
    equalBytes(one.process, other.process) && equalBytes(one.entryHash, other.entryHash);
  if (!isSame) throw unshown("two results of one entry");
}

function twoResults(one: Attested, other: Attested): UnitConviction {
  if (!equalBytes(one.unit, other.unit)) throw unshown("results of one unit");
  checkSameEntry(one.result, other.result);
  if (equalBytes(one.bytes, other.bytes)) throw unshown("two results");
  const { unit, result } = one;
  return { unit, code: "A1", detail: `it attests two results of ${placeOf(result)}` };
}

function disproved({ unit, result, bytes }: Attested, receipt: Uint8Array): UnitConviction {
  const { levels } = verifyReceipt(receipt, {});
  if (!levels.includes("step-proven")) throw unshown("a receipt whose proof holds");
  const { result: proven, module } = receiptRecord.decode(receipt);
  const shown = resultRecord.decode(proven);
  checkSameEntry(result, shown);
  if (!equalBytes(result.preRoot, shown.preRoot)) throw unshown("one state before");
  if (equalBytes(bytes, proven)) throw unshown("another result than the proven one");
  // A process whose slot 0 failed fails in every slot, whatever a proof of that slot alone shows.
  const mayBeStillborn = result.slot > 0 && result.exit === exits.failed;
  if (mayBeStillborn && equalBytes(result.preRoot, genesisRoot(module))) {
    throw unshown("a process that is not stillborn");
  }
  const detail = `it attests another result of ${placeOf(result)} than is proven`;
  return { unit, code: "A2", detail };
}

function wrongGenesis(
  { unit, result }: Attested,
  spawn: Uint8Array,
  module: Uint8Array,
): UnitConviction {
  if (result.slot !== 0) throw unshown("a result of slot 0");
  if (!equalBytes(messageIdOf(spawn), result.process)) throw unshown("the spawn of the process");
  if (!equalBytes(contentIdOf(module), termsOfSpawn(spawn).module)) {
    throw unshown("the module of the process");
  }
  const root = genesisRoot(module);
  if (equalBytes(root, result.preRoot)) throw unshown("another root than the module's");
  const detail = `${placeOf(result)} begins from ${idText(root)}, not from ${idText(result.preRoot)}`;
  return { unit, code: "A3", detail };
}
