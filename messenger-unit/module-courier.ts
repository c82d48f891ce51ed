/**
 * Brings the module of a spawn to the scheduler that is to take it: a scheduler gives no slot to a
 * spawn whose module it does not hold.
 *
 * @module
 */

import { getContent, hasContent, putContent } from "../src/client/content.ts";
import type { ContentStore } from "../src/node/store/ports/content-store.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { callFailure } from "./call-failure.ts";
import type { KnownScheduler } from "./directory.ts";

export class ModuleCourier {
  readonly #content: ContentStore;

  constructor(options: { readonly content: ContentStore }) {
    this.#content = options.content;
  }

  /**
   * Sees to it that the scheduler holds the module: asks it, else gives it what this messenger
   * holds, else what the scheduler of the spawning process holds. Rejects with `MODULE_MISSING`, or
   * where a unit fails with `UNAVAILABLE`.
   */
  async bring(
    module: Digest,
    scheduler: KnownScheduler,
    source: KnownScheduler | null,
  ): Promise<void> {
    try {
      if (await scheduler.call((client) => hasContent(client.unit, module))) return;
      const own = await this.#content.get(module);
      const bytes =
        own ?? (await source?.call((client) => getContent(client.unit, module))) ?? null;
      if (bytes === null) {
        throw new ProtocolError("MODULE_MISSING", {
          module: idText(module),
          expected: "PUT /content/{id} before the spawn",
        });
      }
      await scheduler.call((client) => putContent(client.unit, bytes));
    } catch (error) {
      throw callFailure(error, scheduler.url);
    }
  }
}
