/**
 * Reads one process's log from its scheduler, and checks every entry as everyone does. The log ends
 * before the first faulty entry.
 *
 * @module
 */

import type { ProvenChains } from "../src/client/proven-chains.ts";
import { provenSlot } from "../src/client/proven-client.ts";
import { type EvidenceSource, type ProvenMessage, provenFor } from "../src/client/proven-follow.ts";
import type { SchedulerClient } from "../src/client/scheduler-client.ts";
import type { SignatureVerifier } from "../src/crypto/signature.ts";
import type { StoredEntry } from "../src/node/store/ports/log-store.ts";
import type { ResultStore } from "../src/node/store/ports/result-store.ts";
import { type CheckedEntry, checkEntry, type LogContext } from "../src/protocol/check.ts";
import { type ChainTip, entryRecord, tipOf } from "../src/protocol/entry.ts";
import type { LogItem, LogPage } from "../src/protocol/envelope.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { type Digest, idText, messageIdOf } from "../src/protocol/ids.ts";
import { type IsProven, nothingProven } from "../src/protocol/provenance.ts";
import { type SpawnTerms, termsOfSpawn } from "../src/protocol/spawn.ts";
import { storedEntry } from "./inputs.ts";
import type { LogFault } from "./process.machine.ts";

/** The scheduler that a process's spawn names. */
export interface LogSource {
  readonly client: SchedulerClient;
  readonly address: Digest;
}

/** What one look at the log brought. */
export interface LogNews {
  /** Checked, and not stored yet: evaluated may be before, nothing kept of it. */
  readonly entries: readonly StoredEntry[];
  /** The scheduler says that it has no more. */
  readonly isEnd: boolean;
  /** The log ends here: nothing after this is ever read. */
  readonly fault: LogFault | null;
}

/** Entries that one look takes at most. */
export const pageEntries = 256;

export class LogReader {
  readonly #process: Digest;
  readonly #network: Digest;
  readonly #results: ResultStore;
  readonly #verifier: SignatureVerifier;
  readonly #chains: ProvenChains | undefined;
  #terms: SpawnTerms | null = null;
  #tip: ChainTip | null = null;

  constructor(options: {
    readonly process: Digest;
    readonly network: Digest;
    readonly results: ResultStore;
    readonly verifier: SignatureVerifier;
    /** What the unit has verified of those that send to a process which demands `proven`. */
    readonly chains: ProvenChains | undefined;
  }) {
    this.#process = options.process;
    this.#network = options.network;
    this.#results = options.results;
    this.#verifier = options.verifier;
    this.#chains = options.chains;
  }

  /** The slot that is read next. */
  get next(): number {
    return this.#tip === null ? 0 : this.#tip.slot + 1;
  }

  /** What the spawn fixed; null until slot 0 is known. */
  get terms(): SpawnTerms | null {
    return this.#terms;
  }

  /** Takes up where the kept entries end; answers those from `from` on. */
  async resume(from: number): Promise<readonly StoredEntry[]> {
    // What was read last may not have been kept.
    this.#tip = null;
    this.#terms = null;
    const [first] = await this.#results.entries(this.#process, 0, 1);
    if (first === undefined) return [];
    this.#terms = termsOfSpawn(first.body);
    const kept: StoredEntry[] = [];
    // The tip stands one before, so one page more than needed is never missing.
    for (let at = Math.max(0, from - 1); ; ) {
      const page = await this.#results.entries(this.#process, at, pageEntries);
      const last = page.at(-1);
      if (last === undefined) return kept;
      kept.push(...page.filter((entry) => entry.slot >= from));
      this.#tip = tipOf(entryRecord.decode(last.entry), last.entry);
      at = last.slot + 1;
    }
  }

