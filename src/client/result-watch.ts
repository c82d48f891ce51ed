/**
 * What whoever meets attested results does with them (spec/16-evidence.md §3): holds each against those of
 * the same unit that came before, against proofs, and against the module. Nothing is a lie here that
 * its judge does not convict of.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { referenceSignatures, type Signatures } from "../log/signatures.ts";
import { attestationRecord } from "../protocol/attestation.ts";
import { checked } from "../protocol/errors.ts";
import { idText } from "../protocol/ids.ts";
import { resultRecord } from "../protocol/result.ts";
import {
  type UnitEvidence,
  unitEvidenceRecord,
  unitEvidenceTypes,
} from "../protocol/unit-evidence.ts";
import { checkUnitEvidence, type UnitConviction } from "./check-unit-evidence.ts";

/** A canonical result and a canonical attestation of it. */
export interface AttestedBytes {
  readonly result: Uint8Array;
  readonly attestation: Uint8Array;
}

/** Evidence that convicts. */
export interface UnitAccusation {
  readonly conviction: UnitConviction;
  /** The file. */
  readonly file: Uint8Array;
}

/** Results that are kept; of more the oldest are forgotten. */
const keptMax = 4096;

export class ResultWatch {
  readonly #signatures: Signatures;
  readonly #seen = new Map<string, AttestedBytes>();

  constructor(signatures: Signatures = referenceSignatures) {
    this.#signatures = signatures;
  }

  /** Takes what a unit says of an entry. */
  take(attested: AttestedBytes): UnitAccusation | null {
    const read = checked(() => {
      const { process, entryHash } = resultRecord.decode(attested.result);
      const { unit } = attestationRecord.decode(attested.attestation);
      return [unit, process, entryHash].map(idText).join(" ");
    });
    if (!read.ok) return null;
    const known = this.#seen.get(read.value);
    if (known !== undefined) {
      // It says again what it said, under whatever signature.
      if (equalBytes(known.result, attested.result)) return null;
      const parts = [known.result, known.attestation, attested.result, attested.attestation];
      return this.#accuse({ type: unitEvidenceTypes.twoResults, parts });
    }
    this.#seen.set(read.value, attested);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > keptMax && oldest !== undefined) this.#seen.delete(oldest);
    return null;
  }

  /** Takes a receipt whose proof may show another result of the same entry. */
  takeProof({ result, attestation }: AttestedBytes, receipt: Uint8Array): UnitAccusation | null {
    const parts = [result, attestation, receipt];
    return this.#accuse({ type: unitEvidenceTypes.disproved, parts });
  }

  /** Takes the spawn's body and the module of a process whose slot 0 it is. */
  takeGenesis(
    { result, attestation }: AttestedBytes,
    spawn: Uint8Array,
    module: Uint8Array,
  ): UnitAccusation | null {
    const parts = [result, attestation, spawn, module];
    return this.#accuse({ type: unitEvidenceTypes.wrongGenesis, parts });
  }

  #accuse(evidence: UnitEvidence): UnitAccusation | null {
    const verdict = checked(() => checkUnitEvidence(evidence, this.#signatures));
    if (!verdict.ok) return null;
    return { conviction: verdict.value, file: unitEvidenceRecord.encode(evidence) };
  }
}
