/**
 * What the console's long lists cost in a browser: a list is scrolled to places all over and searched,
 * and each time it is noted how long it took until the page was drawn, how many rows stand in the
 * document, and how many elements were made.
 *
 * @module
 */

import type { Page } from "playwright-core";

/** Where a list is, and what is typed into its search. */
export interface MeasuredList {
  /** The element that scrolls. */
  readonly list: string;
  readonly input: string;
  readonly scrolls: number;
  readonly queries: readonly string[];
}

export interface ListCost {
  /** Milliseconds from the scroll, or the typed letter, until what follows is drawn. */
  readonly scrollMs: readonly number[];
  readonly searchMs: readonly number[];
  /** Rows in the document at the most. */
  readonly rowsMax: number;
  /** Elements that one scroll or search put into the document, at the most. */
  readonly elementsMax: number;
}

/** Scrolls to places in an even spread, then types the queries one after the other. */
export function measureList(page: Page, measured: MeasuredList): Promise<ListCost> {
  return page.evaluate(measureInPage, measured);
}

/** Runs in the page: nothing but its argument and the browser's globals. */
async function measureInPage(measured: MeasuredList): Promise<ListCost> {
  const { list, input, scrolls, queries } = measured;
  const drawn = (): Promise<void> =>
    new Promise((resolve) => {
      // A message that is posted in a frame's callback comes behind its drawing.
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve();
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          channel.port2.postMessage(null);
        }),
      );
    });
  let made = 0;
  let elementsMax = 0;
  let rowsMax = 0;
  const observer = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node instanceof Element) made += 1 + node.querySelectorAll("*").length;
      }
    }
  });
  observer.observe(document.body, { childList: true, subtree: true });
  const timed = async (act: () => void): Promise<number> => {
    made = 0;
    const start = performance.now();
    act();
    await drawn();
    const ms = performance.now() - start;
    elementsMax = Math.max(elementsMax, made);
    rowsMax = Math.max(rowsMax, document.querySelectorAll(`${list} [role="row"]`).length);
    return ms;
  };
  const scrollMs: number[] = [];
  for (let i = 0; i < scrolls; i++) {
    const scroller = document.querySelector(list);
    if (scroller === null) throw new Error(`no ${list}`);
    // The golden ratio spreads the places, and neighbours in time are far apart.
    const place = ((i * 0.618033988749895) % 1) * (scroller.scrollHeight - scroller.clientHeight);
    scrollMs.push(await timed(() => scroller.scrollTo(0, place)));
  }
  const field = document.querySelector<HTMLInputElement>(input);
  if (field === null) throw new Error(`no ${input}`);
  const searchMs: number[] = [];
  for (const query of queries) {
    searchMs.push(
      await timed(() => {
        field.value = query;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    );
  }
  observer.disconnect();
  return { scrollMs, searchMs, rowsMax, elementsMax };
}
