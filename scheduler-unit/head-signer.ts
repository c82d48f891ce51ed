/**
 * Signs the heads of a scheduler's log (spec/15-heads.md §3) and gives receipts under them. A head is
 * signed at once where the last is old, and otherwise as soon as it is: the signature, 5 ms, is shared
 * by all entries in between. Size and root are durable before the signature is made.
 *
 * @module
 */

import { utf8Bytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import type { HeadKey } from "../src/crypto/head-key.ts";
import { cosign, headText, parseHead, type SignedHead } from "../src/log/head.ts";
import { formatNote } from "../src/log/signed-note.ts";
import { type TilePlace, tileAt } from "../src/log/tiles.ts";
import { TiledTree } from "../src/log/tree-proofs.ts";
import type { Logger } from "../src/node/logger.ts";
import type { HeadStore } from "../src/node/store/ports/head-store.ts";
import type { LogStore } from "../src/node/store/ports/log-store.ts";
import { Waiters } from "../src/node/waiters.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { headKeyRecord } from "../src/protocol/head-key.ts";
import type { Digest } from "../src/protocol/ids.ts";
import type { LogReceipt } from "../src/protocol/log-receipt.ts";
import { LogTree } from "./log-tree.ts";

/** Between two heads, at least. */
const headIntervalMs = 250;
/** After a store that failed, or while another instance leads. */
const retryMs = 1000;

export interface HeadSignerOptions {
  readonly log: LogStore;
  readonly heads: HeadStore;
  readonly key: HeadKey;
  /** Canonical head-key record: the first that is ever given is kept as leaf 0. */
  readonly statement: Uint8Array;
  readonly clock: Clock;
  /** The epoch of the lease that is held; throws where none is. */
  readonly epoch: () => number;
  readonly logger?: Logger;
}

/** A head that was signed, and the tree that it is the head of. */
interface Published {
  readonly note: Uint8Array;
  readonly signed: SignedHead;
  readonly tree: TiledTree;
}

export class HeadSigner {
  readonly #options: HeadSignerOptions;
  readonly #tree: LogTree;
  readonly #headKey: Uint8Array;
  readonly #origin: string;
  readonly #scheduler: Digest;
  readonly #waiters = new Waiters();
  readonly #stopping = new AbortController();
  #published: Published | null = null;
  #news: AbortController = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: HeadSignerOptions, tree: LogTree, headKey: Uint8Array) {
    this.#options = options;
    this.#tree = tree;
    this.#headKey = headKey;
    const { origin, scheduler } = headKeyRecord.decode(headKey);
    this.#origin = origin;
    this.#scheduler = scheduler;
  }

  /** Opens the log's tree, and signs from then on until `stop`. */
  static async start(options: HeadSignerOptions): Promise<HeadSigner> {
    const { heads, log, statement } = options;
    const headKey = await heads.headKey(statement);
    const signer = new HeadSigner(options, await LogTree.open({ log, heads, headKey }), headKey);
    const note = await heads.published();
    if (note !== null) signer.#publish(note);
    signer.#running = signer.#keep();
    return signer;
  }

  /** The newest signed head, a C2SP checkpoint; null before the first. */
  get checkpoint(): Uint8Array | null {
    return this.#published?.note ?? null;
  }

  /** The head-key record, leaf 0. */
  get headKey(): Uint8Array {
    return this.#headKey;
  }

  /** Told that the log has grown. */
  grown(): void {
    this.#news.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#news.abort();
    await this.#running;
  }

  /** A tile of the newest signed head, or of one before it. Throws `TILE_UNKNOWN`. */
  tile(place: TilePlace): Promise<Uint8Array> {
    const size = this.#published?.signed.head.size ?? 0;
    const there = tileAt(place, size);
    if (there !== null && place.width <= there.width) return this.#tree.tile(place);
    const { level, index } = place;
    throw new ProtocolError("TILE_UNKNOWN", { level, index, expected: place.width });
  }

  /** The receipt of an entry, waiting for a head that covers it. Throws `HEAD_PENDING`. */
  async receipt(
    treeIndex: number,
    wait: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<LogReceipt> {
    const { clock } = this.#options;
    const covering = await this.#waiters.until(this.#scheduler, clock, wait, () =>
      Promise.resolve(this.#covering(treeIndex)),
    );
    if (covering === null) {
      const got = this.#published?.signed.head.size ?? 0;
      throw new ProtocolError("HEAD_PENDING", { expected: `a head above ${treeIndex}`, got });
    }
    const path = await covering.tree.inclusion(treeIndex);
    return { treeIndex, path, head: covering.note, headKey: this.#headKey };
  }

  #covering(treeIndex: number): Published | null {
    const published = this.#published;
    return published !== null && treeIndex < published.signed.head.size ? published : null;
  }

  #publish(note: Uint8Array): void {
    const signed = parseHead(note);
    this.#published = { note, signed, tree: new TiledTree(signed.head.size, this.#tree.tile) };
    this.#waiters.wake(this.#scheduler);
  }

  async #keep(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const news = new AbortController();
      this.#news = news;
      const began = clock.monotonic();
      const pause = await this.#sign().catch((error: unknown) => {
        logger?.warn("no head was signed", { reason: String(error) });
        return retryMs;
      });
      if (pause === null) await clock.sleep(60_000, news.signal).catch(() => undefined);
      const rest = began + (pause ?? headIntervalMs) - clock.monotonic();
      if (rest > 0) await clock.sleep(rest, signal).catch(() => undefined);
    }
  }

  /** Signs what the log has more. Answers how long to rest: null where there is nothing to sign. */
  async #sign(): Promise<number | null> {
    const { heads, key, clock } = this.#options;
    const epoch = this.#epoch();
    if (epoch === null) return retryMs;
    const tiles = await this.#tree.grow();
    const head = { origin: this.#origin, size: this.#tree.size, root: this.#tree.root() };
    if (head.size === this.#published?.signed.head.size) return null;
    const saved = [...tiles];
    // Where a later instance goes on with the tree, this one signs no more.
    if (!(await heads.advance({ epoch, size: head.size, root: head.root }, saved))) return retryMs;
    this.#tree.saved(saved);
    const seconds = Math.floor(clock.now() / 1000);
    const signature = cosign(head, { name: this.#origin, key, seconds });
    const note = utf8Bytes(formatNote({ text: headText(head), signatures: [signature] }));
    await heads.publish(head.size, note);
    this.#publish(note);
    return headIntervalMs;
  }

  #epoch(): number | null {
    try {
      return this.#options.epoch();
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }
}
