/**
 * Follows a scheduler's log (spec/16-evidence.md §4): every head must be of a tree that the one before
 * begins, every leaf an entry that goes with all others, every message one that anyone would take. What
 * convicts is a file; the rest is said, and is not a lie by itself.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { checkHead } from "../log/check-log-receipt.ts";
import { headSeconds, secondsAway } from "../log/entry-time.ts";
import { ownerOf } from "../log/evidence-judge.ts";
import { compareHeads } from "../log/fork-evidence.ts";
import { parseHead, type SignedHead } from "../log/head.ts";
import { LogWatch, suspicionEvidence } from "../log/log-watch.ts";
import { SeenEntries } from "../log/seen-entries.ts";
import { referenceSignatures, type Signatures } from "../log/signatures.ts";
import { type TilePlace, tileWidth } from "../log/tiles.ts";
import { entryRecord } from "../protocol/entry.ts";
import { checked, ProtocolError } from "../protocol/errors.ts";
import { type HeadKeyStatement, headKeyRecord } from "../protocol/head-key.ts";
import { idText } from "../protocol/ids.ts";
import { type Finding, Findings } from "./findings.ts";
import { LogMirror } from "./log-mirror.ts";
import type { LogSource } from "./log-source.ts";
import type { MonitorStore } from "./monitor-store.ts";
import type { MonitoredMessages } from "./monitored-messages.ts";

export interface LogMonitorOptions {
  readonly source: LogSource;
  readonly store: MonitorStore;
  /** Null where messages are not looked at. */
  readonly messages: MonitoredMessages | null;
  /** Heads of this log that others have seen, by its origin; those that cannot be had now are left out. */
  readonly seenByOthers: (origin: string) => Promise<readonly Uint8Array[]>;
  /** A simulation has its own. */
  readonly signatures?: Signatures;
}

export class LogMonitor {
  readonly #options: LogMonitorOptions;
  readonly #signatures: Signatures;
  readonly #watch: LogWatch;
  readonly #mirror = new LogMirror();
  readonly #entries: SeenEntries = new SeenEntries((at) => this.#mirror.leaf(at));
  #headKey: Uint8Array | null = null;
  #head: Uint8Array | null = null;
  readonly #findings: Findings;

  private constructor(options: LogMonitorOptions) {
    this.#options = options;
    this.#signatures = options.signatures ?? referenceSignatures;
    this.#watch = new LogWatch(this.#signatures);
    this.#findings = new Findings(this.#signatures);
  }

  /** A monitor that knows what it kept. What it kept and cannot read it reads again. */
  static async open(options: LogMonitorOptions): Promise<LogMonitor> {
    const monitor = new LogMonitor(options);
    await monitor.#resume();
    return monitor;
  }

  /** Leaves that were read and checked. */
  get size(): number {
    return this.#mirror.size;
  }

  get origin(): string | null {
    return this.#headKey === null ? null : headKeyRecord.decode(this.#headKey).origin;
  }

  /** The processes of the log, with the entries that each has. */
  processes(): ReturnType<SeenEntries["processes"]> {
    return this.#entries.processes();
  }

