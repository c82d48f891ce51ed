/**
 * A scheduler that can lie: it has its keys, and signs whatever it is told to. It shows itself as a real
 * one does, through the log's formats and the log of each process.
 *
 * @module
 */

import type { LogSource } from "../../src/client/log-source.ts";
import { headKeyFromSeed } from "../../src/crypto/head-key.ts";
import { tileWidth } from "../../src/log/tiles.ts";
import { type Entry, entryRecord } from "../../src/protocol/entry.ts";
import type { LogItem, LogPage } from "../../src/protocol/envelope.ts";
import { type Digest, idText, messageIdOf } from "../../src/protocol/ids.ts";
import { EntryWriter } from "../../src/testing/honest-entries.ts";
import { type Composed, type TestSender, testIdentity } from "../../src/testing/sender.ts";
import { SignedLog, type SignedLogOptions } from "../../src/testing/signed-log.ts";

export const network: Digest = new Uint8Array(32).fill(5);
export const scheduler = testIdentity(2);
export const logOptions: SignedLogOptions = { network, scheduler };
export const otherKey = headKeyFromSeed(new Uint8Array(32).fill(8));

/** See the module comment. */
export class LyingScheduler {
  log: SignedLog = new SignedLog(logOptions);
  readonly writer: EntryWriter = new EntryWriter({
    ...{ network, scheduler: scheduler.address, owner: testIdentity(3) },
  });
  /** What the log of each process shows, by id. */
  readonly items = new Map<string, LogItem[]>();
  /** Instead of the newest head. */
  shown: Uint8Array | null = null;
  process: Digest = new Uint8Array(32);

  /** A log of one process with some messages. */
  static withMessages(count: number): LyingScheduler {
    const lying = new LyingScheduler();
    lying.process = lying.spawn();
    for (let i = 0; i < count; i++) lying.send();
    return lying;
  }

  get sender(): TestSender {
    return this.writer.sender;
  }

  /** Gives an item a place in the tree and in its process's log. */
  add(item: LogItem): number {
    const { process } = entryRecord.decode(item.entry);
    const key = idText(process);
    this.items.set(key, [...(this.items.get(key) ?? []), item]);
    return this.log.append(item.entry);
  }

  spawn(named: Digest = scheduler.address): Digest {
    const item = this.writer.place(this.writer.spawn(named));
    this.add(item);
    return messageIdOf(item.body);
  }

  /** A message to the process; answers its place in the tree. */
  send(changes: Partial<Entry> = {}, message?: Composed): number {
    const sent = message ?? this.sender.compose({ target: this.process });
    return this.add(this.writer.place(sent, changes));
  }

  /** Begins another history after so many leaves. */
  forkAt(kept: number): void {
    this.log = this.log.forked(logOptions, kept);
    const left = this.log.leaves.slice(1);
    this.writer.rewind(left);
    for (const [process, items] of this.items) {
      this.items.set(
        process,
        items.filter(({ entry }) => left.includes(entry)),
      );
    }
  }

  bound(at: number): readonly [Uint8Array, Uint8Array] {
    return [this.log.leaves[at] ?? new Uint8Array(), this.log.receipt(at)];
  }

  readonly source: LogSource = {
    url: "http://lying.test",
    checkpoint: async () => this.shown ?? this.log.head(),
    headKey: async () => this.log.headKey,
    tile: (place) => this.log.tile(place),
    leaves: async ({ index, width }) => {
      const from = index * tileWidth;
      return this.log.leaves.slice(from, from + width);
    },
  };

  readonly client = {
    log: async (
      process: Digest,
      { from = 0, limit = 256 }: { readonly from?: number; readonly limit?: number } = {},
    ): Promise<LogPage> => {
      const all = this.items.get(idText(process)) ?? [];
      return { process, items: all.slice(from, from + limit), next: all.length };
    },
  };
}
