/**
 * A bundle taken apart (spec/04-messages.md §2, §5): its messages with the authorisation that follows
 * for each, and the one signature that must hold for all. Messenger and scheduler both do this; the
 * places under the signature are made here, so they need no check.
 *
 * @module
 */

import { concatBytes, equalBytes } from "../base/bytes.ts";
import { addressOf } from "../crypto/address.ts";
import { leafHash, merklePaths, rootOfPath } from "../crypto/merkle.ts";
import type { SignatureClaim } from "../crypto/signature.ts";
import { checkAlgorithm } from "./attestation.ts";
import { bundleTag } from "./authorisation.ts";
import { type ReadMessage, readMessage } from "./check.ts";
import { encodeCanonical } from "./codec.ts";
import type { Bundle, Envelope } from "./envelope.ts";
import { type Checked, checked, ProtocolError } from "./errors.ts";
import { type Digest, idText, messageIdOf } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { ownerKinds } from "./message.ts";

/** One message of a bundle. */
export interface BundleMember {
  readonly id: Digest;
  readonly envelope: Envelope;
}

/** See the module comment. */
export interface OpenedBundle {
  /** The address of the key that signed. */
  readonly owner: Digest;
  readonly members: readonly BundleMember[];
  /** With so many bytes every member's authorisation begins: key and signature. */
  readonly sharedBytes: number;
  /** The bundle is good if this holds. */
  readonly claim: SignatureClaim;
}

/** Array of eight fields, of which those of a bundleMember have the first five in common. */
const memberHead = 0x98;

/** Takes a bundle apart. Throws `REQUEST_INVALID` where it is empty, and `ALGORITHM_UNKNOWN`. */
export function openBundle(bundle: Bundle, network: Digest): OpenedBundle {
  const { algorithm, publicKey, signature, messages } = bundle;
  const ids = messages.map(({ body }) => messageIdOf(body));
  const leaves = ids.map(leafHash);
  const [first] = leaves;
  if (first === undefined) {
    throw new ProtocolError("REQUEST_INVALID", { expected: "messages", got: "none" });
  }
  checkAlgorithm(algorithm);
  const count = messages.length;
  const paths = merklePaths(leaves);
  // Always of the right length here: the tree was made of these leaves.
  const root = rootOfPath(first, { index: 0, count, siblings: paths[0] ?? [] }) ?? first;
  const shared = encodeCanonical([kinds.bundleMember, 1, algorithm, publicKey, signature]);
  shared[0] = memberHead;
  const members = messages.map(({ body, data }, index): BundleMember => {
    const place = [count, index, paths[index] ?? []].map(encodeCanonical);
    const authorisation = concatBytes(shared, ...place);
    return { id: ids[index] as Digest, envelope: { body, authorisation, data } };
  });
  const payload = encodeCanonical([network, count, root]);
  return {
    owner: addressOf(algorithm, publicKey),
    members,
    sharedBytes: shared.length,
    claim: { algorithm, publicKey, signature, tag: bundleTag, payload },
  };
}

/** Reads a member as `readMessage` does; a refusal is its own and touches no other. */
export function readMember(
  { id, envelope }: BundleMember,
  owner: Digest,
  network: Digest,
): Checked<ReadMessage> {
  return checked(() => {
    const read = readMessage(envelope, network, id);
    const from = read.body.owner;
    if (from.kind === ownerKinds.key && equalBytes(from.id, owner)) return read;
    const fields = { expected: idText(owner), got: idText(from.id) };
    throw new ProtocolError("OWNER_MISMATCH", fields);
  });
}
