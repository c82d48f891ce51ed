/**
 * What travels to a unit (spec/04-messages.md §5): a message with its authorisation and data; a
 * bundle of messages under one signature; a batch of envelopes from a messenger to a scheduler; a
 * page of a log. Bodies and authorisations are carried as the bytes that are hashed.
 *
 * @module
 */

import { leafHash, merklePaths } from "../crypto/merkle.ts";
import { publicKeyBytesMax, signatureBytesMax } from "./attestation.ts";
import type { SignatureAuthorisation } from "./authorisation.ts";
import { type BundleAuthorisation, bundleMemberRecord, signatureRecord } from "./authorisation.ts";
import { type Digest, messageIdOf } from "./ids.ts";
import { kinds } from "./kinds.ts";
import {
  authorisationBytesMax,
  batchBytesMax,
  batchEnvelopesMax,
  bodyBytesMax,
  bundleBytesMax,
  bundleMessagesMax,
  dataBytesMax,
  envelopeBytesMax,
  logPageEntriesMax,
} from "./limits.ts";
import { bytes, digest, list, nullable, type RecordType, record, struct, uint } from "./record.ts";

/** One message as it travels. */
export interface Envelope {
  readonly body: Uint8Array;
  readonly authorisation: Uint8Array;
  readonly data: Uint8Array | null;
}

const dataField = nullable(bytes(dataBytesMax));

const envelopeFields = {
  body: bytes(bodyBytesMax),
  authorisation: bytes(authorisationBytesMax),
  data: dataField,
};

/** Kind 10. */
export const envelopeRecord: RecordType<Envelope> = record<Envelope>(
  { name: "envelope", kind: kinds.envelope, bytesMax: envelopeBytesMax },
  envelopeFields,
);

/** Many messages under one signature, as a client sends them. */
export interface Bundle extends SignatureAuthorisation {
  readonly messages: readonly { readonly body: Uint8Array; readonly data: Uint8Array | null }[];
}

/** Kind 11. */
export const bundleRecord: RecordType<Bundle> = record<Bundle>(
  { name: "bundle", kind: kinds.bundle, bytesMax: bundleBytesMax },
  {
    algorithm: uint(255),
    publicKey: bytes(publicKeyBytesMax),
    signature: bytes(signatureBytesMax),
    messages: list(
      struct<Bundle["messages"][number]>({ body: bytes(bodyBytesMax), data: dataField }),
      bundleMessagesMax,
    ),
  },
);

/** Takes a bundle apart: one envelope a message, each with its path under the common signature. */
export function envelopesOf(bundle: Bundle): readonly Envelope[] {
  const { algorithm, publicKey, signature, messages } = bundle;
  const paths = merklePaths(messages.map((message) => leafHash(messageIdOf(message.body))));
  return messages.map(({ body, data }, index) => {
    const member: BundleAuthorisation = {
      algorithm,
      publicKey,
      signature,
      count: messages.length,
      index,
      path: paths[index] ?? [],
    };
    return { body, authorisation: bundleMemberRecord.encode(member), data };
  });
}

/** An envelope of a body that a key signed. */
export function signedEnvelope(parts: {
  readonly body: Uint8Array;
  readonly data: Uint8Array | null;
  readonly authorisation: SignatureAuthorisation;
}): Envelope {
  const { body, data, authorisation } = parts;
  return { body, authorisation: signatureRecord.encode(authorisation), data };
}

/** Envelopes that a messenger hands to a scheduler in one request. */
export interface Batch {
  readonly envelopes: readonly Envelope[];
}

/** Kind 12. */
export const batchRecord: RecordType<Batch> = record<Batch>(
  { name: "batch", kind: kinds.batch, bytesMax: batchBytesMax },
  { envelopes: list(struct<Envelope>(envelopeFields), batchEnvelopesMax) },
);

/** An entry with all that it commits to. */
export interface LogItem extends Envelope {
  readonly entry: Uint8Array;
}

/** Entries of one process in order. */
export interface LogPage {
  readonly process: Digest;
  readonly items: readonly LogItem[];
  /** The slot that the log will fill next: one more than its newest. */
  readonly next: number;
}

/** Kind 13. */
export const logPageRecord: RecordType<LogPage> = record<LogPage>(
  { name: "logPage", kind: kinds.logPage, bytesMax: 64 * 1024 * 1024 },
  {
    process: digest,
    items: list(struct<LogItem>({ entry: bytes(512), ...envelopeFields }), logPageEntriesMax),
    next: uint(),
  },
);
