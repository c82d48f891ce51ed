/**
 * The logs that a witness follows: those of the schedulers that its operator named. A log's key is taken
 * from its scheduler once and kept for ever; a scheduler that states another one later is convicted by it.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import type { UnitCaller } from "../src/client/unit-call.ts";
import { sha256 } from "../src/crypto/hash.ts";
import { verifySignature } from "../src/crypto/signature.ts";
import type { Cosigner } from "../src/log/head.ts";
import type { Logger } from "../src/node/logger.ts";
import type { WitnessStore } from "../src/node/store/ports/witness-store.ts";
import { headKeyClaim, headKeyRecord, originOf } from "../src/protocol/head-key.ts";
import type { Digest } from "../src/protocol/ids.ts";
import { evidenceTypes, logEvidenceRecord } from "../src/protocol/log-evidence.ts";

/** Between two looks at one scheduler's key. */
const lookEveryMs = 60_000;

export interface KnownLogsOptions {
  readonly network: Digest;
  readonly schedulers: readonly UnitCaller[];
  readonly store: WitnessStore;
  readonly logger: Logger;
  readonly now: () => number;
}

export class KnownLogs {
  readonly #options: KnownLogsOptions;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: KnownLogsOptions) {
    this.#options = options;
  }

  /** The cosigner that a log is signed by, with its head-key record; null where nobody named the log. */
  async find(origin: string): Promise<{ cosigner: Cosigner; headKey: Uint8Array } | null> {
    const { store } = this.#options;
    const headKey = (await store.headKey(origin)) ?? (await this.#learn(origin));
    if (headKey === null) return null;
    const { headKey: publicKey } = headKeyRecord.decode(headKey);
    return { cosigner: { name: origin, publicKey }, headKey };
  }

  /** Asks each scheduler for its key, at most once a minute where that found nothing. */
  async #learn(origin: string): Promise<Uint8Array | null> {
    if (this.#options.now() - this.#lookedAt < lookEveryMs) return null;
    this.#lookedAt = this.#options.now();
    await this.look();
    const headKey = await this.#options.store.headKey(origin);
    if (headKey !== null) this.#lookedAt = Number.NEGATIVE_INFINITY;
    return headKey;
  }

  /** Asks every scheduler for its head-key record; one that does not answer is asked another time. */
  async look(): Promise<void> {
    for (const scheduler of this.#options.schedulers) {
      try {
        const answer = await scheduler.call({ method: "GET", path: "/head-key" });
        await this.#take(answer.body);
      } catch (error) {
        this.#options.logger.warn("a scheduler states no head key", { error });
      }
    }
  }

  async #take(record: Uint8Array): Promise<void> {
    const { network, store, logger } = this.#options;
    const statement = headKeyRecord.decode(record);
    const { scheduler, headKey } = statement;
    const claim = headKeyClaim(statement, { network, scheduler });
    if (!verifySignature(claim)) throw new Error("a head-key record whose signature does not hold");
    const origin = originOf(network, scheduler);
    const kept = await store.pin(origin, record);
    if (equalBytes(headKeyRecord.decode(kept).headKey, headKey)) return;
    const evidence = { type: evidenceTypes.secondHeadKey, parts: [kept, record] };
    const bytes = logEvidenceRecord.encode(evidence);
    await store.keepEvidence(sha256(bytes), bytes);
    logger.error("a scheduler states a second head key", { origin });
  }
}
