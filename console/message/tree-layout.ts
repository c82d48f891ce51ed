/**
 * Where the messages of a tree stand: a column for each step away from the first, causes left of what
 * they caused, and nothing on top of anything else. A chain may be a thousand deep, so nothing here
 * calls itself. Pure.
 *
 * @module
 */

/** A message with what it caused, in the order in which it did. */
export interface LayoutNode {
  readonly id: string;
  readonly caused: readonly string[];
}

export interface Placed {
  readonly id: string;
  /** Steps from the first message. */
  readonly depth: number;
  /** Its cause; null for the first. */
  readonly cause: string | null;
  /** The corner at the left and top, in pixels. */
  readonly x: number;
  readonly y: number;
}

export interface TreeLayout {
  readonly placed: readonly Placed[];
  readonly width: number;
  readonly height: number;
}

export interface LayoutSizes {
  readonly nodeWidth: number;
  readonly nodeHeight: number;
  /** Between columns. */
  readonly gapX: number;
  /** Between neighbours in a column. */
  readonly gapY: number;
}

interface Visit {
  readonly id: string;
  readonly depth: number;
  readonly cause: string | null;
}

/**
 * Lays out the tree below `root`. What `nodes` does not hold is left out; a message that two others
 * name (a false messenger's word) stands where it is met first.
 */
export function layoutTree(
  root: string,
  nodes: ReadonlyMap<string, LayoutNode>,
  sizes: LayoutSizes,
): TreeLayout {
  const order = visitAll(root, nodes);
  const rowHeight = sizes.nodeHeight + sizes.gapY;
  const childrenOf = new Map<string, string[]>();
  for (const { id, cause } of order) {
    if (cause !== null) childrenOf.set(cause, [...(childrenOf.get(cause) ?? []), id]);
  }
  // Leaves take rows from the top in the order of the visit; a cause stands beside the first that it
  // caused, so that the tree begins where one looks first, and a chain is straight.
  const tops = new Map<string, number>();
  let leaves = 0;
  for (const { id } of order) if (!childrenOf.has(id)) tops.set(id, leaves++ * rowHeight);
  for (const { id } of [...order].reverse()) {
    const [first] = childrenOf.get(id) ?? [];
    if (first !== undefined) tops.set(id, tops.get(first) ?? 0);
  }
  const placed = order.map(({ id, depth, cause }) => ({
    ...{ id, depth, cause },
    x: depth * (sizes.nodeWidth + sizes.gapX),
    y: tops.get(id) ?? 0,
  }));
  const deepest = Math.max(0, ...placed.map(({ depth }) => depth));
  return {
    placed,
    width: deepest * (sizes.nodeWidth + sizes.gapX) + sizes.nodeWidth,
    height: Math.max(1, leaves) * rowHeight - sizes.gapY,
  };
}

/** Causes before what they caused, and that in its order: the order of reading. */
function visitAll(root: string, nodes: ReadonlyMap<string, LayoutNode>): readonly Visit[] {
  const order: Visit[] = [];
  const met = new Set<string>();
  const stack: Visit[] = [{ id: root, depth: 0, cause: null }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const node = nodes.get(visit.id);
    if (node === undefined || met.has(visit.id)) continue;
    met.add(visit.id);
    order.push(visit);
    const next = node.caused.map((id) => ({
      id,
      depth: (visit as Visit).depth + 1,
      cause: node.id,
    }));
    stack.push(...next.reverse());
  }
  return order;
}

export type TreeKey = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight" | "Home" | "End";

/**
 * Where a key leads from a message: left to its cause, right to the first that it caused, up and down
 * to the next in the order of reading. The same message where there is nothing.
 */
export function stepTo(layout: TreeLayout, id: string, key: TreeKey): string {
  const { placed } = layout;
  const at = placed.findIndex((one) => one.id === id);
  const here = placed[at];
  if (here === undefined) return placed[0]?.id ?? id;
  switch (key) {
    case "ArrowLeft":
      return here.cause ?? id;
    case "ArrowRight":
      return placed.find(({ cause }) => cause === id)?.id ?? id;
    case "ArrowUp":
      return placed[at - 1]?.id ?? id;
    case "ArrowDown":
      return placed[at + 1]?.id ?? id;
    case "Home":
      return placed[0]?.id ?? id;
    case "End":
      return placed.at(-1)?.id ?? id;
  }
}
