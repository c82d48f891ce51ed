/**
 * Pushing a result by request (spec/09-http.md §3): the accepting messenger pushes, and anyone may
 * ask any messenger to push what a result sent, again or instead of it. The log entry comes from
 * the process's scheduler and the evidence from its compute units; whoever asks is not believed
 * anything.
 *
 * @module
 */

import { equalBytes } from "../src/base/bytes.ts";
import { entryHashOf } from "../src/protocol/entry.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import { callFailure } from "./call-failure.ts";
import type { Directory, Located } from "./directory.ts";
import type { EvidenceGatherer } from "./evidence.ts";
import type { OutboxTaker } from "./outbox.ts";

export class PushRequests {
  readonly #directory: Directory;
  readonly #evidence: EvidenceGatherer;
  readonly #outbox: OutboxTaker;

  constructor(options: {
    readonly directory: Directory;
    readonly evidence: EvidenceGatherer;
    readonly outbox: OutboxTaker;
  }) {
    this.#directory = options.directory;
    this.#evidence = options.evidence;
    this.#outbox = options.outbox;
  }

  /**
   * Queues what the result of a slot sent; answers how many messages that are. Rejects with
   * `PROCESS_UNKNOWN`, `SLOT_UNKNOWN`, `RESULT_PENDING`, `EVIDENCE_EMPTY` or `PROVENANCE_RESULT`.
   */
  async push(process: Digest, slot: number, signal: AbortSignal): Promise<number> {
    const located = await this.#directory.locate(process);
    if (located === null) throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(process) });
    if (located.terms.compute.count === 0) {
      throw new ProtocolError("EVIDENCE_EMPTY", { expected: "named compute units", got: "none" });
    }
    const entry = await this.#entryOf(located, slot);
    const run = { from: slot, count: 1, waitMs: 0 };
    const [believed] = await this.#evidence.gather(located, run, signal);
    if (believed === undefined) {
      throw new ProtocolError("RESULT_PENDING", { process: idText(process), slot });
    }
    if (!equalBytes(believed.result.entryHash, entryHashOf(entry))) {
      const got = idText(believed.result.entryHash);
      const expected = idText(entryHashOf(entry));
      throw new ProtocolError("PROVENANCE_RESULT", { field: "entryHash", expected, got });
    }
    const receipt = await this.#outbox.receiptOf(located, believed, { entry, signal });
    return (await this.#outbox.take(located, { believed, receipt }, true)).sent;
  }

  async #entryOf({ process, scheduler }: Located, slot: number): Promise<Uint8Array> {
    try {
      const page = await scheduler.call((client) => client.log(process, { from: slot, limit: 1 }));
      const [item] = page.items;
      if (item !== undefined) return item.entry;
      throw new ProtocolError("SLOT_UNKNOWN", { expected: `below ${page.next}`, got: slot });
    } catch (error) {
      throw callFailure(error, scheduler.url);
    }
  }
}
