/**
 * Whether a scheduler's store is an old copy (spec/15-heads.md §3): a head under its own key that the log, to
 * which another instance may have written, has not reached. From then on, whichever instance leads and however
 * often it starts, nothing is signed or assigned, because it would be another history.
 *
 * @module
 */

import { cosignedAt, parseHead, type TreeHead } from "../src/log/head.ts";
import type { Logger } from "../src/node/logger.ts";
import type { HeadStore } from "../src/node/store/ports/head-store.ts";
import type { LogStore } from "../src/node/store/ports/log-store.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { headKeyRecord } from "../src/protocol/head-key.ts";

interface Sources {
  readonly log: LogStore;
  readonly heads: HeadStore;
  readonly logger?: Logger;
}

export class NewerHead {
  readonly #sources: Sources;
  #size: number | null = null;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** The size of a head that was signed under this key and is not in this store; null where none is known. */
  get size(): number | null {
    return this.#size;
  }

  /** Looks whether another instance has met one. */
  async look(): Promise<void> {
    this.#size ??= await this.#sources.heads.newer();
  }

  /** Told of a head under the log's key. */
  async overtaken({ size }: TreeHead): Promise<void> {
    const { log, heads, logger } = this.#sources;
    if (this.#size !== null || size <= (await log.treeSize())) return;
    if (!(await heads.overtaken(size))) return;
    this.#size = size;
    const fields = { signed: size, here: await log.treeSize() };
    logger?.error("this store is older than what was signed: it serves reads", fields);
  }

  /** Told of the size of a head that somebody says to have seen. Throws `HEAD_WANTED` where it is above. */
  async checkSeen(size: number): Promise<void> {
    if (size === 0 || this.#size !== null) return;
    const here = await this.#sources.log.treeSize();
    if (size > here) throw new ProtocolError("HEAD_WANTED", { expected: here, got: size });
  }

  /** Told of a head by anyone: looked at only where it is above the log. Throws `HEAD_INVALID`. */
  async shown(note: Uint8Array, headKey: Uint8Array): Promise<void> {
    const signed = parseHead(note);
    const { head } = signed;
    if (this.#size !== null || head.size <= (await this.#sources.log.treeSize())) return;
    const { origin: name, headKey: publicKey } = headKeyRecord.decode(headKey);
    const isOwn = head.origin === name;
    if (!isOwn || cosignedAt(signed, { name, publicKey }) === null) {
      throw new ProtocolError("HEAD_INVALID", { expected: name, got: head.origin });
    }
    await this.overtaken(head);
  }
}
