/**
 * Signs the heads of a scheduler's log (spec/15-heads.md §3) and gives receipts under them. A head is
 * signed at once where the last is old, and otherwise as soon as it is: the signature, 5 ms, is shared
 * by all entries in between. Size and root are durable before the signature is made.
 *
 * @module
 */

import { equalBytes, utf8Bytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import type { HeadKey } from "../src/crypto/head-key.ts";
import { cosign, headText, type TreeHead } from "../src/log/head.ts";
import { formatNote, type NoteSignature } from "../src/log/signed-note.ts";
import { type TilePlace, tileAt } from "../src/log/tiles.ts";
import type { Logger } from "../src/node/logger.ts";
import type { HeadStore } from "../src/node/store/ports/head-store.ts";
import type { LogStore } from "../src/node/store/ports/log-store.ts";
import { Waiters } from "../src/node/waiters.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { headKeyRecord } from "../src/protocol/head-key.ts";
import type { Digest } from "../src/protocol/ids.ts";
import type { LogReceipt } from "../src/protocol/log-receipt.ts";
import { LogTree } from "./log-tree.ts";
import { NewerHead } from "./newer-head.ts";
import { type Published, SignedHeads } from "./signed-heads.ts";

/** Between two heads, at least. */
const headIntervalMs = 250;
/** After a store that failed, or where the store says that another instance leads. */
const retryMs = 1000;
/** Where there is nothing to sign, news ends the rest. */
const idleMs = 2000;
/** Between two looks at what the instance that leads has signed. */
const followMs = 250;
/** Between two looks at whether every entry is covered. */
const settledLookMs = 20;

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
  /** Told of every new head. */
  readonly onHead?: (head: Published) => void;
  /** While another instance leads: told of the process of every entry that that one made. */
  readonly onEntry?: (process: Digest) => void;
}

/** Made once: without a reason each abort makes an exception with a trace, ten microseconds a message. */
const grownReason = new Error("the log has grown");

