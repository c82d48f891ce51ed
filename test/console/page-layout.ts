/**
 * What is wrong with the layout of a page that is shown: what runs out of the window, and what lies on
 * something else. Judged in the page by the boxes that the browser made.
 *
 * @module
 */

import type { Page } from "playwright-core";

/** Faults in words; none is a page as it should be. */
export function layoutFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate(faultsInPage);
}

/** Runs in the page: nothing from outside can be used in here. */
function faultsInPage(): string[] {
  interface Box {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  }
  const faults: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    faults.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  }
  const nameOf = (element: Element): string => {
    const text = (element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${element.tagName.toLowerCase()}.${element.className} "${text}"`;
  };
  const meet = (one: Box, other: Box): Box => ({
    left: Math.max(one.left, other.left),
    top: Math.max(one.top, other.top),
    right: Math.min(one.right, other.right),
    bottom: Math.min(one.bottom, other.bottom),
  });
  const isSome = ({ left, top, right, bottom }: Box, least: number): boolean =>
    right - left > least && bottom - top > least;
  /** What can be seen of an element: its boxes, cut by everything around it that cuts. */
  const seenBoxes = (element: Element): Box[] => {
    let boxes: Box[] = [...element.getClientRects()];
    for (let above = element.parentElement; above !== null; above = above.parentElement) {
      if (getComputedStyle(above).overflow === "visible") continue;
      const frame = above.getBoundingClientRect();
      boxes = boxes.map((box) => meet(box, frame));
    }
    return boxes.filter((box) => isSome(box, 1));
  };
  const isShown = (element: Element): boolean =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    // What is there for those who listen, or comes when it has the focus.
    element.closest(".hidden, .skip, .said, header select, details:not([open]) > :not(summary)") ===
      null;
  const kinds =
    "a, button, input, select, textarea, label, summary, legend, h1, h2, h3, p, th, td, dt, dd, li, text";
  const items = [...document.querySelectorAll(kinds)]
    .filter(isShown)
    .map((element) => ({ element, boxes: seenBoxes(element) }))
    .filter(({ boxes }) => boxes.length > 0);
  for (const { element, boxes } of items) {
    if (boxes.some(({ right, left }) => right > root.clientWidth + 1 || left < -1)) {
      faults.push(`${nameOf(element)} runs out of the window`);
    }
  }
  items.forEach((one, i) => {
    for (const other of items.slice(i + 1)) {
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      const lies = one.boxes.some((box) =>
        other.boxes.some((second) => isSome(meet(box, second), 2)),
      );
      if (lies) faults.push(`${nameOf(one.element)} and ${nameOf(other.element)} overlap`);
    }
  });
  return faults.slice(0, 20);
}
