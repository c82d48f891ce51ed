/**
 * The log of an audit: entries are read in order and checked as everyone checks them, with every
 * signature (spec/05-log.md §2). What an earlier audit read is not believed to be there still: the entry
 * that ended it must be the same, and through its hash so is everything before.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import type { SignatureClaim, SignatureVerifier } from "../crypto/signature.ts";
import { checkEntry, checkMessage, type LogContext } from "../protocol/check.ts";
import { entryHashOf, entryRecord, tipOf } from "../protocol/entry.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { authorisationHashOf, type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import type { IsProven } from "../protocol/provenance.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import type { AuditSource } from "./audit-source.ts";
import type { AuditedStep } from "./audit-step.ts";
import type { ProvenChains } from "./proven-chains.ts";
import { provenFor } from "./proven-follow.ts";
import { memoryChains } from "./proven-memory.ts";
import type { Placed } from "./receipt-parts.ts";

/** A slot as far as an audit knows it. */
export interface AuditedSlot {
  readonly entryHash: Digest;
  readonly messageId: Digest;
  /** Null: it is in the log, and nothing shows yet what it led to. */
  readonly step: AuditedStep | null;
}

/** Entries of one request: an answer with data may be 8 MiB then. */
const pageEntries = 32;

export interface AuditLogOptions {
  readonly network: Digest;
  readonly process: Digest;
  readonly source: AuditSource;
  readonly verifier: SignatureVerifier;
  readonly terms: SpawnTerms;
  /** What an earlier audit found. */
  readonly known: readonly AuditedSlot[];
}

/** See the module comment. */
export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #chains: ProvenChains;
  readonly #seen = new Set<string>();
  readonly #slots: AuditedSlot[];
  #page = new Map<number, Placed>();
  #log: LogContext;
  #next = 0;

  constructor(options: AuditLogOptions) {
    this.#options = options;
    const { network, process, source, terms, known, verifier } = options;
    const moduleOf = async (module: Digest): Promise<Uint8Array> => {
      const bytes = await source.module(module);
      if (bytes !== null) return bytes;
      throw new ProtocolError("MODULE_MISSING", { module: idText(module) });
    };
    this.#chains = memoryChains({ network, verifier, moduleOf });
    this.#slots = [...known];
    for (const { messageId } of known) this.#seen.add(idText(messageId));
    const seen = (id: Digest): boolean => this.#seen.has(idText(id));
    const scheduler = source.scheduler ?? terms.scheduler;
    this.#log = { network, process, scheduler, terms: null, tip: null, seen };
  }

  /** Every slot that was checked. */
  get slots(): readonly AuditedSlot[] {
    return this.#slots;
  }

  /** The slot that the log is said to fill next. */
  get next(): number {
    return Math.max(this.#next, this.#slots.length);
  }

  /** Notes what a slot led to. */
  note(slot: number, step: AuditedStep): void {
    const known = this.#slots[slot];
    if (known !== undefined) this.#slots[slot] = { ...known, step };
  }

  /** Takes up the log where an earlier audit left it. Throws `ENTRY_CHAIN` where it is another one now. */
  async resume(): Promise<void> {
    const { source, terms } = this.#options;
    const slot = this.#slots.length - 1;
    const known = this.#slots[slot];
    if (known === undefined) return;
    const page = await source.log(slot, 1);
    const [item] = page.items;
    this.#next = page.next;
    if (item === undefined) this.#refuseOther(slot, known.entryHash, null);
    const entry = this.#same(slot, item.entry);
    this.#log = { ...this.#log, terms, tip: tipOf(entry, item.entry) };
  }

  /** The message of a slot, checked; null where the log ends before it. Throws the fault of an entry. */
  async placed(slot: number): Promise<Placed | null> {
    const loaded = this.#page.get(slot);
    if (loaded !== undefined) return loaded;
    const { items, next } = await this.#options.source.log(slot, pageEntries);
    this.#next = next;
    const page = new Map<number, Placed>();
    const claims: SignatureClaim[] = [];
    const fresh: AuditedSlot[] = [];
    for (const [i, item] of items.entries()) {
      const at = slot + i;
      if (at < this.#slots.length) {
        page.set(at, await this.#again(at, item));
        continue;
      }
      const isProven = await this.#provenFor(item, this.#log.terms);
      const checked = checkEntry(item, { ...this.#log, isProven });
      const { entry, tip, message, terms } = checked;
      claims.push(...message.claims);
      fresh.push({ entryHash: tip.entryHash, messageId: message.id, step: null });
      this.#seen.add(idText(message.id));
      this.#log = { ...this.#log, terms, tip };
      page.set(at, { envelope: item, message, entry, entryHash: tip.entryHash });
    }
    await this.#verify(slot, claims);
    this.#slots.push(...fresh);
    this.#page = page;
    return page.get(slot) ?? null;
  }

  async #verify(slot: number, claims: readonly SignatureClaim[]): Promise<void> {
    const verdicts = await this.#options.verifier.verify(claims);
    if (verdicts.length === claims.length && verdicts.every((holds) => holds)) return;
    throw new ProtocolError("SIGNATURE_INVALID", { from: slot });
  }

  /** An entry that an earlier audit checked, with the message that it names. */
  async #again(slot: number, item: LogItem): Promise<Placed> {
    const { network } = this.#options;
    const terms = slot === 0 ? null : this.#options.terms;
    const entry = this.#same(slot, item.entry);
    const isNamed =
      equalBytes(messageIdOf(item.body), entry.messageId) &&
      equalBytes(authorisationHashOf(item.authorisation), entry.authorisationHash);
    if (!isNamed) throw new ProtocolError("UNAVAILABLE", { slot, expected: "what it names" });
    const isProven = await this.#provenFor(item, terms);
    const message = checkMessage(item, network, terms, isProven);
    return { envelope: item, message, entry, entryHash: entryHashOf(item.entry) };
  }

  /** Of a sender that has to be proven, every slot up to the one that sent the message. */
  #provenFor(message: LogItem, terms: SpawnTerms | null): Promise<IsProven> {
    const { source } = this.#options;
    const sender = source.sender ?? (async () => null);
    return provenFor(this.#chains, { message, terms }, sender);
  }

  #same(slot: number, bytes: Uint8Array): ReturnType<typeof entryRecord.decode> {
    const expected = this.#slots[slot]?.entryHash;
    const got = entryHashOf(bytes);
    if (expected === undefined || !equalBytes(expected, got))
      this.#refuseOther(slot, expected, got);
    return entryRecord.decode(bytes);
  }

  #refuseOther(slot: number, expected: Digest | undefined, got: Digest | null): never {
    throw new ProtocolError("ENTRY_CHAIN", {
      slot,
      expected: expected === undefined ? "an entry" : `${idText(expected)}, as audited before`,
      got: got === null ? "no entry" : idText(got),
    });
  }
}
