/**
 * The part of a log that the page holds: rows by slot with holes, read in pages as one scrolls, and
 * searched without asking anybody. Pure: what is missing is named, others fetch it.
 *
 * @module
 */

import type { MessageView } from "../../src/protocol/view.ts";
import type { EntryView, ResultRow } from "./process-reads.ts";

/** Entries that are read at once. */
export const pageSlots = 128;
/** How much of a message's data is searched. */
const searchedDataMax = 160;

/** What is shown of an entry in a list. */
export interface LogRow {
  readonly slot: number;
  readonly message: string;
  /** The tag `Action`, or what else it is. */
  readonly action: string;
  readonly from: { readonly kind: "key" | "process"; readonly id: string };
  readonly at: number;
  /** What is searched whatever the case, in small letters: tags and data. */
  readonly words: string;
  /** What is searched as it is: slot and ids. */
  readonly ids: string;
}

export interface LogFilter {
  readonly query: string;
  readonly only: "all" | "failed" | "unproven";
}

/** A row of an entry. */
export function rowOf(entry: EntryView): LogRow {
  const { slot, messageId, timestamp, message } = entry;
  const { from, tags, data } = message;
  const searched = tags.map(({ name, value }) => `${name} ${value}`);
  if (data !== null) searched.push(data.slice(0, searchedDataMax));
  // `join` makes flat strings: joined with `+` each would be flattened by the first search, all at once.
  const words = searched.join(" ").toLowerCase();
  const ids = [slot, messageId, from.id].join(" ");
  return { slot, message: messageId, action: actionOf(message), from, at: timestamp, words, ids };
}

function actionOf({ tags, target }: MessageView): string {
  if (target === null) return "Spawn";
  return tags.find(({ name }) => name === "Action")?.value ?? "–";
}

/** Rows and results by slot. */
export class LogRows {
  readonly #rows = new Map<number, LogRow>();
  readonly #results = new Map<number, ResultRow>();
  #next = 0;
  /** The last search, while the rows are the same. */
  #last: { readonly filter: LogFilter; readonly found: readonly number[] } | null = null;

  /** The slot that comes next: the log's length. */
  get next(): number {
    return this.#next;
  }

  /** Rows that are here. */
  get held(): number {
    return this.#rows.size;
  }

  /** The log has at least this many entries. */
  reaches(next: number): void {
    this.#next = Math.max(this.#next, next);
  }

  add(entries: readonly EntryView[]): void {
    this.#last = null;
    for (const entry of entries) {
      this.#rows.set(entry.slot, rowOf(entry));
      this.reaches(entry.slot + 1);
    }
  }

  addResults(results: readonly ResultRow[]): void {
    this.#last = null;
    for (const { slot, exit, gasUsed, proof } of results) {
      this.#results.set(slot, { slot, exit, gasUsed, proof });
    }
  }

  row(slot: number): LogRow | undefined {
    return this.#rows.get(slot);
  }

  result(slot: number): ResultRow | undefined {
    return this.#results.get(slot);
  }

  /**
   * Pages, by their number, of which a slot from `from` to before `end` is not here. `end` may be beyond
   * the log.
   */
  missing(from: number, end: number): readonly number[] {
    const pages = new Set<number>();
    for (let slot = Math.max(0, from); slot < Math.min(end, this.#next); slot++) {
      if (!this.#rows.has(slot)) pages.add(Math.floor(slot / pageSlots));
    }
    return [...pages];
  }

  /** Pages of which a result is not here, as far as there are entries. */
  missingResults(from: number, end: number): readonly number[] {
    const pages = new Set<number>();
    for (let slot = Math.max(0, from); slot < Math.min(end, this.#next); slot++) {
      if (!this.#results.has(slot)) pages.add(Math.floor(slot / pageSlots));
    }
    return [...pages];
  }

  /** Slots of rows that are here and pass, the newest first; null where everything passes. */
  find(filter: LogFilter): readonly number[] | null {
    const words = filter.query.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0 && filter.only === "all") return null;
    const lower = words.map((word) => word.toLowerCase());
    const found: number[] = [];
    const among = this.#narrowed(filter);
    const count = among === null ? this.#next : among.length;
    // 100,000 rows while somebody types: no closure and no iterator for each of them.
    for (let i = 0; i < count; i++) {
      const slot = among === null ? count - 1 - i : (among[i] as number);
      const row = this.#rows.get(slot);
      if (row === undefined || !hasAll(row, words, lower)) continue;
      if (filter.only === "all" || passes(this.#results.get(slot), filter.only)) found.push(slot);
    }
    this.#last = { filter, found };
    return found;
  }

  /** What was found last, where what is found now must be among it: one more letter was typed. */
  #narrowed({ query, only }: LogFilter): readonly number[] | null {
    if (this.#last === null) return null;
    const { filter, found } = this.#last;
    return filter.only === only && query.startsWith(filter.query) ? found : null;
  }
}

/** The row has every word: small in its tags and data, or as it is in its ids. */
function hasAll(row: LogRow, words: readonly string[], lower: readonly string[]): boolean {
  for (let i = 0; i < words.length; i++) {
    if (!row.words.includes(lower[i] as string) && !row.ids.includes(words[i] as string)) {
      return false;
    }
  }
  return true;
}

function passes(result: ResultRow | undefined, only: "failed" | "unproven"): boolean {
  if (only === "failed") return result?.exit === "failed";
  return result?.proof.state !== "proven";
}
