/**
 * Whether the results of messages are proven: asked of the process's compute units when somebody looks at
 * a message, and noted in its life once it is so. Nobody's proof is waited for unasked: each result would
 * cost a long poll for as long as its proof takes. The proof itself is for the reader to verify.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import { evaluationRecord } from "../src/protocol/evaluation.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import type { MessageLife } from "./message-life.ts";
import type { ResultWait } from "./result-wait.ts";

/** What the watch stands on. */
export interface ProofWatchOptions {
  readonly life: MessageLife;
  readonly results: ResultWait;
  readonly clock: Clock;
}

/** How often a message that many look at is asked about. */
const restMs = 1000;
/** How long a unit may take to say how a proof stands. */
const answerMs = 2000;
/** Questions under way at a time; beyond that the life is told as it is known. */
const questionsMax = 64;
const rememberedMax = 10_000;

/** See the module comment. */
export class ProofWatch {
  readonly #options: ProofWatchOptions;
  /** When a message was last asked about; for ever where no proof of it will come. */
  readonly #asked = new Map<string, number>();
  #questions = 0;

  constructor(options: ProofWatchOptions) {
    this.#options = options;
  }

  /** Notes a proof that has come. Never rejects. */
  async look(id: Digest, signal: AbortSignal): Promise<void> {
    const asked = this.#asked.get(idText(id));
    const now = this.#options.clock.monotonic();
    if (asked !== undefined && now - asked < restMs) return;
    await this.#ask(id, { timeoutMs: answerMs, signal }).catch(() => false);
  }

  /** As `look`, waiting for the proof. True where it may still come; false also where nobody knows. */
  async wait(id: Digest, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const start = clock.monotonic();
    const patience = { timeoutMs, signal, until: "proof" } as const;
    const isComing = await this.#ask(id, patience).catch(() => false);
    // A unit that does not let its callers wait is not asked all the time.
    const restLeftMs = restMs - (clock.monotonic() - start);
    if (isComing && restLeftMs > 0) await clock.sleep(restLeftMs, signal).catch(() => undefined);
    return isComing;
  }

  async #ask(id: Digest, patience: Parameters<ResultWait["one"]>[1]): Promise<boolean> {
    const { life, results, clock } = this.#options;
    const key = idText(id);
    if (this.#asked.get(key) === Number.POSITIVE_INFINITY) return false;
    if (this.#questions >= questionsMax) return false;
    const kinds = (await life.events(id)).map(({ kind }) => kind);
    if (!kinds.includes("evaluated") || kinds.includes("proven")) return false;
    const placed = await life.placed(id);
    if (placed === null) return false;
    this.#remember(key, clock.monotonic());
    this.#questions++;
    try {
      const evaluation = await results.one(placed, patience);
      if (evaluation === null) return false;
      const { state } = evaluationRecord.decode(evaluation).proof;
      if (state === "proven") await life.noted(id, life.event("proven"));
      if (state === "unprovable") this.#remember(key, Number.POSITIVE_INFINITY);
      return state === "queued" || state === "proving";
    } finally {
      this.#questions--;
    }
  }

  #remember(key: string, at: number): void {
    this.#asked.delete(key);
    this.#asked.set(key, at);
    if (this.#asked.size <= rememberedMax) return;
    const [oldest] = this.#asked.keys();
    if (oldest !== undefined) this.#asked.delete(oldest);
  }
}
