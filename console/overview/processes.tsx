/**
 * Every process of the network: read page by page behind the scenes, searched as one types, drawn only
 * where one looks.
 *
 * @module
 */

import type { VNode } from "preact";
import { useCallback, useMemo, useState } from "preact/hooks";
import type { ProcessSummary } from "../../src/protocol/http.ts";
import type { Network } from "../network/units.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { countText, dateText } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/notice.tsx";
import { useRowHeight } from "../parts/row-height.ts";
import { VirtualList } from "../parts/virtual-list.tsx";
import { goTo, linkTo, placeOfMessage, placeOfProcess } from "../shell/router.ts";
import { useProcesses } from "./use-processes.ts";

const idPattern = /^[\w-]{43}$/;

export function Processes({ network }: { readonly network: Network }): VNode {
  const [query, setQuery] = useState("");
  const { loaded, retry } = useProcesses(network.schedulers, query);
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
        <Failed error={error} onRetry={retry} />
      ) : count === 0 && !isWhole ? (
        <Loading what="the processes" />
      ) : count === 0 ? (
        <Empty title="No process yet.">
          <p>
            <a href={linkTo("spawn")}>Spawn one</a> from this page, or write one first:{" "}
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

function ProcessTable({ rows }: { readonly rows: readonly ProcessSummary[] }): VNode {
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
function ProcessCells({ row }: { readonly row: ProcessSummary }): VNode {
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
