/**
 * Search in the list of processes as it is typed. The text of each row is made once, so that ten
 * thousand rows cost one pass over short strings.
 *
 * @module
 */

import type { ProcessRow } from "../network/reads.ts";

/** Rows with what is searched in them. Rows are only ever added. */
export class ProcessSearch {
  readonly #rows: ProcessRow[] = [];
  readonly #texts: string[] = [];

  get rows(): readonly ProcessRow[] {
    return this.#rows;
  }

  add(rows: readonly ProcessRow[]): void {
    for (const row of rows) {
      this.#rows.push(row);
      this.#texts.push(
        `${row.name?.toLowerCase() ?? ""}\n${row.id}\n${row.module}\n${row.owner.id}`,
      );
    }
  }

  /**
   * Rows that have all words of the query, in their order: in the name whatever the case, in an id as it
   * is written. Without words, all.
   */
  find(query: string): readonly ProcessRow[] {
    const words = query.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) return this.#rows;
    const lower = words.map((word) => word.toLowerCase());
    return this.#rows.filter((_, i) => {
      const text = this.#texts[i] ?? "";
      return words.every((word, at) => {
        const inName = lower[at] ?? "";
        return text.includes(word) || text.slice(0, text.indexOf("\n")).includes(inName);
      });
    });
  }
}
