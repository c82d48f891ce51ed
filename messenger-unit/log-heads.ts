/**
 * The heads of the schedulers that this messenger works with (spec/15-heads.md §7). Receipts are asked for
 * and checked here, before anything is passed on that carries one.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { type HeadConflict, HeadFollower } from "../src/client/head-follower.ts";
import type { SignatureVerifier } from "../src/crypto/signature.ts";
import { sourceReceiptOf } from "../src/log/source-receipt.ts";
import type { Logger } from "../src/node/logger.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import type { LogReceipt, WitnessQuorum } from "../src/protocol/log-receipt.ts";
import type { SourceReceipt } from "../src/protocol/source-receipt.ts";
import type { KnownScheduler, Located } from "./directory.ts";

/** What following heads stands on. */
export interface LogHeadsOptions {
  readonly network: Digest;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A slot of a process, with the canonical entry that its scheduler gave. */
export interface SlotEntry {
  readonly slot: number;
  readonly entry: Uint8Array;
}

interface Followed {
  readonly follower: HeadFollower;
  scheduler: KnownScheduler;
}

/** How long the receipt of a source is waited for: a compute unit attests what a head covers. */
const sourceWaitMs = 20_000;

export class LogHeads {
  readonly #options: LogHeadsOptions;
  /** By the scheduler's address; each is asked where its processes were found last. */
  readonly #followed = new Map<string, Followed>();

  constructor(options: LogHeadsOptions) {
    this.#options = options;
  }

  /**
   * The receipt of a slot's entry, checked; null where the signal aborts before there is one. Rejects
   * with the code of what is wrong with the log.
   */
  receipt(
    located: Located,
    { slot, entry }: SlotEntry,
    wait: { readonly signal: AbortSignal; readonly quorum?: WitnessQuorum },
  ): Promise<LogReceipt | null> {
    const { process } = located;
    return this.#followerOf(located).covered({ process, slot, entry }, wait);
  }

  /** As `receipt`, in the form that a provenance carries. Rejects with `UNAVAILABLE` where none comes. */
  async sourceReceipt(
    located: Located,
    { slot, entry }: SlotEntry,
    signal: AbortSignal,
  ): Promise<SourceReceipt> {
    const over = new AbortController();
    const late = this.#options.clock
      .sleep(sourceWaitMs, AbortSignal.any([signal, over.signal]))
      .catch(() => undefined)
      .then(() => over.abort());
    try {
      const receipt = await this.receipt(located, { slot, entry }, { signal: over.signal });
      if (receipt !== null) return sourceReceiptOf(entry, receipt);
      const fields = { process: idText(located.process), slot, expected: "a head that covers it" };
      throw new ProtocolError("UNAVAILABLE", fields);
    } finally {
      over.abort();
      await late;
    }
  }

  /** Ends all waits. */
  stop(): void {
    for (const { follower } of this.#followed.values()) follower.stop();
  }

  #followerOf({ scheduler, terms }: Located): HeadFollower {
    const { network, verifier, clock, logger } = this.#options;
    const key = idText(terms.scheduler);
    const known = this.#followed.get(key);
    if (known !== undefined) {
      known.scheduler = scheduler;
      return known.follower;
    }
    const at = { scheduler };
    const follower = new HeadFollower({
      client: { receipts: (query, wait) => at.scheduler.call((one) => one.receipts(query, wait)) },
      owner: { network, scheduler: terms.scheduler },
      verifier,
      clock,
      onConflict: (conflict) => logger.error("a log has two histories", shownConflict(conflict)),
      onFailure: (error) => logger.warn("no head", { url: at.scheduler.url, error }),
    });
    this.#followed.set(key, Object.assign(at, { follower }));
    return follower;
  }
}

/** Both heads as text, which is all that another reader needs to see it too. */
function shownConflict({ known, other }: HeadConflict): Record<string, string> {
  const text = (note: Uint8Array): string => new TextDecoder().decode(note);
  return { known: text(known.note), other: text(other.note) };
}
