/**
 * Keeps the rows of one process's log up to date: pages as they are looked at, what is new as it
 * comes, the whole log where somebody searches all of it. Views are told at most once a frame.
 *
 * @module
 */

import type { ResultState } from "../../src/protocol/http.ts";
import type { Unit } from "../network/units.ts";
import { LogRows, pageSlots } from "./log-rows.ts";
import { type EntryView, readEntries, readResults } from "./process-reads.ts";

/** Rows that the page holds at most; beyond, older ones are only read where one looks. */
export const heldMax = 200_000;
/** Pages that are asked for at a time. */
const requestsMax = 4;
/** After this a page of results that was not whole may be asked for again. */
const restMs = 3_000;

export interface LogPlace {
  readonly process: string;
  readonly scheduler: Unit;
  /** Null while no compute unit evaluates it. */
  readonly compute: Unit | null;
  /** The log's length when the page began. */
  readonly next: number;
}

export class LogSource {
  readonly rows: LogRows = new LogRows();
  readonly #place: LogPlace;
  readonly #onChange: () => void;
  readonly #over = new AbortController();
  /** Pages that are being read. */
  readonly #asked = new Set<string>();
  /** Pages of results that were not whole a moment ago. */
  readonly #resting = new Set<number>();
  #frame = 0;
  #error: unknown = null;
  #isReadingAll = false;

  constructor(place: LogPlace, onChange: () => void) {
    this.#place = place;
    this.#onChange = onChange;
    this.rows.reaches(place.next);
  }

  /** What failed last, or null. */
  get error(): unknown {
    return this.#error;
  }

  get isReadingAll(): boolean {
    return this.#isReadingAll;
  }

  /** Asks for what is missing of the slots from `from` to before `end`. */
  look(from: number, end: number): void {
    for (const page of this.rows.missing(from, end)) this.#ask(page, "entries");
    for (const page of this.rows.missingResults(from, end)) this.#ask(page, "results");
  }

  addEntry(entry: EntryView): void {
    this.rows.add([entry]);
    this.#tell();
  }

  addResult(result: ResultState): void {
    this.rows.addResults([result]);
    this.#tell();
  }

  /** Reads the whole log, newest page first, up to the bound. */
  async readAll(): Promise<void> {
    if (this.#isReadingAll) return;
    this.#isReadingAll = true;
    this.#error = null;
    this.#tell();
    const pages = [...this.rows.missing(0, this.rows.next)].reverse();
    const work = async (): Promise<void> => {
      for (let page = pages.shift(); page !== undefined; page = pages.shift()) {
        if (this.#over.signal.aborted || this.#error !== null || this.rows.held >= heldMax) return;
        await Promise.all([this.#readEntries(page), this.#readResults(page)]);
      }
    };
    await Promise.all(Array.from({ length: requestsMax }, work));
    this.#isReadingAll = false;
    this.#tell();
  }

  /** Forgets the last failure, so that what is looked at is asked for again. */
  retry(): void {
    this.#error = null;
    this.#tell();
  }

  close(): void {
    this.#over.abort();
    cancelAnimationFrame(this.#frame);
  }

  #ask(page: number, what: "entries" | "results"): void {
    const key = `${what} ${page}`;
    if (this.#error !== null || this.#asked.has(key) || this.#asked.size >= requestsMax) return;
    if (what === "results" && (this.#place.compute === null || this.#resting.has(page))) return;
    this.#asked.add(key);
    const read = what === "entries" ? this.#readEntries(page) : this.#readResults(page);
    void read.then(() => {
      this.#asked.delete(key);
      this.#tell();
    });
  }

  async #readEntries(page: number): Promise<void> {
    const { process, scheduler } = this.#place;
    const range = { from: page * pageSlots, limit: pageSlots };
    try {
      this.rows.add(await readEntries(scheduler, process, range, this.#over.signal));
    } catch (error) {
      this.#error = error;
    }
    this.#tell();
  }

  /** A result that is not there yet is no failure, nor is a compute unit that is away: the log is there. */
  async #readResults(page: number): Promise<void> {
    const { process, compute } = this.#place;
    if (compute === null) return;
    const from = page * pageSlots;
    const range = { from, limit: pageSlots };
    const results = await readResults(compute, process, range, this.#over.signal).catch(() => []);
    this.rows.addResults(results);
    if (this.rows.missingResults(from, from + pageSlots).length === 0) return;
    this.#resting.add(page);
    setTimeout(() => this.#resting.delete(page), restMs);
  }

  #tell(): void {
    if (this.#frame !== 0 || this.#over.signal.aborted) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#onChange();
    });
  }
}
