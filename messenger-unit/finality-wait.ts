/**
 * Waiting for finality on behalf of a sender (spec/09-http.md §3.1): the receipt of an entry under a head of
 * its scheduler (`signed`), or under one that the witnesses of its process have cosigned (`witnessed`).
 * Receipts are checked before they are passed on.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText, messageIdOf } from "../src/protocol/ids.ts";
import { logReceiptRecord, type WitnessQuorum } from "../src/protocol/log-receipt.ts";
import { bodyRecord } from "../src/protocol/message.ts";
import { type SpawnTerms, spawnTermsOf } from "../src/protocol/spawn.ts";
import type { Directory, Located } from "./directory.ts";
import type { LogHeads } from "./log-heads.ts";
import type { Placed } from "./message-life.ts";

/** What a sender wants its message to be covered by. */
export type Finality = "none" | "signed" | "witnessed";

/** How long to wait for it. */
export interface FinalityPatience {
  readonly finality: Exclude<Finality, "none">;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export class FinalityWait {
  readonly #directory: Directory;
  readonly #heads: LogHeads;
  readonly #clock: Clock;

  constructor(options: {
    readonly directory: Directory;
    readonly heads: LogHeads;
    readonly clock: Clock;
  }) {
    this.#directory = options.directory;
    this.#heads = options.heads;
    this.#clock = options.clock;
  }

  /** Rejects with `WITNESS_EMPTY` where a message's process names no witness; nothing is placed then. */
  async checkWitnesses(bodies: readonly Uint8Array[]): Promise<void> {
    for (const bytes of bodies) {
      const { target, ...spawn } = bodyRecord.decode(bytes);
      const located = target === null ? null : await this.#directory.locate(target);
      const terms = target === null ? spawnTermsOf({ ...spawn, target }) : located?.terms;
      // Who serves no such process says so when it is handed the message.
      if (terms !== undefined) quorumOf(terms, target ?? messageIdOf(bytes));
    }
  }

  /** The canonical receipts of placed messages, in order; null where none came in time. */
  async of(
    placed: readonly Placed[],
    { finality, timeoutMs, signal }: FinalityPatience,
  ): Promise<readonly (Uint8Array | null)[]> {
    const over = new AbortController();
    const late = this.#clock
      .sleep(timeoutMs, AbortSignal.any([signal, over.signal]))
      .catch(() => undefined)
      .then(() => over.abort());
    const wait = { finality, signal: over.signal };
    const receipts = placed.map((one) => this.#one(one, wait));
    try {
      return await Promise.all(receipts);
    } finally {
      over.abort();
      await late;
    }
  }

  async #one(
    { process, slot, entry }: Placed,
    { finality, signal }: Pick<FinalityPatience, "finality" | "signal">,
  ): Promise<Uint8Array | null> {
    try {
      const located: Located | null = await this.#directory.locate(process);
      if (located === null) return null;
      const demanded = finality === "witnessed" ? { quorum: quorumOf(located.terms, process) } : {};
      const receipt = await this.#heads.receipt(located, { slot, entry }, { signal, ...demanded });
      return receipt === null ? null : logReceiptRecord.encode(receipt);
    } catch (error) {
      // The message has its slot, whatever is wrong with the heads above it: no receipt is the answer.
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }
}

function quorumOf({ witness }: SpawnTerms, process: Digest): WitnessQuorum {
  if (witness !== null) return witness;
  throw new ProtocolError("WITNESS_EMPTY", {
    process: idText(process),
    expected: "a spawn that names witnesses",
  });
}