export class HeadSigner {
  readonly #options: HeadSignerOptions;
  readonly #tree: LogTree;
  readonly #headKey: Uint8Array;
  readonly #origin: string;
  readonly #scheduler: Digest;
  readonly #waiters = new Waiters();
  readonly #stopping = new AbortController();
  readonly #heads: SignedHeads;
  /** The size of the newest head whose note is in the store. */
  #storedSize: number | null = null;
  readonly #newer: NewerHead;
  #news: AbortController = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: HeadSignerOptions, tree: LogTree, headKey: Uint8Array) {
    this.#options = options;
    this.#tree = tree;
    this.#heads = new SignedHeads(tree.tile);
    this.#newer = new NewerHead(options);
    this.#headKey = headKey;
    const { origin, scheduler } = headKeyRecord.decode(headKey);
    this.#origin = origin;
    this.#scheduler = scheduler;
  }

  /** Opens the log's tree. Nothing is signed before `start`. */
  static async open(options: HeadSignerOptions): Promise<HeadSigner> {
    const { heads, log, statement } = options;
    const headKey = await heads.headKey(statement);
    const signer = new HeadSigner(options, await LogTree.open({ log, heads, headKey }), headKey);
    await signer.#newer.look();
    const note = await heads.published();
    if (note !== null) signer.#storedSize = signer.#publish(note).signed.head.size;
    return signer;
  }

  /** Signs from now on, until `stop`. */
  start(): void {
    this.#running = this.#keep();
  }

  /** Told of a head under this log's key. */
  async overtaken(head: TreeHead): Promise<void> {
    await this.#newer.overtaken(head);
  }

  /** Told of the size of a head that somebody says to have seen. Throws `HEAD_WANTED` where it is above. */
  checkSeen(size: number): Promise<void> {
    return this.#newer.checkSeen(size);
  }

  /** Told of a head by anyone. Throws `HEAD_INVALID`. */
  shown(note: Uint8Array): Promise<void> {
    return this.#newer.shown(note, this.#headKey);
  }

  get isOvertaken(): boolean {
    return this.#newer.size !== null;
  }

  /** The epoch to sign and assign under. Throws `ROLLED_BACK`, or what the lease says. */
  epoch(): number {
    const { size } = this.#newer;
    if (size === null) return this.#options.epoch();
    throw new ProtocolError("ROLLED_BACK", { expected: size, got: this.#tree.size });
  }

  /** The newest signed head with its tree; null before the first. */
  get newest(): Published | null {
    return this.#heads.newest;
  }

  /** The newest signed head, a C2SP checkpoint; null before the first. */
  get checkpoint(): Uint8Array | null {
    return this.#heads.newest?.note ?? null;
  }

  /** The head-key record, leaf 0. */
  get headKey(): Uint8Array {
    return this.#headKey;
  }

  /** Entries that no head covers. Nought where this instance signs none. */
  async uncovered(): Promise<number> {
    if (this.#epoch() === null) return 0;
    return (await this.#options.log.treeSize()) - (this.#heads.newest?.signed.head.size ?? 0);
  }

  /** Resolves when a head covers every entry, or the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    this.grown();
    while (!signal.aborted && (await this.uncovered()) > 0) {
      await this.#options.clock.sleep(settledLookMs, signal).catch(() => undefined);
    }
  }

  /** Told that the log has grown. */
  grown(): void {
    this.#news.abort(grownReason);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#news.abort();
    await this.#running;
  }

  /** A tile of the newest signed head, or of one before it. Throws `TILE_UNKNOWN`. */
  tile(place: TilePlace): Promise<Uint8Array> {
    const size = this.#heads.newest?.signed.head.size ?? 0;
    const there = tileAt(place, size);
    if (there !== null && place.width <= there.width) return this.#tree.tile(place);
    const { level, index } = place;
    throw new ProtocolError("TILE_UNKNOWN", { level, index, expected: place.width });
  }

  /**
   * The receipt of an entry, waiting for a head that covers it and has so many cosignatures. Throws
   * `HEAD_PENDING`.
   */
  async receipt(
    treeIndex: number,
    wait: { readonly waitMs: number; readonly signal: AbortSignal; readonly cosignatures?: number },
  ): Promise<LogReceipt> {
    const { clock } = this.#options;
    const { cosignatures = 0 } = wait;
    const covering = await this.#waiters.until(this.#scheduler, clock, wait, () =>
      Promise.resolve(this.#heads.covering(treeIndex, cosignatures)),
    );
    if (covering === null) {
      const got = this.#heads.newest?.signed.head.size ?? 0;
      const expected = `a head above ${treeIndex} with ${cosignatures} cosignatures`;
      throw new ProtocolError("HEAD_PENDING", { expected, got });
    }
    const path = await covering.tree.inclusion(treeIndex);
    return { treeIndex, path, head: covering.note, headKey: this.#headKey };
  }

  /**
   * The newest head that `fits`, once it is above this leaf; after the wait whatever head fits, or null
   * where none does.
   */
  async headAbove(
    treeIndex: number,
    fits: (head: Published) => boolean,
    wait: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<Published | null> {
    const newest = () => this.#heads.newestFirst().find(fits) ?? null;
    const { clock } = this.#options;
    const covering = await this.#waiters.until(this.#scheduler, clock, wait, () => {
      const found = newest();
      return Promise.resolve(found !== null && treeIndex < found.signed.head.size ? found : null);
    });
    return covering ?? newest();
  }

  #publish(note: Uint8Array): Published {
    const published = this.#heads.publish(note);
    this.#waiters.wake(this.#scheduler);
    return published;
  }

  /** Adds a cosignature, which holds, to a head that was signed lately; to one before it is of no use. */
  async cosigned(size: number, line: NoteSignature): Promise<void> {
    const cosigned = this.#heads.cosign(size, line);
    if (cosigned === null) return;
    this.#waiters.wake(this.#scheduler);
    // The store has the newest head alone: another instance begins with that.
    if (cosigned === this.#heads.newest) await this.#store(cosigned);
  }

  async #store({ note, signed }: Published): Promise<void> {
    const { size } = signed.head;
    await this.#options.heads.publish(size, note);
    this.#storedSize = size;
  }

  async #keep(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const news = new AbortController();
      this.#news = news;
      const began = clock.monotonic();
      const epoch = this.#epoch();
      const work = epoch === null ? this.#follow() : this.#sign(epoch);
      const pause = await work.catch((error: unknown) => {
        logger?.warn("no head was signed", { reason: String(error) });
        return retryMs;
      });
      if (pause === null) await clock.sleep(idleMs, news.signal).catch(() => undefined);
      const rest = began + (pause ?? headIntervalMs) - clock.monotonic();
      if (rest > 0) await clock.sleep(rest, signal).catch(() => undefined);
    }
  }

  /** Signs what the log has more. Answers how long to rest: null where there is nothing to sign. */
  async #sign(epoch: number): Promise<number | null> {
    const { heads, key, clock } = this.#options;
    const tiles = await this.#tree.grow();
    const head = { origin: this.#origin, size: this.#tree.size, root: this.#tree.root() };
    const { newest } = this.#heads;
    if (newest !== null && head.size === newest.signed.head.size) {
      // Shown, and not stored: the other instance serves what the store has.
      if (this.#storedSize !== head.size) await this.#store(newest);
      return null;
    }
    const saved = [...tiles];
    // Where a later instance goes on with the tree, this one signs no more.
    if (!(await heads.advance({ epoch, size: head.size, root: head.root }, saved))) return retryMs;
    this.#tree.saved(saved);
    // It may have stood still since: another instance goes on from what was written.
    if (this.#epoch() !== epoch) return 0;
    const seconds = Math.floor(clock.now() / 1000);
    const signature = cosign(head, { name: this.#origin, key, seconds });
    const note = utf8Bytes(formatNote({ text: headText(head), signatures: [signature] }));
    // Size and root are durable, which is what counts: the same head would be signed once more.
    const published = this.#publish(note);
    this.#options.onHead?.(published);
    await this.#store(published);
    return headIntervalMs;
  }

  /** Keeps up with the log and the heads of the instance that leads, so that this one serves them. */
  async #follow(): Promise<number> {
    const { heads, onEntry } = this.#options;
    await this.#newer.look();
    const note = await heads.published();
    const state = await heads.state();
    await this.#tree.grow(({ process }) => onEntry?.(process));
    this.#tree.savedUpTo(state?.size ?? 0);
    const known = this.#heads.newest?.note;
    if (note !== null && (known === undefined || !equalBytes(note, known))) {
      this.#storedSize = this.#publish(note).signed.head.size;
    }
    return followMs;
  }

  #epoch(): number | null {
    try {
      return this.epoch();
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }
}
