/**
 * Port: the messenger's pushes (spec/04-messages.md): the messages of results' outboxes, on their
 * way to the schedulers of their targets.
 *
 * Always holds: the items of a result and the source's cursor are written in one transaction, once
 * per (process, slot); an item stays until it is done or finally failed, across restarts, so it is
 * delivered at least once, and the target's log makes that once in effect; per (source, target)
 * only the lowest item is ever handed out, so a dead target blocks only itself.
 *
 * @module
 */

/** One message of an outbox. */
export interface PushItem {
  /** Index in the outbox, below 2^32. */
  readonly index: number;
  /** Target process, or the scheduler's address for a spawn: 32 bytes. */
  readonly target: Uint8Array;
  readonly messageId: Uint8Array;
  /** What is to be sent, as the messenger needs it. */
  readonly payload: Uint8Array;
}

/** The items of one result. */
export interface PushRecord {
  /** The source process and the slot of its result. */
  readonly process: Uint8Array;
  readonly slot: number;
  readonly items: readonly PushItem[];
  /** The next slot to take from this source; null leaves the cursor. It never falls. */
  readonly cursor: number | null;
  readonly now: number;
  /** Queues the items again although the result was recorded before: those not pending now. */
  readonly again?: boolean;
}

/** An item that is not delivered yet. */
export interface PendingPush extends PushItem {
  readonly process: Uint8Array;
  readonly slot: number;
  /** How often it was handed out. */
  readonly tries: number;
  /** When it may be handed out (again), ms. */
  readonly dueAt: number;
  readonly recordedAt: number;
  /** Why the last try did not end it. */
  readonly reason: string | null;
}

/** An item that will not be tried again. */
export interface FailedPush {
  readonly index: number;
  readonly target: Uint8Array;
  readonly messageId: Uint8Array;
  readonly code: string;
  readonly tries: number;
}

/** How much waits. */
export interface PushDepth {
  readonly pending: number;
  readonly failed: number;
}

export interface PushStore {
  /**
   * `known` if the result was recorded before: nothing but the cursor changes. `full` if the items
   * would exceed the store's bound: nothing changes, the cursor neither.
   */
  record(record: PushRecord): Promise<"recorded" | "known" | "full">;
  /**
   * Hands out due items, earliest first, at most `limit`, and hides each for `visibilityMs`: one
   * that is neither done, retried nor failed by then is handed out again.
   */
  claim(limit: number, now: number, visibilityMs: number): Promise<PendingPush[]>;
  /** After the target's durable answer. Idempotent. */
  done(claims: readonly PendingPush[]): Promise<void>;
  /** Hides the item until `dueAt`; nothing happens if a later claim of it was handed out. */
  retry(claim: PendingPush, dueAt: number, reason: string): Promise<void>;
  /**
   * Makes due at `now` every item that would wait longer from now on than `waitMaxMs` says it may:
   * it was put off before the clock was put back. Gives how many there were.
   */
  hurry(now: number, waitMaxMs: (item: PendingPush) => number): Promise<number>;
  /** Ends the item for good with the refusal's code. Idempotent. */
  fail(claim: PendingPush, code: string): Promise<void>;
  /** The next slot to take from a source; null if none was recorded. */
  cursor(process: Uint8Array): Promise<number | null>;
  /** Sources above `after` (null: all) with their cursors, at most `limit` and 1,000. */
  cursors(
    after: Uint8Array | null,
    limit: number,
  ): Promise<{ readonly process: Uint8Array; readonly nextSlot: number }[]>;
  /** True if the result was recorded. */
  isRecorded(process: Uint8Array, slot: number): Promise<boolean>;
  /** Undelivered items of a result, by index. */
  pendingOf(process: Uint8Array, slot: number): Promise<PendingPush[]>;
  /** Finally failed items of a result, by index. */
  failedOf(process: Uint8Array, slot: number): Promise<FailedPush[]>;
  depth(): Promise<PushDepth>;
  /** Pending items of one source. */
  depthOf(process: Uint8Array): Promise<number>;
  /** When the next item is due, ms; null if none waits. */
  nextDue(): Promise<number | null>;
}
