/**
 * The rows of a log. Those that are not here yet show their slot and come as soon as they are read.
 *
 * @module
 */

import type { VNode } from "preact";
import { useCallback } from "preact/hooks";
import { Badge } from "../parts/badge.tsx";
import { CopyId } from "../parts/copy-id.tsx";
import { countText, dateText, gasText } from "../parts/format.ts";
import { useRowHeight } from "../parts/row-height.ts";
import { type RowWanted, VirtualList } from "../parts/virtual-list.tsx";
import { placeOfMessage, placeOfSlot } from "../shell/router.ts";
import type { LogRows } from "./log-rows.ts";

export interface LogListProps {
  readonly process: string;
  readonly rows: LogRows;
  /** The slots to show, the newest first; null: all. */
  readonly found: readonly number[] | null;
  readonly opened: number | null;
  readonly wanted: RowWanted | null;
  /** Asks for the rows of the slots from the first to before the second. */
  readonly look: (from: number, end: number) => void;
  /** Counts the changes of `rows`. */
  readonly version: number;
}

export function LogList(props: LogListProps): VNode {
  const { process, rows, found, opened, wanted, look, version } = props;
  const rowHeight = useRowHeight();
  const total = rows.next;
  const slotAt = (index: number): number =>
    found === null ? total - 1 - index : (found[index] ?? 0);
  // Asked again after each change, because only so many pages are read at a time: `version` is why.
  const onRows = useCallback(
    (first: number, end: number) => {
      if (found === null && version >= 0) look(total - end, total - first);
    },
    [found, total, look, version],
  );
  return (
    <VirtualList
      label="Entries of the log, the newest first"
      class="list list-log"
      columns={["Slot", "Action", "Message", "From", "Time", "Exit", "Gas", "Proof"]}
      count={found?.length ?? total}
      rowHeight={rowHeight}
      keyOf={slotAt}
      onRows={onRows}
      wanted={wanted}
      growsAtTop={found === null}
      row={(index) => {
        const slot = slotAt(index);
        return <LogCells process={process} rows={rows} slot={slot} isOpened={slot === opened} />;
      }}
    />
  );
}

interface LogCellsProps {
  readonly process: string;
  readonly rows: LogRows;
  readonly slot: number;
  readonly isOpened: boolean;
}

/* biome-ignore-start lint/a11y/useSemanticElements: cells of the virtual list, see there */
function LogCells({ process, rows, slot, isOpened }: LogCellsProps): VNode {
  const row = rows.row(slot);
  const result = rows.result(slot);
  return (
    <>
      <span role="cell" class="number slot-cell">
        <a href={placeOfSlot(process, slot)} aria-current={isOpened ? "true" : undefined}>
          {countText(slot)}
        </a>
      </span>
      <span role="cell" class="strong cut">
        {row?.action ?? "…"}
      </span>
      <span role="cell" class="wide-only">
        {row === undefined ? null : (
          <CopyId id={row.message} of="message" href={placeOfMessage(row.message)} />
        )}
      </span>
      <span role="cell" class="wide-only">
        {row === undefined ? null : <CopyId id={row.from.id} of={row.from.kind} />}
      </span>
      <span role="cell" class="muted cut">
        {row === undefined ? "" : dateText(row.at)}
      </span>
      <span role="cell">{result === undefined ? null : <Badge state={result.exit} />}</span>
      <span role="cell" class="number">
        {result === undefined ? "" : gasText(result.gasUsed)}
      </span>
      <span role="cell">{result === undefined ? null : <Badge state={result.proof.state} />}</span>
    </>
  );
}
/* biome-ignore-end lint/a11y/useSemanticElements: see above */