  async #resume(): Promise<void> {
    const { store } = this.#options;
    this.#headKey = await store.headKey();
    const head = await store.head();
    if (this.#headKey === null || head === null) return;
    this.#watch.takeHead(head, this.#headKey);
    const { size, root } = parseHead(head).head;
    for (let tile = 0; tile * tileWidth < size; tile++) {
      const leaves = await store.leaves(tile);
      for (const leaf of leaves.slice(0, size - tile * tileWidth)) this.#take(leaf);
    }
    if (this.#mirror.size === size && equalBytes(this.#mirror.root(), root)) this.#head = head;
    else throw new ProtocolError("HOST_FAULT", { expected: "kept leaves under the kept head" });
  }

  /** One look. Rejects where the log does not answer. */
  async look(): Promise<readonly Finding[]> {
    this.#findings.clear();
    const { source, store } = this.#options;
    const headKey = await source.headKey();
    if (headKey === null)
      return this.#findings.say("HEAD_KEY_MISSING", `${source.url} states no head key`);
    const statement = this.#takeHeadKey(headKey);
    if (statement === null) return this.#findings.all;
    if (this.#headKey === null) await store.keepHeadKey(headKey);
    this.#headKey ??= headKey;
    // Asked first: whatever others have seen by now, the scheduler has signed before.
    const others = await this.#options.seenByOthers(statement.origin);
    const note = await source.checkpoint();
    if (note === null) return this.#findings.say("HEAD_MISSING", `${source.url} shows no head`);
    const head = this.#takeHead(note);
    if (head !== null) await this.#follow(note, head);
    for (const other of others) await this.#holdAgainst(other);
    const ahead = await store.ahead();
    if (ahead !== null) await this.#holdAgainst(ahead);
    return this.#findings.all;
  }

  #takeHeadKey(record: Uint8Array): HeadKeyStatement | null {
    const known = this.#headKey;
    if (known !== null) this.#watch.takeHeadKey(known);
    const second = this.#watch.takeHeadKey(record);
    if (second !== null) this.#findings.take(second);
    const read = checked(() => headKeyRecord.decode(known ?? record));
    if (read.ok) return read.value;
    this.#findings.say("HEAD_KEY_INVALID", read.error.message);
    return null;
  }

  /** A head under the log's own key; null where it is none. */
  #takeHead(note: Uint8Array): SignedHead | null {
    const headKey = this.#headKey;
    if (headKey === null) return null;
    const accusation = this.#watch.takeHead(note, headKey);
    if (accusation !== null) {
      this.#findings.take(accusation);
    }
    const read = checked(() => {
      const owner = ownerOf(headKeyRecord.decode(headKey));
      return checkHead({ head: note, headKey }, owner, this.#signatures).signed;
    });
    if (read.ok) return read.value;
    if (accusation === null) this.#findings.say(read.error.code, read.error.message);
    return null;
  }

  async #follow(note: Uint8Array, { head }: SignedHead): Promise<void> {
    if (this.#head !== null && head.size <= this.#mirror.size) {
      await this.#holdAgainst(note);
      return;
    }
    const { store } = this.#options;
    const from = this.#mirror.tileStart;
    const leaves = await this.#read(from, head.size);
    const differs = this.#mirror.differsFrom(leaves, from);
    const fresh = leaves.slice(this.#mirror.size - from);
    const probe = differs === null ? this.#mirror.rootWith(fresh) : null;
    if (probe === null || !equalBytes(probe, head.root)) return this.#forked(note, differs);
    const before = this.#mirror.size;
    for (const leaf of fresh) {
      const suspicion = this.#take(leaf);
      if (suspicion !== null) await this.#suspect(suspicion, note);
    }
    this.#checkTimes(before, note);
    for (let tile = from / tileWidth; tile * tileWidth < head.size; tile++) {
      const first = tile * tileWidth;
      await store.keepLeaves(tile, this.#mirror.leavesFrom(first).slice(0, tileWidth));
    }
    this.#head = note;
    await store.keepHead(note);
    await this.#checkMessages(before, note);
  }

  /** Leaves of the tiles from `from` to a size. */
  async #read(from: number, size: number): Promise<readonly Uint8Array[]> {
    const leaves: Uint8Array[] = [];
    for (let first = from; first < size; first += tileWidth) {
      const place: Omit<TilePlace, "level"> = {
        index: first / tileWidth,
        width: Math.min(tileWidth, size - first),
      };
      leaves.push(...(await this.#options.source.leaves(place)));
    }
    return leaves;
  }

  #take(leaf: Uint8Array): ReturnType<SeenEntries["take"]> {
    const at = this.#mirror.size;
    this.#mirror.append(leaf);
    if (at === 0) return this.#takeFirst(leaf);
    const entry = checked(() => entryRecord.decode(leaf));
    if (!entry.ok) {
      this.#findings.say("LEAF_MALFORMED", `leaf ${at} is no entry: ${entry.error.message}`);
      return null;
    }
    const { process, slot } = entry.value;
    const newest = this.#entries.newest(process);
    if (slot > (newest ?? -1) + 1) {
      const missing = `slot ${(newest ?? -1) + 1} of ${idText(process)}`;
      this.#findings.say(
        "SLOT_MISSING",
        `leaf ${at} is slot ${slot}, and ${missing} is nowhere before it`,
      );
    }
    return this.#entries.take(leaf, at);
  }

  #takeFirst(leaf: Uint8Array): null {
    const stated = this.#headKey;
    const read = checked(() => headKeyRecord.decode(leaf));
    if (!read.ok || stated === null) {
      this.#findings.say("LEAF_MALFORMED", "leaf 0 is no head-key record");
    } else {
      const second = this.#watch.takeHeadKey(leaf);
      if (second !== null) this.#findings.take(second);
    }
    return null;
  }

