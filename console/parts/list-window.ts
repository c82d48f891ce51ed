/**
 * Which rows of a long list stand in the document: those in view and a few around them, whatever the
 * list's length. Browsers end an element's height near 17 million pixels (measured in Firefox; 33
 * million in Chromium), so a longer list is scrolled in proportion.
 *
 * @module
 */

/** The largest height that a list is given, in pixels. */
export const listHeightMax = 12_000_000;

export interface ListView {
  readonly count: number;
  readonly rowHeight: number;
  readonly scrollTop: number;
  /** Height of what is seen. */
  readonly viewHeight: number;
  /** Rows above and below that are drawn as well, so that a fast scroll shows no gap. */
  readonly around: number;
}

export interface ListWindow {
  /** The first row that is drawn, and the one behind the last. */
  readonly first: number;
  readonly end: number;
  /** Where the first one stands, in pixels from the top of the list. */
  readonly top: number;
  /** The height of the list. */
  readonly height: number;
}

/** The height of the list, and the pixels by which a longer one is scrolled for each of its own. */
function extent({ count, rowHeight, viewHeight }: ListView): { height: number; scale: number } {
  const full = count * rowHeight;
  const height = Math.min(full, listHeightMax);
  const range = height - viewHeight;
  return { height, scale: range <= 0 ? 1 : (full - viewHeight) / range };
}

/** The rows to draw. */
export function listWindow(view: ListView): ListWindow {
  const { count, rowHeight, viewHeight, around } = view;
  const { height, scale } = extent(view);
  const scrollTop = Math.max(0, Math.min(view.scrollTop, Math.max(0, height - viewHeight)));
  const virtualTop = scrollTop * scale;
  const first = Math.max(0, Math.floor(virtualTop / rowHeight) - around);
  const seen = Math.ceil((virtualTop + viewHeight) / rowHeight) + around;
  const end = Math.min(count, Math.max(first, seen));
  return { first, end, top: scrollTop + first * rowHeight - virtualTop, height };
}

/** Where to scroll so that a row is the first that is seen. */
export function scrollTopOf(row: number, view: ListView): number {
  const { height, scale } = extent(view);
  const wanted = (row * view.rowHeight) / scale;
  return Math.max(0, Math.min(wanted, height - view.viewHeight));
}
