/**
 * The schedulers that this unit knows, and which of them serves a process: the one that its spawn
 * names, and no other.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import { getContent } from "../src/client/content.ts";
import { type SchedulerClient, schedulerClient } from "../src/client/scheduler-client.ts";
import type { UnitFetch } from "../src/client/unit-call.ts";
import { UnitCallError } from "../src/client/unit-call.ts";
import { checked, ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText, messageIdOf, parseId } from "../src/protocol/ids.ts";
import { termsOfSpawn } from "../src/protocol/spawn.ts";
import type { LogSource } from "./log-reader.ts";

export class Schedulers {
  readonly #clients: readonly SchedulerClient[];
  readonly #network: Digest;
  /** Learned from each scheduler once it answered. */
  readonly #addresses = new Map<string, Digest>();

  constructor(options: {
    readonly urls: readonly string[];
    readonly network: Digest;
    readonly fetchUnit?: UnitFetch | undefined;
  }) {
    this.#clients = options.urls.map((url) => schedulerClient(url, options.fetchUnit));
    this.#network = options.network;
  }

  /**
   * The scheduler of a process; null where all answer that they do not serve it. Rejects with
   * `UNAVAILABLE` where one did not answer and none of the others serves it.
   */
  async locate(process: Digest): Promise<LogSource | null> {
    let silent: string | null = null;
    for (const client of this.#clients) {
      try {
        const source = await this.#serving(client, process);
        if (source !== null) return source;
      } catch (error) {
        if (!(error instanceof UnitCallError)) throw error;
        silent = `${client.unit.url}: ${error.message}`;
      }
    }
    if (silent !== null) throw new ProtocolError("UNAVAILABLE", { scheduler: silent });
    return null;
  }

  async #serving(client: SchedulerClient, process: Digest): Promise<LogSource | null> {
    const item = await client.spawnOf(process);
    if (item === null || !equalBytes(messageIdOf(item.body), process)) return null;
    const terms = checked(() => termsOfSpawn(item.body));
    const address = await this.#addressOf(client);
    const isNamed = terms.ok && address !== null && equalBytes(terms.value.scheduler, address);
    return isNamed ? { client, address } : null;
  }

  /** A scheduler's address; null where it is of another network. */
  async #addressOf(client: SchedulerClient): Promise<Digest | null> {
    const known = this.#addresses.get(client.unit.url);
    if (known !== undefined) return known;
    const info = await client.info();
    if (info.network !== idText(this.#network) || info.role !== "scheduler") return null;
    const address = parseId(info.address, "address");
    this.#addresses.set(client.unit.url, address);
    return address;
  }

  /** Content from whichever scheduler has it. Rejects with `UNAVAILABLE` where none gives it. */
  async content(id: Digest): Promise<Uint8Array> {
    for (const client of this.#clients) {
      const bytes = await getContent(client.unit, id).catch(() => null);
      if (bytes !== null) return bytes;
    }
    throw new ProtocolError("UNAVAILABLE", { content: idText(id) });
  }
}
