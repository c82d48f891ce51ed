/**
 * The schedulers that this unit knows, and which of them serves a process: the one that its spawn
 * names, and no other.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import { getContent } from "../src/client/content.ts";
import {
  nullIfUnknown,
  type SchedulerClient,
  schedulerClients,
} from "../src/client/scheduler-client.ts";
import type { UnitFetch } from "../src/client/unit-call.ts";
import { UnitCallError } from "../src/client/unit-call.ts";
import type { LogPage } from "../src/protocol/envelope.ts";
import { checked, ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText, messageIdOf, parseId } from "../src/protocol/ids.ts";
import { termsOfSpawn } from "../src/protocol/spawn.ts";
import { type LogSource, pageEntries } from "./log-reader.ts";

/** Where a process is, and how its log begins. */
export interface Located {
  readonly source: LogSource;
  readonly page: LogPage;
}

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
    this.#clients = schedulerClients(options.urls, options.fetchUnit);
    this.#network = options.network;
  }

  /**
   * The scheduler of a process, with the first page of its log; null where all answer that they do not
   * serve it. Rejects with `UNAVAILABLE` where one did not answer and none of the others serves it.
   */
  locate(process: Digest): Promise<Located | null> {
    return this.#firstOf((client) => this.#serving(client, process));
  }

  /** The scheduler of an address; null where none is it. Rejects as `locate` does. */
  at(address: Digest): Promise<LogSource | null> {
    return this.#firstOf(async (client) => {
      const other = await this.#addressOf(client);
      return other !== null && equalBytes(other, address) ? { client, address } : null;
    });
  }

  async #firstOf<Found>(
    ask: (client: SchedulerClient) => Promise<Found | null>,
  ): Promise<Found | null> {
    let silent: string | null = null;
    for (const client of this.#clients) {
      try {
        const found = await ask(client);
        if (found !== null) return found;
      } catch (error) {
        if (!(error instanceof UnitCallError)) throw error;
        silent = `${client.unit.url}: ${error.message}`;
      }
    }
    if (silent !== null) throw new ProtocolError("UNAVAILABLE", { scheduler: silent });
    return null;
  }

  /** One request finds the process and begins to read it: a spawn costs no more than that. */
  async #serving(client: SchedulerClient, process: Digest): Promise<Located | null> {
    const page = await nullIfUnknown(client.log(process, { from: 0, limit: pageEntries }));
    const [item] = page?.items ?? [];
    if (page === null || item === undefined) return null;
    if (!equalBytes(messageIdOf(item.body), process)) return null;
    const terms = checked(() => termsOfSpawn(item.body));
    const address = await this.#addressOf(client);
    const isNamed = terms.ok && address !== null && equalBytes(terms.value.scheduler, address);
    return isNamed ? { source: { client, address }, page } : null;
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
