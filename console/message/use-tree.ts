/**
 * The tree of a message for a view: read at once, again with every event of the messenger's stream, and
 * now and then while a part of it, further down than the stream tells of, has not come to its end.
 *
 * @module
 */

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { MessageEventKind } from "../../src/protocol/http.ts";
import { type LiveState, useEvents } from "../network/live.ts";
import { readMessage } from "../network/reads.ts";
import type { Resource } from "../network/resource.ts";
import type { Unit } from "../network/units.ts";
import { type Tree, TreeSource } from "./tree-source.ts";

const kinds: readonly MessageEventKind[] = [
  "accepted",
  "assigned",
  "evaluated",
  "pushed",
  "proven",
  "awaiting-proof",
  "unclaimed",
  "stopped",
  "refused",
];
/** Between two looks at what is not done; longer and longer while nothing changes. */
const lookMs = 700;
const lookMsMax = 10_000;
/** Between two looks at what is not proven. */
const proofLookMs = 4_000;

export interface TreeUse {
  readonly tree: Resource<Tree>;
  readonly live: LiveState;
  readonly retry: () => void;
}

/** Follows the tree below a message. */
export function useTree(messenger: Unit, message: string): TreeUse {
  const [tree, setTree] = useState<Resource<Tree>>({ state: "loading" });
  const [round, retry] = useReducer<number, undefined>((before) => before + 1, 0);
  const wake = useRef<() => void>(() => undefined);
  useEffect(() => {
    if (round > 0) setTree({ state: "loading" });
    const over = new AbortController();
    const source = new TreeSource(message, (id) => readMessage(messenger, id, over.signal));
    void follow(source, over.signal, wake, setTree);
    return () => over.abort();
  }, [messenger, message, round]);
  const isThere = tree.state === "ready";
  const isOver = isThere && tree.value.isSettled;
  const path = `/messages/${encodeURIComponent(message)}/events`;
  const live = useEvents(isThere ? messenger.url + path : null, kinds, {
    onEvent: () => wake.current(),
    isOver: () => isOver,
  });
  return { tree, live, retry: () => retry(undefined) };
}

/** Looks again and again, until the signal aborts or nothing more is to come. */
async function follow(
  source: TreeSource,
  signal: AbortSignal,
  wake: { current: () => void },
  tell: (tree: Resource<Tree>) => void,
): Promise<void> {
  let waitMs = lookMs;
  let before = "";
  try {
    for (;;) {
      const tree = await source.refresh();
      const states = statesOf(tree);
      waitMs = states === before ? Math.min(1.3 * waitMs, lookMsMax) : lookMs;
      before = states;
      if (signal.aborted) return;
      tell({ state: "ready", value: tree });
      if (tree.isSettled && !(await source.refreshProofs())) return;
      if (signal.aborted) return;
      tell({ state: "ready", value: source.tree() });
      await woken(tree.isSettled ? proofLookMs : waitMs, wake);
    }
  } catch (error) {
    if (!signal.aborted) tell({ state: "failed", error });
  }
}

const statesOf = ({ messages }: Tree): string =>
  [...messages.values()].map(({ state, events }) => `${state} ${events.length}`).join();

/** Waits for the time, or until somebody wakes. */
function woken(ms: number, wake: { current: () => void }): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake.current = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
