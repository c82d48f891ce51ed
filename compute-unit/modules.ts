/**
 * The bytes of modules, asked of the schedulers once while they are in use. Bounded.
 *
 * @module
 */

import { contentIdOf, type Digest, idText } from "../src/protocol/ids.ts";
import type { Schedulers } from "./schedulers.ts";

/** Modules kept as bytes. */
const keptMax = 64;

export class Modules {
  readonly #schedulers: Pick<Schedulers, "content">;
  readonly #kept = new Map<string, Uint8Array>();

  constructor(schedulers: Pick<Schedulers, "content">) {
    this.#schedulers = schedulers;
  }

  /** A module's bytes. Rejects with `UNAVAILABLE` where nobody gives them. */
  async bytesOf(id: Digest): Promise<Uint8Array> {
    const kept = this.#kept.get(idText(id));
    if (kept !== undefined) return kept;
    const bytes = await this.#schedulers.content(id);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= keptMax && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(idText(contentIdOf(bytes)), bytes);
    return bytes;
  }
}
