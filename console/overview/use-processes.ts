/**
 * The processes of all schedulers for a view: read page by page, and again where there are new ones.
 *
 * @module
 */

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import { processPageMax, readProcesses } from "../network/reads.ts";
import { usePeriod } from "../network/resource.ts";
import type { Unit } from "../network/units.ts";
import { ProcessSearch } from "./process-search.ts";

/** Rows that the page holds; those of a larger network are found by the beginning of their id. */
const rowsMax = 50_000;
/** Between two looks at whether there are new ones. */
const lookMs = 5_000;

export interface Loaded {
  readonly search: ProcessSearch;
  /** Processes of all schedulers, also those that are not read. */
  readonly total: number;
  /** Everything is read that is going to be. */
  readonly isWhole: boolean;
  readonly error: unknown;
}

export interface ProcessesUse {
  readonly loaded: Loaded;
  readonly retry: () => void;
}

/** Reads all, and by prefix what lies beyond the bound. */
export function useProcesses(schedulers: readonly Unit[], query: string): ProcessesUse {
  const [round, again] = useReducer<number, undefined>((before) => before + 1, 0);
  const [loaded, setLoaded] = useState<Loaded>({
    search: new ProcessSearch(),
    total: 0,
    isWhole: false,
    error: null,
  });
  const current = useRef(loaded);
  current.current = loaded;
  // `round` stands for "read again": what is shown stays until all is read.
  useEffect(() => {
    const over = new AbortController();
    const search = new ProcessSearch();
    readAll(schedulers, search, over.signal, (progress) => {
      if (round === 0 || progress.isWhole) setLoaded({ search, error: null, ...progress });
    }).catch((error: unknown) => {
      if (over.signal.aborted) return;
      // What was read before stays: the unit's card says that it does not answer.
      setLoaded((before) => (before.search.rows.length > 0 ? before : { ...before, error }));
    });
    return () => over.abort();
  }, [schedulers, round]);
  usePeriod(lookMs, () => {
    const { isWhole, total, error } = current.current;
    if (!isWhole || error !== null) return;
    void hasChanged(schedulers, total).then((isChanged) => {
      if (isChanged) again(undefined);
    });
  });
  usePrefix(schedulers, query, loaded, setLoaded);
  return { loaded, retry: () => again(undefined) };
}

/** A small network is read anew, with its counts of messages; of a large one the number is compared. */
async function hasChanged(schedulers: readonly Unit[], total: number): Promise<boolean> {
  if (total <= processPageMax) return true;
  const signal = AbortSignal.timeout(lookMs);
  const asked = schedulers.map((unit) => readProcesses(unit, { from: null, limit: 1, signal }));
  const pages = await Promise.all(asked).catch(() => []);
  const found = pages.map((page) => page.total);
  // Instances of one scheduler serve the same processes: those are counted once.
  return pages.length > 0 && found.every((each) => each !== total) && sumOf(found) !== total;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0);

/** What begins like the query, from among those that are not held. */
function usePrefix(
  schedulers: readonly Unit[],
  query: string,
  loaded: Loaded,
  setLoaded: (change: (before: Loaded) => Loaded) => void,
): void {
  const { search, isWhole, total } = loaded;
  const text = query.trim();
  const isBeyond = isWhole && total > search.rows.length;
  const prefix = isBeyond && /^[\w-]{3,43}$/.test(text) ? text : null;
  useEffect(() => {
    if (prefix === null) return undefined;
    const over = new AbortController();
    const read = schedulers.map(async (unit) => {
      const page = await readProcesses(unit, { from: null, prefix, signal: over.signal });
      const known = new Set(search.rows.map(({ id }) => id));
      search.add(page.processes.filter(({ id }) => !known.has(id)));
      setLoaded((before) => ({ ...before }));
    });
    Promise.all(read).catch((error: unknown) => {
      if (!over.signal.aborted) setLoaded((before) => ({ ...before, error }));
    });
    return () => over.abort();
  }, [prefix, schedulers, search, setLoaded]);
}

async function readAll(
  schedulers: readonly Unit[],
  search: ProcessSearch,
  signal: AbortSignal,
  tell: (progress: { readonly total: number; readonly isWhole: boolean }) => void,
): Promise<void> {
  let before = 0;
  const known = new Set<string>();
  for (const scheduler of schedulers) {
    let from: string | null = null;
    let total = 0;
    do {
      const page = await readProcesses(scheduler, { from, signal });
      // Instances of one scheduler serve the same processes.
      const fresh = page.processes.filter(({ id }) => !known.has(id));
      for (const { id } of fresh) known.add(id);
      search.add(fresh);
      total = fresh.length === 0 ? 0 : page.total;
      from = page.next;
      tell({ total: Math.max(before + total, search.rows.length), isWhole: false });
    } while (from !== null && search.rows.length < rowsMax);
    before += total;
  }
  tell({ total: Math.max(before, search.rows.length), isWhole: true });
}
