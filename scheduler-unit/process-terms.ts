/**
 * The terms of the processes that this scheduler serves, read from their spawns and kept in a bounded
 * table. Terms never change, so a kept one is never stale.
 *
 * @module
 */

import type { LogStore } from "../src/node/store/ports/log-store.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { bodyRecord } from "../src/protocol/message.ts";
import { type SpawnTerms, spawnTermsOf } from "../src/protocol/spawn.ts";

/** Terms kept in memory; the oldest go first. */
const termsKeptMax = 10_000;

/** Finds the terms of a process; null where this scheduler does not serve it. */
export class ProcessTerms {
  readonly #log: LogStore;
  readonly #kept = new Map<string, SpawnTerms>();

  constructor(log: LogStore) {
    this.#log = log;
  }

  async of(process: Digest): Promise<SpawnTerms | null> {
    const key = idText(process);
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const first = await this.#log.entry(process, 0);
    if (first === null) return null;
    const terms = spawnTermsOf(bodyRecord.decode(first.body));
    if (this.#kept.size >= termsKeptMax) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#kept.set(key, terms);
    return terms;
  }
}