  async #suspect(
    suspicion: NonNullable<ReturnType<SeenEntries["take"]>>,
    head: Uint8Array,
  ): Promise<void> {
    const headKey = this.#headKey;
    if (headKey === null) return;
    const places = suspicion.entries.map(({ treeIndex }) => treeIndex);
    const receipts = await Promise.all(
      places.map((at) => this.#mirror.receipt(at, { head, headKey })),
    );
    const detail = `leaves ${places.join(" and ")} do not go together`;
    this.#findings.accuse(suspicionEvidence(suspicion, receipts), { code: "ENTRY_FAULTY", detail });
  }

  /** A timestamp is a claim; the heads around it are claims too, but earlier ones. */
  #checkTimes(before: number, note: Uint8Array): void {
    const [from, to] = [this.#head === null ? null : headSeconds(this.#head), headSeconds(note)];
    for (let at = Math.max(before, 1); at < this.#mirror.size; at++) {
      const entry = checked(() => entryRecord.decode(this.#mirror.leaf(at)));
      if (!entry.ok) continue;
      const { process, slot, timestamp } = entry.value;
      if (secondsAway(timestamp, { before: from, after: to }) === null) continue;
      const time = new Date(timestamp).toISOString();
      this.#findings.say("TIME_FAR", `slot ${slot} of ${idText(process)} says ${time}`);
    }
  }

  /** What the log shows is not what it showed before, or not what its own head says. */
  async #forked(note: Uint8Array, differs: number | null): Promise<void> {
    const [earlier, headKey] = [this.#head, this.#headKey];
    const { source } = this.#options;
    if (earlier === null || headKey === null) {
      this.#findings.say("LEAVES_WITHHELD", "the leaves that it shows are not under its head");
      return;
    }
    const found = await compareHeads({ headKey, earlier, later: note }, source.tile);
    const place = differs === null ? "new leaves" : `leaf ${differs}`;
    if (found.kind === "forked") {
      this.#findings.accuse(found.evidence, {
        code: "FORKED",
        detail: "its tree is another one now",
      });
    } else if (found.kind === "grown") {
      this.#findings.say("LEAVES_WITHHELD", `${place} that it shows are not under its head`);
    } else this.#findings.say("TILES_WITHHELD", "the tiles that it shows are not under its head");
  }

  /** Holds a head that was shown anywhere against what was read. */
  async #holdAgainst(note: Uint8Array): Promise<void> {
    const [own, headKey] = [this.#head, this.#headKey];
    const shown = this.#takeHead(note);
    if (shown === null || own === null || headKey === null) return;
    const { size, root } = shown.head;
    if (size > this.#mirror.size) {
      await this.#options.store.keepAhead(note);
      const detail = `a head of ${size} leaves was signed, and it shows ${this.#mirror.size}`;
      this.#findings.say("ROLLED_BACK", detail);
      return;
    }
    if (size < 1 || equalBytes(await this.#mirror.rootOf(size), root)) return;
    const heads = { headKey, earlier: note, later: own };
    const found = await compareHeads(heads, this.#mirror.tile);
    if (found.kind !== "forked") return;
    this.#findings.accuse(found.evidence, {
      code: "FORKED",
      detail: `two trees of ${size} leaves`,
    });
  }

  async #checkMessages(before: number, head: Uint8Array): Promise<void> {
    const [{ messages }, headKey] = [this.#options, this.#headKey];
    if (messages === null || headKey === null) return;
    const leaves = this.#mirror.leavesFrom(before).map((leaf, i) => ({ leaf, at: before + i }));
    const receipt = (at: number): Promise<Uint8Array> =>
      this.#mirror.receipt(at, { head, headKey });
    const owner = ownerOf(headKeyRecord.decode(headKey));
    const bound = { owner, receiptAt: receipt };
    for (const finding of await messages.check(leaves, bound)) {
      this.#findings.say(finding.code, finding.detail, finding.file);
    }
  }
}
