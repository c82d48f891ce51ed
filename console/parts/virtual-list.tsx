/**
 * A table of any length of which only what is seen stands in the document. It scrolls with wheel,
 * finger and keys; a reader that speaks is told how many rows there are.
 *
 * @module
 */

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type ListView, listWindow, scrollTopOf } from "./list-window.ts";

/** Rows drawn above and below what is seen. */
const around = 6;

/** A row that the list is to begin with; a new object each time that somebody asks. */
export interface RowWanted {
  readonly row: number;
}

export interface VirtualListProps {
  /** What the table holds, for readers that speak. */
  readonly label: string;
  readonly columns: readonly string[];
  /** Gives the columns their widths. */
  readonly class: string;
  readonly count: number;
  readonly rowHeight: number;
  /** The cells of a row; each has the role `cell`. */
  readonly row: (index: number) => ComponentChildren;
  readonly keyOf: (index: number) => string | number;
  /** Tells which rows are drawn, as soon as they are. */
  readonly onRows?: (first: number, end: number) => void;
  readonly wanted?: RowWanted | null;
  /** New rows come on top: what is read stays where it is. */
  readonly growsAtTop?: boolean;
}

export function VirtualList(props: VirtualListProps): VNode {
  const { count, rowHeight, onRows } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [viewHeight, setViewHeight] = useState(480);
  const view: ListView = { count, rowHeight, scrollTop, viewHeight, around };
  const { first, end, top, height } = listWindow(view);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setViewHeight(element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => onRows?.(first, end), [first, end, onRows]);
  useWanted(scroller, props, view);
  useGrowth(scroller, props);

  const rows: VNode[] = [];
  for (let index = first; index < end; index++) {
    rows.push(
      // biome-ignore lint/a11y/useFocusableInteractive: the rows hold the links; they are none
      // biome-ignore lint/a11y/useSemanticElements: rows of a <table> cannot be placed by pixels
      <div key={props.keyOf(index)} role="row" class="list-row" aria-rowindex={index + 2}>
        {props.row(index)}
      </div>,
    );
  }
  return (
    <div class={props.class}>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div
        ref={scroller}
        role="table"
        aria-label={props.label}
        aria-rowcount={count + 1}
        class="list-scroll"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it
        tabIndex={0}
        onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      >
        <ListHead columns={props.columns} />
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div role="rowgroup" class="list-space" style={{ height: `${height}px` }}>
          <div role="presentation" class="list-rows" style={{ transform: `translateY(${top}px)` }}>
            {rows}
          </div>
        </div>
      </div>
    </div>
  );
}

function ListHead({ columns }: { readonly columns: readonly string[] }): VNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above
    <div role="rowgroup" class="list-head">
      {/* biome-ignore lint/a11y/useFocusableInteractive: as above */}
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="row" class="list-row" aria-rowindex={1}>
        {columns.map((column) => (
          // biome-ignore lint/a11y/useFocusableInteractive: as above
          // biome-ignore lint/a11y/useSemanticElements: as above
          <span key={column} role="columnheader">
            {column}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Scrolls to a row when somebody asks for one that is not seen. */
function useWanted(
  scroller: { readonly current: HTMLDivElement | null },
  { wanted }: VirtualListProps,
  view: ListView,
): void {
  const newest = useRef(view);
  newest.current = view;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null || wanted === undefined || wanted === null) return;
    const { row } = wanted;
    const { scrollTop, clientHeight: viewHeight } = element;
    const now = { ...newest.current, scrollTop, viewHeight };
    const { first, end } = listWindow({ ...now, around: 0 });
    // A row that is seen stays where it is; the last one may be seen in part.
    if (row < first || row >= end - 1) element.scrollTop = scrollTopOf(row, now);
  }, [wanted, scroller]);
}

/** Keeps what is read in its place while rows come on top of it. */
function useGrowth(
  scroller: { readonly current: HTMLDivElement | null },
  { count, rowHeight, growsAtTop }: VirtualListProps,
): void {
  const before = useRef(count);
  useLayoutEffect(() => {
    const element = scroller.current;
    const grown = count - before.current;
    before.current = count;
    if (element === null || growsAtTop !== true || grown <= 0) return;
    if (element.scrollTop >= rowHeight / 2) element.scrollTop += grown * rowHeight;
  }, [count, rowHeight, growsAtTop, scroller]);
}
