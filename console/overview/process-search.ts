/**
 * Search in the list of processes as it is typed. The text of each row is made once, so that ten
 * thousand rows cost one pass over short strings.
 *
 * @module
 */

import type { ProcessSummary } from "../../src/protocol/http.ts";

/** Rows with what is searched in them. Rows are only ever added. */
export class ProcessSearch {
  readonly #rows: ProcessSummary[] = [];
  /** Names in small letters; ids as they are. */
  readonly #names: string[] = [];
  readonly #ids: string[] = [];

  get rows(): readonly ProcessSummary[] {
    return this.#rows;
  }

  add(rows: readonly ProcessSummary[]): void {
    for (const row of rows) {
      this.#rows.push(row);
      this.#names.push(row.name?.toLowerCase() ?? "");
      this.#ids.push([row.id, row.module, row.owner.id].join(" "));
    }
  }

  /**
   * Rows that have all words of the query, in their order: in the name whatever the case, in an id as it
   * is written. Without words, all.
   */
  find(query: string): readonly ProcessSummary[] {
    const words = query.split(/\s+/).filter((word) => word !== "");
    if (words.length === 0) return this.#rows;
    const lower = words.map((word) => word.toLowerCase());
    return this.#rows.filter((_, i) => {
      const name = this.#names[i] ?? "";
      const ids = this.#ids[i] ?? "";
      return words.every((word, at) => name.includes(lower[at] ?? "") || ids.includes(word));
    });
  }
}
