/**
 * Follows the heads of one scheduler's log (spec/15-heads.md §7), for whoever waits for its entries to be
 * covered: asks for all of them at once, checks one signature and one consistency proof a head, and a path
 * for each entry. What was seen is never unsaid: a head that does not follow from the newest one ends it.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { SignatureClaim, SignatureVerifier } from "../crypto/signature.ts";
import type { LogOwner } from "../log/check-log-receipt.ts";
import type { TreeView } from "../log/consistency.ts";
import { checkInclusion, judgeHead } from "../log/follow-head.ts";
import { type Cosigner, cosignatureClaim, parseHead, type SignedHead } from "../log/head.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { headKeyClaim, headKeyRecord } from "../protocol/head-key.ts";
import { idText } from "../protocol/ids.ts";
import { receiptPlacesMax } from "../protocol/limits.ts";
import type {
  EntryPlace,
  LogReceipt,
  LogReceipts,
  WitnessQuorum,
} from "../protocol/log-receipt.ts";
import { quorumClaims } from "./quorum-claims.ts";
import type { SchedulerClient } from "./scheduler-client.ts";

/** A log's key and newest head, as they are kept. */
export interface SeenHead {
  /** The head-key record. */
  readonly headKey: Uint8Array;
  /** The signed head. */
  readonly note: Uint8Array;
}

/** Where what was seen outlives the program. */
export interface HeadMemory {
  load(): Promise<SeenHead | null>;
  /** Told of each newer head, in order. */
  keep(seen: SeenHead, head: TreeView): Promise<void>;
}

/** Two things that a scheduler said of one log, which do not go together. */
export interface HeadConflict {
  readonly known: SeenHead;
  readonly other: SeenHead;
  /** That the other head was said to follow from the known one. */
  readonly consistency: readonly Uint8Array[];
}

export interface HeadFollowerOptions {
  readonly client: Pick<SchedulerClient, "receipts">;
  /** The network, and the scheduler that the processes' spawns name. */
  readonly owner: LogOwner;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly memory?: HeadMemory;
  /** Told once. From then on nothing of this log is covered. */
  readonly onConflict?: (conflict: HeadConflict) => void;
  /** Told of each failed look. */
  readonly onFailure?: (error: unknown) => void;
}

/** An entry to be covered. */
export interface AwaitedEntry extends EntryPlace {
  /** Its canonical bytes. */
  readonly entry: Uint8Array;
}

interface Awaiting {
  readonly awaited: AwaitedEntry;
  readonly resolve: (receipt: LogReceipt | null) => void;
  readonly reject: (error: ProtocolError) => void;
}

/** Those that wait for heads with the same cosignatures. */
interface Lane {
  readonly quorum: WitnessQuorum;
  readonly waiting: Set<Awaiting>;
  /** Ends the pause before the next look. */
  wake: AbortController;
  running: boolean;
}

/** A checked answer: its head, and the key that signed it. */
interface CheckedAnswer {
  readonly answer: LogReceipts;
  readonly signed: SignedHead;
  readonly headKey: Uint8Array;
}

const noQuorum: WitnessQuorum = { units: [], count: 0 };
/** How long one look waits for a head. */
const lookMs = 20_000;
/** Pauses after a look that brought nothing, or failed. */
const pauseMinMs = 10;
const pauseMaxMs = 5_000;

/** See the module comment. */
export class HeadFollower {
  readonly #options: HeadFollowerOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #stopping = new AbortController();
  #loaded: Promise<void> | null = null;
  #seen: (SeenHead & { readonly head: TreeView }) | null = null;
  #conflict: ProtocolError | null = null;

  constructor(options: HeadFollowerOptions) {
    this.#options = options;
  }

  /** Why nothing of this log is covered any more; null while all is well. */
  get conflict(): ProtocolError | null {
    return this.#conflict;
  }

