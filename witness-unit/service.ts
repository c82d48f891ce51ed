/**
 * The witness's service (spec/15-heads.md §8; C2SP tlog-witness): judges a head, writes it down, cosigns
 * it, in this order.
 *
 * @module
 */

import { utf8Bytes } from "../src/base/bytes.ts";
import type { Clock } from "../src/base/clock.ts";
import type { HeadKey } from "../src/crypto/head-key.ts";
import { type AddCheckpoint, parseAddCheckpoint } from "../src/log/add-checkpoint.ts";
import { cosign, headText } from "../src/log/head.ts";
import { judgeCheckpoint } from "../src/log/judge-checkpoint.ts";
import { formatNote, signatureLine } from "../src/log/signed-note.ts";
import { vkeyOf } from "../src/log/vkey.ts";
import type { CosignedHead, WitnessStore } from "../src/node/store/ports/witness-store.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import type { ForkWatch } from "./fork-watch.ts";
import type { KnownLogs } from "./known-logs.ts";

/** What a request is answered with; refusals are thrown. */
export type WitnessAnswer =
  | { readonly kind: "cosigned"; readonly line: string }
  /** The witness knows another size than the request says. */
  | { readonly kind: "conflict"; readonly size: number };

export interface WitnessOptions {
  readonly name: string;
  readonly key: HeadKey;
  readonly logs: Pick<KnownLogs, "find">;
  readonly store: WitnessStore;
  readonly clock: Clock;
  /** Told of heads that do not go on from what was cosigned. */
  readonly forks: Pick<ForkWatch, "met">;
}

export class WitnessService {
  readonly #options: WitnessOptions;
  #cosigned = 0;
  #refused = 0;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  /** The line by which others know this witness. */
  get vkey(): string {
    const { name, key } = this.#options;
    return vkeyOf({ name, publicKey: key.publicKey });
  }

  /** Heads cosigned and refused since the start. */
  get counts(): { readonly cosigned: number; readonly refused: number } {
    return { cosigned: this.#cosigned, refused: this.#refused };
  }

  /** Answers `add-checkpoint`. Throws a code where the head is refused. */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    try {
      const answer = await this.#judged(parseAddCheckpoint(body));
      if (answer.kind === "cosigned") this.#cosigned++;
      return answer;
    } catch (error) {
      this.#refused++;
      throw error;
    }
  }

  /** The newest head of a log that was cosigned, with both signatures; null where none was. */
  async checkpoint(origin: string): Promise<Uint8Array | null> {
    return (await this.#options.store.head(origin))?.note ?? null;
  }

  async #judged(request: AddCheckpoint): Promise<WitnessAnswer> {
    const { logs, store, forks } = this.#options;
    const { origin } = request.signed.head;
    const log = await logs.find(origin);
    if (log === null) throw new ProtocolError("LOG_UNKNOWN", { got: origin });
    const known = await store.head(origin);
    const verdict = judgeCheckpoint(request, log.cosigner, known);
    if (verdict.kind === "unsigned") {
      throw new ProtocolError("HEAD_UNTRUSTED", { expected: "a signature of the log's key" });
    }
    const isFork =
      verdict.kind === "inconsistent" || (verdict.kind === "conflict" && verdict.isFork);
    if (isFork && known !== null) await forks.met({ headKey: log.headKey, known, request });
    if (verdict.kind === "conflict") return { kind: "conflict", size: verdict.size };
    if (verdict.kind === "inconsistent") {
      const expected = `a head that goes on from ${known?.size ?? 0} leaves`;
      throw new ProtocolError("CONSISTENCY_INVALID", { expected, got: request.signed.head.size });
    }
    return this.#cosign(request, known, log.cosigner.name);
  }

  async #cosign(
    { signed }: AddCheckpoint,
    known: CosignedHead | null,
    log: string,
  ): Promise<WitnessAnswer> {
    const { name, key, store, clock } = this.#options;
    const { origin, size, root } = signed.head;
    const seconds = Math.floor(clock.now() / 1000);
    const signature = cosign(signed.head, { name, key, seconds });
    const ofLog = signed.signatures.filter((line) => line.name === log);
    const text = headText(signed.head);
    const cosigned = utf8Bytes(formatNote({ text, signatures: [...ofLog, signature] }));
    // Durable before it is answered: a cosigned head is never taken back.
    const from = known?.size ?? 0;
    if (!(await store.advance(origin, from, { size, root, note: cosigned }))) {
      const now = await store.head(origin);
      return { kind: "conflict", size: now?.size ?? 0 };
    }
    return { kind: "cosigned", line: signatureLine(signature) };
  }
}
