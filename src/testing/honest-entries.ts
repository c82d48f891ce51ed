/**
 * Honest entries for tests of evidence: two processes of one scheduler, their messages signed and placed
 * as a scheduler would, and everything that can be changed about one of them.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import type { Identity } from "../crypto/identity.ts";
import { type Entry, entryHashOf, entryRecord } from "../protocol/entry.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { authorisationHashOf, type Digest, messageIdOf } from "../protocol/ids.ts";
import { bodyRecord } from "../protocol/message.ts";
import { type Composed, TestSender } from "./sender.ts";

/** Who takes part. */
export interface EntryAuthors {
  readonly network: Digest;
  readonly scheduler: Digest;
  readonly owner: Identity;
  readonly compute?: readonly Digest[];
}

export class EntryWriter {
  readonly sender: TestSender;
  readonly #authors: EntryAuthors;
  readonly #tips = new Map<string, { readonly entry: Entry; readonly bytes: Uint8Array }>();
  #now = 1_700_000_000_000;

  constructor(authors: EntryAuthors) {
    this.#authors = authors;
    const { owner, network } = authors;
    this.sender = new TestSender({ identity: owner, network, clock: systemClock });
  }

  /** A spawn's message; another one each time. */
  spawn(scheduler: Digest = this.#authors.scheduler): Composed {
    const { compute = [] } = this.#authors;
    return this.sender.spawn({ module: new Uint8Array(32).fill(3), scheduler, compute });
  }

  /** The next entry of a message's process; `changes` are the lies. */
  place(message: Composed, changes: Partial<Entry> = {}): LogItem {
    const { target } = bodyRecord.decode(message.body);
    const messageId = messageIdOf(message.body);
    const process = changes.process ?? target ?? messageId;
    const key = Buffer.from(process).toString("hex");
    const tip = this.#tips.get(key);
    this.#now += 10;
    const entry: Entry = {
      process,
      slot: tip === undefined ? 0 : tip.entry.slot + 1,
      messageId,
      authorisationHash: authorisationHashOf(message.authorisation),
      timestamp: this.#now,
      epoch: 1,
      previous: tip === undefined ? null : entryHashOf(tip.bytes),
      ...changes,
    };
    const bytes = entryRecord.encode(entry);
    this.#tips.set(key, { entry, bytes });
    return { entry: bytes, ...message };
  }

  /** Goes on from these entries and forgets all others. */
  rewind(entries: readonly Uint8Array[]): void {
    this.#tips.clear();
    for (const bytes of entries) {
      const entry = entryRecord.decode(bytes);
      this.#tips.set(Buffer.from(entry.process).toString("hex"), { entry, bytes });
    }
  }

  /** A message to a process, placed. */
  send(process: Digest, changes: Partial<Entry> = {}): LogItem {
    return this.place(this.sender.compose({ target: process }), changes);
  }
}