  /**
   * The receipt of an entry, as soon as a head covers it that follows from all seen before and has the
   * cosignatures; null where the signal aborts first. Rejects with `CONSISTENCY_INVALID` where the log
   * has two histories, and with `INCLUSION_INVALID`.
   */
  covered(
    awaited: AwaitedEntry,
    {
      signal,
      quorum = noQuorum,
    }: { readonly signal: AbortSignal; readonly quorum?: WitnessQuorum },
  ): Promise<LogReceipt | null> {
    if (this.#conflict !== null) return Promise.reject(this.#conflict);
    if (signal.aborted || this.#stopping.signal.aborted) return Promise.resolve(null);
    const lane = this.#laneOf(quorum);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        lane.waiting.delete(awaiting);
        signal.removeEventListener("abort", leave);
        resolve(null);
      };
      const end = (settle: () => void): void => {
        signal.removeEventListener("abort", leave);
        settle();
      };
      const awaiting: Awaiting = {
        awaited,
        resolve: (receipt) => end(() => resolve(receipt)),
        reject: (error) => end(() => reject(error)),
      };
      signal.addEventListener("abort", leave, { once: true });
      lane.waiting.add(awaiting);
      lane.wake.abort();
      if (!lane.running) void this.#run(lane);
    });
  }

  /** Ends all waits with null. */
  stop(): void {
    this.#stopping.abort();
    for (const { waiting } of this.#lanes.values()) {
      for (const { resolve } of waiting) resolve(null);
      waiting.clear();
    }
  }

  #laneOf(quorum: WitnessQuorum): Lane {
    const key = `${quorum.count} ${quorum.units.map(idText).join(" ")}`;
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const lane = { quorum, waiting: new Set<Awaiting>(), wake: new AbortController() };
    const made: Lane = { ...lane, running: false };
    this.#lanes.set(key, made);
    return made;
  }

  /** Never rejects. Ends in the turn in which nobody waits: whoever comes later begins it anew. */
  async #run(lane: Lane): Promise<void> {
    lane.running = true;
    const { onFailure } = this.#options;
    let pauseMs = pauseMinMs;
    // What asks in the same turn is asked for together.
    await Promise.resolve();
    while (lane.waiting.size > 0) {
      const count = await this.#look(lane).catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) onFailure?.(error);
        return 0;
      });
      if (this.#conflict !== null) for (const one of lane.waiting) one.reject(this.#conflict);
      if (this.#conflict !== null) lane.waiting.clear();
      pauseMs = count > 0 ? pauseMinMs : Math.min(2 * pauseMs, pauseMaxMs);
      if (count === 0 && lane.waiting.size > 0) await this.#pause(lane, pauseMs);
    }
    lane.running = false;
    if (lane.waiting.size === 0) this.#forget(lane);
  }

  #forget(lane: Lane): void {
    for (const [key, one] of this.#lanes) if (one === lane) this.#lanes.delete(key);
  }

  async #pause(lane: Lane, ms: number): Promise<void> {
    lane.wake = new AbortController();
    // Who comes new may be covered already; who has waited long is not asked for all the more often.
    const news = ms < 100 ? [] : [lane.wake.signal];
    const signal = AbortSignal.any([this.#stopping.signal, ...news]);
    await this.#options.clock.sleep(ms, signal).catch(() => undefined);
  }

  /** Asks for those that wait; answers how many were covered. */
  async #look(lane: Lane): Promise<number> {
    await this.#load();
    const asked = [...lane.waiting].slice(0, receiptPlacesMax);
    const known = this.#seen;
    const places = asked.map(({ awaited: { process, slot } }) => ({ process, slot }));
    const query = { since: known?.head.size ?? 0, witnesses: lane.quorum, places };
    const { signal } = this.#stopping;
    const answer = await this.#options.client.receipts(query, { waitMs: lookMs, signal });
    if (answer === null || answer.places.length !== places.length) return 0;
    const checked = await this.#checked(answer, lane.quorum);
    // Another lane went on in between: what follows from the head before need not follow from this one.
    if (this.#seen !== known) return 1;
    if (!this.#follow(checked)) return 0;
    return this.#settle(lane, asked, checked);
  }

  async #load(): Promise<void> {
    this.#loaded ??= this.#loadSeen();
    await this.#loaded;
  }

  async #loadSeen(): Promise<void> {
    const seen = (await this.#options.memory?.load()) ?? null;
    if (seen !== null) this.#seen = { ...seen, head: parseHead(seen.note).head };
  }

  /** The answer, whose signatures hold. Throws a code. */
  async #checked(answer: LogReceipts, quorum: WitnessQuorum): Promise<CheckedAnswer> {
    const { owner, verifier } = this.#options;
    const headKey = answer.headKey ?? this.#seen?.headKey ?? null;
    if (headKey === null) throw new ProtocolError("HEAD_KEY_INVALID", { expected: "a record" });
    const statement = headKeyRecord.decode(headKey);
    const { origin } = statement;
    const signed = parseHead(answer.head);
    if (signed.head.origin !== origin) {
      throw new ProtocolError("HEAD_INVALID", { expected: origin, got: signed.head.origin });
    }
    const own: Cosigner = { name: origin, publicKey: statement.headKey };
    const claims: SignatureClaim[] = [headKeyClaim(statement, owner)];
    const head = cosignatureClaim(signed, own);
    if (head !== null) claims.push(head);
    claims.push(...quorumClaims(signed, quorum, answer.witnesses));
    const verdicts = await verifier.verify(claims);
    if (head !== null && verdicts.every((holds) => holds)) return { answer, signed, headKey };
    throw new ProtocolError("HEAD_INVALID", { expected: "signatures that hold", got: origin });
  }

  /** True where the head is the newest one seen, now or before. */
  #follow({ answer, signed, headKey }: CheckedAnswer): boolean {
    const known = this.#seen;
    const { consistency, head: note } = answer;
    const verdict = judgeHead(known?.head ?? null, signed.head, consistency);
    if (verdict === "stale") return false;
    if (verdict !== "good" && known !== null) {
      this.#conflict = new ProtocolError("CONSISTENCY_INVALID", {
        expected: `a head that goes on from ${known.head.size} leaves`,
        got: `${signed.head.size} leaves, ${verdict}`,
      });
      this.#options.onConflict?.({ known, other: { headKey, note }, consistency });
      return false;
    }
    if (known !== null && known.head.size === signed.head.size) return true;
    const seen = { headKey, note };
    this.#seen = { ...seen, head: signed.head };
    const { memory, onFailure } = this.#options;
    void memory?.keep(seen, signed.head).catch((error: unknown) => onFailure?.(error));
    return true;
  }

  #settle(lane: Lane, asked: readonly Awaiting[], checked: CheckedAnswer): number {
    const { answer, signed, headKey } = checked;
    let count = 0;
    for (const [i, awaiting] of asked.entries()) {
      const leaf = answer.places[i] ?? null;
      if (leaf === null) continue;
      count++;
      lane.waiting.delete(awaiting);
      try {
        checkInclusion(awaiting.awaited.entry, leaf, signed.head);
        awaiting.resolve({ ...leaf, head: answer.head, headKey });
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        awaiting.reject(error);
      }
    }
    return count;
  }
}
