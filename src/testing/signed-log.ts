/**
 * A scheduler's log with its keys, for tests: whatever leaves it is given, it signs heads of them and
 * gives receipts, so that it can lie as a scheduler could. Honest as long as it is given honest leaves.
 *
 * @module
 */

import { concatBytes, utf8Bytes } from "../base/bytes.ts";
import { type HeadKey, headKeyFromSeed } from "../crypto/head-key.ts";
import type { Identity } from "../crypto/identity.ts";
import { leafHash, merklePath, merkleRoot } from "../crypto/merkle.ts";
import { cosign, headText } from "../log/head.ts";
import { formatNote } from "../log/signed-note.ts";
import type { TilePlace } from "../log/tiles.ts";
import { headKeyRecord, originOf, stateHeadKey } from "../protocol/head-key.ts";
import type { Digest } from "../protocol/ids.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";

export interface SignedLogOptions {
  readonly network: Digest;
  readonly scheduler: Identity;
  readonly key?: HeadKey;
  /** Leaf 0, where it is not the log's own record. */
  readonly headKey?: Uint8Array;
}

export class SignedLog {
  readonly origin: string;
  readonly headKey: Uint8Array;
  readonly leaves: Uint8Array[];
  readonly #key: HeadKey;
  #seconds = 1_700_000_000;

  constructor({ network, scheduler, key, headKey }: SignedLogOptions) {
    this.#key = key ?? headKeyFromSeed(new Uint8Array(32).fill(7));
    this.origin = originOf(network, scheduler.address);
    const log = { origin: this.origin, headKey: this.#key.publicKey };
    this.headKey = headKey ?? headKeyRecord.encode(stateHeadKey(scheduler, log));
    this.leaves = [this.headKey];
  }

  /** Another history of the same log: its first leaves, and then others. */
  forked(options: SignedLogOptions, kept: number): SignedLog {
    const other = new SignedLog({ ...options, key: this.#key, headKey: this.headKey });
    other.leaves.push(...this.leaves.slice(1, kept));
    return other;
  }

  /** Adds a leaf. Answers its place. */
  append(leaf: Uint8Array): number {
    this.leaves.push(leaf);
    return this.leaves.length - 1;
  }

  #hashes(size: number): readonly Uint8Array[] {
    return this.leaves.slice(0, size).map(leafHash);
  }

  /** A head, each time under a signature of its own. */
  head(size: number = this.leaves.length, origin: string = this.origin): Uint8Array {
    this.#seconds++;
    const head = { origin, size, root: merkleRoot(this.#hashes(size)) };
    const signer = { name: this.origin, key: this.#key, seconds: this.#seconds };
    return utf8Bytes(formatNote({ text: headText(head), signatures: [cosign(head, signer)] }));
  }

  /** The receipt of a leaf. */
  receipt(treeIndex: number, size: number = this.leaves.length): Uint8Array {
    return logReceiptRecord.encode({
      treeIndex,
      path: merklePath(this.#hashes(size), treeIndex),
      head: this.head(size),
      headKey: this.headKey,
    });
  }

  /** A tile over the leaves as they are. */
  readonly tile = async ({ level, index, width }: TilePlace): Promise<Uint8Array> => {
    const each = 256 ** level;
    const hashes = Array.from({ length: width }, (_, i) => {
      const from = (256 * index + i) * each;
      return merkleRoot(this.leaves.slice(from, from + each).map(leafHash));
    });
    return concatBytes(...hashes);
  };
}