  /**
   * Asks for what comes next, waiting up to `waitMs` for it. Rejects with a `UnitCallError` where the
   * scheduler does not answer.
   */
  ask(source: LogSource, waitMs: number, signal: AbortSignal): Promise<LogPage> {
    const query = { from: this.next, limit: pageEntries, waitMs, signal };
    return source.client.log(this.#process, query);
  }

  /**
   * Takes a page that begins with the slot that is read next; all slots before it have their results.
   * Rejects with `UNAVAILABLE` where the scheduler has not the bytes of the next entry.
   */
  async take({ items, next }: LogPage, source: LogSource, signal: AbortSignal): Promise<LogNews> {
    const { checked, fault, missing } = await this.#checkAll(items, source, signal);
    const { good, forged } = await this.#verifyAll(checked);
    // What came before is taken first: the next look at the log ends here.
    if (missing !== null && checked.length === 0) throw missing;
    const entries = good.map(({ item, entry }) => storedEntry(item, entry));
    const last = good.at(-1);
    if (last !== undefined) {
      this.#terms = last.entry.terms;
      this.#tip = last.entry.tip;
    }
    const isEnd = missing === null && this.next >= next;
    return { entries, fault: forged ?? fault, isEnd };
  }

  async #checkAll(
    items: readonly LogItem[],
    source: LogSource,
    signal: AbortSignal,
  ): Promise<{
    readonly checked: readonly CheckedItem[];
    readonly fault: LogFault | null;
    readonly missing: ProtocolError | null;
  }> {
    const seen = await this.#seenAmong(items);
    const good: CheckedItem[] = [];
    let log: LogContext = {
      network: this.#network,
      process: this.#process,
      scheduler: source.address,
      terms: this.#terms,
      tip: this.#tip,
      seen: (id) => seen.has(idText(id)),
    };
    for (const item of items) {
      try {
        const isProven = await this.#provenFor({ message: item, terms: log.terms }, source, signal);
        const entry = checkEntry(item, { ...log, isProven });
        good.push({ item, entry });
        seen.add(idText(entry.message.id));
        log = { ...log, terms: entry.terms, tip: entry.tip };
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        if (error.code === "UNAVAILABLE") return { checked: good, fault: null, missing: error };
        return { checked: good, fault: faultOf(log.tip, error), missing: null };
      }
    }
    return { checked: good, fault: null, missing: null };
  }

  /** What this unit has verified of a message's sender, with what the scheduler serves of it. */
  async #provenFor(
    message: ProvenMessage,
    { client }: LogSource,
    signal: AbortSignal,
  ): Promise<IsProven> {
    if (this.#chains === undefined) return nothingProven;
    const source: EvidenceSource = (process, slot) => provenSlot(client.unit, process, slot);
    return provenFor(this.#chains, message, source, signal);
  }

  /** Those messages of a page that earlier slots have. */
  async #seenAmong(items: readonly LogItem[]): Promise<Set<string>> {
    const ids = items.map((item) => messageIdOf(item.body));
    const slots = await Promise.all(
      ids.map((id) => this.#results.slotOfMessage(this.#process, id)),
    );
    // What stands in the very place that is read was stored by a commit of which nobody heard.
    const isEarlier = (slot: number | null | undefined, place: number): boolean =>
      slot !== null && slot !== undefined && slot < place;
    return new Set(ids.filter((_, i) => isEarlier(slots[i], this.next + i)).map(idText));
  }

  /** Everything before the first entry whose signatures do not hold. */
  async #verifyAll(
    checked: readonly CheckedItem[],
  ): Promise<{ readonly good: readonly CheckedItem[]; readonly forged: LogFault | null }> {
    const claims = checked.flatMap(({ entry }) => entry.message.claims);
    const verdicts = claims.length === 0 ? [] : await this.#verifier.verify(claims);
    let at = 0;
    for (const [i, { entry }] of checked.entries()) {
      const count = entry.message.claims.length;
      const holds = verdicts.slice(at, at + count).every((verdict) => verdict);
      at += count;
      if (holds) continue;
      const error = new ProtocolError("SIGNATURE_INVALID", { slot: entry.entry.slot });
      const { slot } = entry.entry;
      return {
        good: checked.slice(0, i),
        forged: { code: error.code, slot, detail: error.message },
      };
    }
    return { good: checked, forged: null };
  }
}

interface CheckedItem {
  readonly item: LogItem;
  readonly entry: CheckedEntry;
}

function faultOf(tip: ChainTip | null, error: ProtocolError): LogFault {
  return { code: error.code, slot: tip === null ? 0 : tip.slot + 1, detail: error.message };
}
