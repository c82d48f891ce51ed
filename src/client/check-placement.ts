/**
 * Whether a message stands where a messenger says (spec/09-http.md §3.1): the entry is of this message, and the
 * receipt is of that entry, under a head of the scheduler that the process's spawn names. The process id is all that
 * is believed: it gives the spawn, from whoever has it.
 *
 * @module
 */

import { concatBytes, equalBytes, toBase64url } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { checkLogReceipt } from "../log/check-log-receipt.ts";
import { referenceSignatures, type Signatures } from "../log/signatures.ts";
import type { Acceptance } from "../protocol/acceptance.ts";
import { entryRecord } from "../protocol/entry.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";
import { bodyRecord } from "../protocol/message.ts";
import { termsOfSpawn } from "../protocol/spawn.ts";

/** The message that was sent. */
export interface PlacedMessage {
  readonly id: Digest;
  readonly body: Uint8Array;
}

/** Spawns, and signatures that held, of which each stands for many messages; of more the oldest are forgotten. */
const keptMax = 256;

export class PlacementCheck {
  readonly #network: Digest;
  readonly #spawnOf: (process: Digest) => Promise<Uint8Array | null>;
  readonly #signatures: Signatures;
  /** By process: its scheduler's address. */
  readonly #schedulers = new Map<string, Digest>();
  readonly #held = new Map<string, true>();

  /** `spawnOf` asks for the body of a process's spawn, which need not be true; null where nobody has it. */
  constructor(options: {
    readonly network: Digest;
    readonly spawnOf: (process: Digest) => Promise<Uint8Array | null>;
    readonly signatures?: Signatures;
  }) {
    const { signatures = referenceSignatures } = options;
    this.#network = options.network;
    this.#spawnOf = options.spawnOf;
    this.#signatures = {
      claim: (claim) => this.#holds(claim, claim.payload, () => signatures.claim(claim)),
      head: (claim) => this.#holds(claim, claim.bytes, () => signatures.head(claim)),
    };
  }

  /**
   * True where a receipt came and holds; false where none came, or nobody has the spawn that it is checked
   * with. Throws `ENTRY_MESSAGE`, `HEAD_KEY_INVALID`, `HEAD_INVALID` or `INCLUSION_INVALID`.
   */
  async holds(message: PlacedMessage, acceptance: Acceptance): Promise<boolean> {
    const { assignment: entry, receipt } = acceptance;
    const process = bodyRecord.decode(message.body).target ?? message.id;
    checkSame("process", process, acceptance.process);
    checkSame("message", message.id, acceptance.id);
    if (entry === null) return false;
    const placed = entryRecord.decode(entry);
    checkSame("process of the entry", process, placed.process);
    checkSame("message of the entry", message.id, placed.messageId);
    if (placed.slot !== acceptance.slot) {
      throw new ProtocolError("ENTRY_MESSAGE", { expected: placed.slot, got: acceptance.slot });
    }
    if (receipt === null) return false;
    const scheduler = await this.#schedulerOf(process, message);
    if (scheduler === null) return false;
    const owner = { network: this.#network, scheduler };
    checkLogReceipt(entry, logReceiptRecord.decode(receipt), owner, this.#signatures);
    return true;
  }

  async #schedulerOf(process: Digest, message: PlacedMessage): Promise<Digest | null> {
    const key = idText(process);
    const known = this.#schedulers.get(key);
    if (known !== undefined) return known;
    const isSpawn = equalBytes(process, message.id);
    const spawn = isSpawn ? message.body : await this.#spawnOf(process);
    if (spawn === null || !equalBytes(messageIdOf(spawn), process)) return null;
    const { scheduler } = termsOfSpawn(spawn);
    keep(this.#schedulers, key, scheduler);
    return scheduler;
  }

  /** A signature that held once holds again: one head covers many entries, and one key signs all heads. */
  #holds(
    { publicKey, signature }: { readonly publicKey: Uint8Array; readonly signature: Uint8Array },
    signed: Uint8Array,
    verify: () => boolean,
  ): boolean {
    // Keys and signatures have the lengths of their algorithm, or nothing holds.
    const key = toBase64url(sha256(concatBytes(publicKey, signature, signed)));
    if (this.#held.has(key)) return true;
    const holds = verify();
    if (holds) keep(this.#held, key, true);
    return holds;
  }
}

function checkSame(field: string, expected: Digest, got: Digest): void {
  if (equalBytes(expected, got)) return;
  const fields = { field, expected: idText(expected), got: idText(got) };
  throw new ProtocolError("ENTRY_MESSAGE", fields);
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > keptMax && oldest !== undefined) map.delete(oldest);
}
