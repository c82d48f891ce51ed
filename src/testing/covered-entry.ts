/**
 * Entries under a head, for tests of what carries a receipt: a log of two leaves, the head-key record and
 * the entry, signed by a scheduler that a test has the keys of.
 *
 * @module
 */

import { cosignedBytes, type HeadKey, headKeyFromSeed } from "../crypto/head-key.ts";
import { type Identity, identityFromSeed } from "../crypto/identity.ts";
import { leafHash, nodeHash } from "../crypto/merkle.ts";
import { type Entry, entryRecord } from "../protocol/entry.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../protocol/head-key.ts";
import type { Digest } from "../protocol/ids.ts";
import type { SourceReceipt } from "../protocol/source-receipt.ts";

/** A scheduler with both its keys. */
export interface TestScheduler {
  readonly identity: Identity;
  readonly headKey: HeadKey;
}

/** The scheduler of the seed that consists of one byte, repeated. */
export function testScheduler(byte: number): TestScheduler {
  const seed = new Uint8Array(32).fill(byte);
  return { identity: identityFromSeed(seed), headKey: headKeyFromSeed(seed) };
}

/** The canonical entry of a slot; what a test does not care for is the same in all of them. */
export function entryOf(
  parts: Pick<Entry, "process" | "slot" | "messageId"> & Partial<Entry>,
): Uint8Array {
  const previous = parts.slot === 0 ? null : new Uint8Array(32);
  const authorisationHash = new Uint8Array(32);
  return entryRecord.encode({ authorisationHash, timestamp: 1, epoch: 0, previous, ...parts });
}

/** The receipt of an entry under a head of this scheduler, as a provenance carries it. */
export function coveredBy(
  { identity, headKey: key }: TestScheduler,
  entry: Uint8Array,
  network: Digest,
): SourceReceipt {
  const origin = originOf(network, identity.address);
  const statement = stateHeadKey(identity, { origin, headKey: key.publicKey });
  const headKey = headKeyRecord.encode(statement);
  const root = nodeHash(leafHash(headKey), leafHash(entry));
  const [seconds, size] = [1_700_000_000, 2];
  const signature = key.sign(cosignedBytes({ name: origin, seconds, origin, size, root }));
  return { entry, treeIndex: 1, path: [leafHash(headKey)], size, seconds, signature, headKey };
}
