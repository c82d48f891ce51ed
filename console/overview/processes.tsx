/**
 * Every process of the network: read page by page behind the scenes, searched as one types, drawn only
 * where one looks.
 *
 * @module
 */

import type { VNode } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type ProcessRow, readProcesses } from "../network/reads.ts";
import type { Network, Unit } from "../network/units.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { countText, dateText } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/notice.tsx";
import { useRowHeight } from "../parts/row-height.ts";
import { VirtualList } from "../parts/virtual-list.tsx";
import { goTo, placeOfMessage, placeOfProcess } from "../shell/router.ts";
import { ProcessSearch } from "./process-search.ts";

/** Rows that the page holds; those of a larger network are found by the beginning of their id. */
const rowsMax = 50_000;
const idPattern = /^[\w-]{43}$/;

interface Loaded {
  readonly search: ProcessSearch;
  readonly total: number;
  readonly isWhole: boolean;
  readonly error: unknown;
}

export function Processes({ network }: { readonly network: Network }): VNode {
  const [query, setQuery] = useState("");
  const [round, setRound] = useState(0);
  const loaded = useProcesses(network.schedulers, query, round);
  const { search, total, isWhole, error } = loaded;
  // `total` and the number of rows change when the search does: it is one object that grows.
  const count = search.rows.length;
  const found = useMemo(() => search.find(query), [search, count, query]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const id = query.trim();
    const [only] = found;
    if (found.length === 1 && only !== undefined) goTo(placeOfProcess(only.id));
    else if (idPattern.test(id)) goTo(placeOfMessage(id));
  };
  return (
    <section aria-labelledby="processes">
      <div class="section-head">
        <h2 id="processes">Processes</h2>
        <span class="muted" role="status">
          {query.trim() === ""
            ? `${countText(total)} in all${isWhole ? "" : `, ${countText(count)} read`}`
            : `${countText(found.length)} of ${countText(count)} found`}
        </span>
      </div>
      <search>
        <form class="search" onSubmit={submit}>
          <label class="hidden" for="process-search">
            Search by name, id, module or owner; Enter opens a process or a message
          </label>
          <input
            id="process-search"
            type="search"
            placeholder="Name, id, module or owner; Enter opens it, also a message's id"
            value={query}
            onInput={(event) => setQuery(event.currentTarget.value)}
          />
        </form>
      </search>
      {error !== null ? (
        <Failed error={error} onRetry={() => setRound((before) => before + 1)} />
      ) : count === 0 && !isWhole ? (
        <Loading what="the processes" />
      ) : count === 0 ? (
        <Empty title="No process yet.">
          <p>
            Spawn one: <code>nymcompute spawn MODULE.wasm</code>, or write one first with{" "}
            <code>nymcompute init</code>.
          </p>
        </Empty>
      ) : found.length === 0 ? (
        <Empty title="No process has this.">
          <p>Search for less of it. Press Enter to look for a message with this id.</p>
        </Empty>
      ) : (
        <ProcessTable rows={found} />
      )}
    </section>
  );
}

function ProcessTable({ rows }: { readonly rows: readonly ProcessRow[] }): VNode {
  const rowHeight = useRowHeight();
  const keyOf = useCallback((index: number) => rows[index]?.id ?? index, [rows]);
  return (
    <VirtualList
      label="Processes"
      class="list list-processes"
      columns={["Process", "Name", "Messages", "Module", "Spawned"]}
      count={rows.length}
      rowHeight={rowHeight}
      keyOf={keyOf}
      row={(index) => {
        const row = rows[index];
        return row === undefined ? null : <ProcessCells row={row} />;
      }}
    />
  );
}

/* biome-ignore-start lint/a11y/useSemanticElements: cells of the virtual list, see there */
function ProcessCells({ row }: { readonly row: ProcessRow }): VNode {
  return (
    <>
      <span role="cell">
        <CopyId id={row.id} of="process" href={placeOfProcess(row.id)} />
      </span>
      <span role="cell" class="strong cut">
        {row.name ?? "–"}
      </span>
      <span role="cell" class="number">
        {countText(row.next)}
      </span>
      <span role="cell" class="wide-only">
        <CopyId id={row.module} of="module" />
      </span>
      <span role="cell" class="muted wide-only">
        {dateText(row.spawnedAt)}
      </span>
    </>
  );
}
/* biome-ignore-end lint/a11y/useSemanticElements: see above */

/** Reads all pages of all schedulers, one after the other, and by prefix what lies beyond the bound. */
function useProcesses(schedulers: readonly Unit[], query: string, round: number): Loaded {
  const [loaded, setLoaded] = useState<Loaded>(nothing);
  const current = useRef(loaded);
  current.current = loaded;
  // `round` stands for "read again".
  useEffect(() => {
    const over = new AbortController();
    const search = new ProcessSearch();
    readAll(schedulers, search, over.signal, (progress) =>
      setLoaded({ search, error: null, ...progress }),
    ).catch((error: unknown) => {
      if (!over.signal.aborted) setLoaded({ ...nothing(), error });
    });
    return () => over.abort();
  }, [schedulers, round]);
  const isBeyond = loaded.isWhole && loaded.total > loaded.search.rows.length;
  const prefix = isBeyond && /^[\w-]{3,43}$/.test(query.trim()) ? query.trim() : null;
  useEffect(() => {
    if (prefix === null) return undefined;
    const over = new AbortController();
    const read = schedulers.map(async (unit) => {
      const page = await readProcesses(unit, { from: null, prefix, signal: over.signal });
      const { search } = current.current;
      const known = new Set(search.rows.map(({ id }) => id));
      search.add(page.processes.filter(({ id }) => !known.has(id)));
      setLoaded((before) => ({ ...before }));
    });
    Promise.all(read).catch((error: unknown) => {
      if (!over.signal.aborted) setLoaded((before) => ({ ...before, error }));
    });
    return () => over.abort();
  }, [prefix, schedulers]);
  return loaded;
}

const nothing = (): Loaded => ({
  search: new ProcessSearch(),
  total: 0,
  isWhole: false,
  error: null,
});

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
