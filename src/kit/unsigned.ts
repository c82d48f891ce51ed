/**
 * Authorisations without signatures: of the right form and consistent in everything that the pure
 * checks look at, which is all that runs here. No unit takes them.
 *
 * @module
 */

import { utf8Bytes } from "../base/bytes.ts";
import { addressOf } from "../crypto/address.ts";
import { headPublicKeyBytes, headSignatureBytes } from "../crypto/head-key.ts";
import { leafHash, merklePaths } from "../crypto/merkle.ts";
import { algorithmMlDsa65 } from "../crypto/signature.ts";
import { attestationRecord } from "../protocol/attestation.ts";
import { signatureRecord } from "../protocol/authorisation.ts";
import type { Envelope } from "../protocol/envelope.ts";
import { headKeyRecord, originOf } from "../protocol/head-key.ts";
import type { Digest } from "../protocol/ids.ts";
import { bodyRecord } from "../protocol/message.ts";
import type { OutboxItem } from "../protocol/outbox.ts";
import { provenanceRecord } from "../protocol/provenance.ts";
import type { SourceReceipt } from "../protocol/source-receipt.ts";

const algorithm = algorithmMlDsa65;
const unsigned = new Uint8Array(0);

/** Somebody with an address and nothing to sign with. */
export interface Name {
  readonly address: Digest;
  readonly publicKey: Uint8Array;
}

/** The same name has the same address in every network and test. */
export function nameOf(text: string): Name {
  const publicKey = utf8Bytes(`nymcompute/kit ${text}`);
  return { address: addressOf(algorithm, publicKey), publicKey };
}

/** A person's authorisation. */
export function personal({ publicKey }: Name): Uint8Array {
  return signatureRecord.encode({ algorithm, publicKey, signature: unsigned });
}

/** A result with what is said to stand behind it. */
export interface UnsignedSource {
  readonly spawn: Uint8Array;
  /** The canonical entry that the result came of. */
  readonly entry: Uint8Array;
  readonly result: Uint8Array;
  readonly unit: Name;
  readonly scheduler: Name;
}

/** What a result sent, each with the way to it, attested by `unit` and under a head of `scheduler`. */
export function provenEnvelopes(
  source: UnsignedSource,
  outbox: readonly OutboxItem[],
): readonly Envelope[] {
  const { spawn, result, unit } = source;
  const receipt = receiptOf(source);
  const paths = merklePaths(outbox.map((item) => leafHash(item.bodyBytes)));
  const attestation = attestationRecord.encode({
    unit: unit.address,
    algorithm,
    publicKey: unit.publicKey,
    signature: unsigned,
    batchSize: 1,
    index: 0,
    path: [],
  });
  return outbox.map(({ bodyBytes, data }, index) => ({
    body: bodyBytes,
    data,
    authorisation: provenanceRecord.encode({
      spawn,
      result,
      index,
      path: paths[index] ?? [],
      attestations: [attestation],
      receipt,
    }),
  }));
}

/** A tree of two leaves: the head-key record and the entry. */
function receiptOf({ spawn, entry, scheduler }: UnsignedSource): SourceReceipt {
  const { address, publicKey } = scheduler;
  const headKey = headKeyRecord.encode({
    scheduler: address,
    algorithm,
    publicKey,
    origin: originOf(bodyRecord.decode(spawn).network, address),
    headKey: new Uint8Array(headPublicKeyBytes),
    signature: unsigned,
  });
  const signature = new Uint8Array(headSignatureBytes);
  const path = [leafHash(headKey)];
  return { entry, treeIndex: 1, path, size: 2, seconds: 0, signature, headKey };
}
