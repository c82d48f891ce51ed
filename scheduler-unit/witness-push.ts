/**
 * Asks one witness to cosign the heads of this scheduler (spec/15-heads.md §8). The newest head is of most
 * interest: of what comes while a request is under way it is asked for next. Cosignatures of several witnesses
 * count under one head only, so one that is free joins another that is asked for a head which it has not seen. A
 * witness that does not answer is asked again with the next head, and holds up nobody.
 *
 * @module
 */

import { toHex, utf8Bytes, utf8Text } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import type { UnitCaller } from "../src/client/unit-call.ts";
import { sha256 } from "../src/crypto/hash.ts";
import { formatAddCheckpoint } from "../src/log/add-checkpoint.ts";
import { type Cosigner, cosignedAt, parseHead, type TreeHead } from "../src/log/head.ts";
import { type NoteSignature, parseSignatureLines } from "../src/log/signed-note.ts";
import { parseVkey } from "../src/log/vkey.ts";
import type { Logger } from "../src/node/logger.ts";
import { noteBytesMax } from "../src/protocol/limits.ts";
import type { Published } from "./signed-heads.ts";

const timeoutMs = 10_000;
/** After a witness that did not answer. */
const retryMs = 1000;
/** Between two looks at whether it has answered. */
const settledLookMs = 20;

export interface WitnessPushOptions {
  readonly witness: UnitCaller;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The log's own key: a head under it that this store has not reached shows that the store is old. */
  readonly log: Cosigner;
  /** Told of every head under it that the witness shows. */
  readonly onNewer: (head: TreeHead) => Promise<void>;
  /** The newest head that another witness is being asked for; null where none is. */
  readonly askedOfOthers: () => Published | null;
  /** Given every cosignature that holds. */
  readonly onCosigned: (size: number, line: NoteSignature) => Promise<void>;
}

export class WitnessPush {
  readonly #options: WitnessPushOptions;
  readonly #stopping = new AbortController();
  #cosigner: Cosigner | null = null;
  /** The size that the witness is thought to know. */
  #size = 0;
  #next: Published | null = null;
  #asking: Published | null = null;
  #running: Promise<void> | null = null;

  constructor(options: WitnessPushOptions) {
    this.#options = options;
  }

  /** The witness's key, once it has told it. */
  get cosigner(): Cosigner | null {
    return this.#cosigner;
  }

  /** The head that it is being asked for. */
  get asking(): Published | null {
    return this.#asking;
  }

  /** Asks for this head, as soon as the one before is answered. */
  push(head: Published): void {
    this.#next = head;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Asks the witness what it knows of this log, before anything is signed. Never rejects. */
  async look(): Promise<void> {
    const { logger, witness } = this.#options;
    try {
      await this.#lookBack();
      await this.#learn();
    } catch (error) {
      logger.warn("a witness does not say what it knows", {
        url: witness.url,
        reason: String(error),
      });
    }
  }

  /** Resolves when the newest head is cosigned, or the signal aborts. */
  async settled(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (this.#running !== null && !signal.aborted) {
      await clock.sleep(settledLookMs, signal).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger, witness } = this.#options;
    const { signal } = this.#stopping;
    while (this.#next !== null && !signal.aborted) {
      const head = this.#chosen(this.#next);
      if (head === this.#next) this.#next = null;
      this.#asking = head;
      try {
        await this.#ask(head);
      } catch (error) {
        logger.warn("a witness has not cosigned", { url: witness.url, reason: String(error) });
        this.#asking = null;
        await clock.sleep(retryMs, signal).catch(() => undefined);
        this.#next ??= head;
      } finally {
        this.#asking = null;
      }
    }
  }

  /**
   * The newest head, or before it one that another witness is at: two that are slow would else cosign
   * different heads for ever, and no head would have both.
   */
  #chosen(newest: Published): Published {
    const other = this.#options.askedOfOthers();
    const size = other?.signed.head.size ?? 0;
    return other !== null && size > this.#size && size < newest.signed.head.size ? other : newest;
  }

  async #ask(head: Published): Promise<void> {
    const cosigner = await this.#learn();
    const { size } = head.signed.head;
    if (this.#size > size) {
      this.#size = 0;
      return this.#lookBack();
    }
    const proof = this.#size === 0 ? [] : await head.tree.consistency(this.#size);
    const body = formatAddCheckpoint({ oldSize: this.#size, proof, note: head.note });
    const { status, text } = await this.#call("POST", "/add-checkpoint", body);
    if (status === 404) throw new Error(`404: ${text.slice(0, 200)}`);
    if (status === 409) {
      const known = Number(text.trim());
      if (!Number.isSafeInteger(known) || known === this.#size) throw new Error(`409: ${text}`);
      this.#size = known;
      this.#next ??= head;
      return;
    }
    this.#size = size;
    await this.#take(head, cosigner, parseSignatureLines(text));
  }

  /** Its key, which it keeps for life. */
  async #learn(): Promise<Cosigner> {
    this.#cosigner ??= parseVkey((await this.#call("GET", "/vkey")).text.trimEnd());
    return this.#cosigner;
  }

  /** What the witness shows of this log, which is believed under the log's own signature. */
  async #lookBack(): Promise<void> {
    const { log, onNewer } = this.#options;
    const name = toHex(sha256(utf8Bytes(log.name)));
    const { status, text } = await this.#call("GET", `/${name}/checkpoint`);
    if (status === 404) return;
    const signed = parseHead(utf8Bytes(text));
    if (signed.head.origin !== log.name || cosignedAt(signed, log) === null) {
      throw new Error("the head that it shows is not this log's");
    }
    await onNewer(signed.head);
  }

  async #take(
    { signed }: Published,
    cosigner: Cosigner,
    lines: readonly NoteSignature[],
  ): Promise<void> {
    for (const line of lines) {
      const holds = cosignedAt({ ...signed, signatures: [line] }, cosigner) !== null;
      if (holds) return this.#options.onCosigned(signed.head.size, line);
    }
    throw new Error("no line of it holds");
  }

  async #call(
    method: "GET" | "POST",
    path: string,
    body?: Uint8Array,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const { signal } = this.#stopping;
    const answer = await this.#options.witness.call({
      ...{ method, path, signal, timeoutMs, answers: [404, 409], answerBytesMax: noteBytesMax },
      ...(body === undefined ? {} : { body, contentType: "text/plain" }),
    });
    const text = utf8Text(answer.body);
    if (text === null) throw new Error("an answer that is no text");
    return { status: answer.status, text };
  }
}
