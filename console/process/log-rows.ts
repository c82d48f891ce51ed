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
  /** What is searched, in small letters; ids as they are, behind a line break. */
  readonly text: string;
}

export interface LogFilter {
  readonly query: string;
  readonly only: "all" | "failed" | "unproven";
}

/** A row of an entry. */
export function rowOf(entry: EntryView): LogRow {
  const { slot, messageId, timestamp, message } = entry;
  const { from, tags, data } = message;
  const words = [
    ...tags.map(({ name, value }) => `${name} ${value}`),
    data === null ? "" : data.slice(0, searchedDataMax),
  ];
  const text = `${words.join(" ").toLowerCase()}\n${slot} ${messageId} ${from.id}`;
  return { slot, message: messageId, action: actionOf(message), from, at: timestamp, text };
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
    for (const entry of entries) {
      this.#rows.set(entry.slot, rowOf(entry));
      this.reaches(entry.slot + 1);
    }
  }

  addResults(results: readonly ResultRow[]): void {
    for (const { slot, exit, gasUsed, finality, proof } of results) {
      this.#results.set(slot, { slot, exit, gasUsed, finality, proof });
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
  find({ query, only }: LogFilter): readonly number[] | null {
    const words = query.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0 && only === "all") return null;
    const lower = words.map((word) => word.toLowerCase());
    const found: number[] = [];
    for (let slot = this.#next - 1; slot >= 0; slot--) {
      const row = this.#rows.get(slot);
      if (row === undefined || !passes(this.#results.get(slot), only)) continue;
      if (words.every((word, i) => has(row.text, word, lower[i] ?? ""))) found.push(slot);
    }
    return found;
  }
}

/** The word as it stands, or small among the words of tags and data. */
function has(text: string, word: string, lower: string): boolean {
  const at = text.indexOf(lower);
  return at >= 0 && at < text.indexOf("\n") ? true : text.includes(word);
}

function passes(result: ResultRow | undefined, only: LogFilter["only"]): boolean {
  if (only === "all") return true;
  if (only === "failed") return result?.exit === "failed";
  return result?.proof.state !== "proven";
}
