/**
 * What a view reads once and shows: loading, there, or failed with a way to try again. A view that
 * goes away aborts what it asked for.
 *
 * @module
 */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export type Resource<Value> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: Value }
  | { readonly state: "failed"; readonly error: unknown };

export interface ResourceUse<Value> {
  readonly resource: Resource<Value>;
  /** Reads again; what is shown stays until the answer is there. */
  readonly reload: () => void;
}

/** Reads `load` again whenever `key` changes: it names everything that `load` depends on. */
export function useResource<Value>(
  key: string,
  load: (signal: AbortSignal) => Promise<Value>,
): ResourceUse<Value> {
  const [shown, setShown] = useState<{ key: string; resource: Resource<Value> } | null>(null);
  const [round, setRound] = useState(0);
  const newest = useRef(load);
  newest.current = load;
  // `round` stands for "read again": it is not used, it changes.
  useEffect(() => {
    const over = new AbortController();
    newest.current(over.signal).then(
      (value) => {
        if (!over.signal.aborted) setShown({ key, resource: { state: "ready", value } });
      },
      (error: unknown) => {
        if (!over.signal.aborted) setShown({ key, resource: { state: "failed", error } });
      },
    );
    return () => over.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const resource: Resource<Value> = shown?.key === key ? shown.resource : { state: "loading" };
  return { resource, reload };
}

/** Calls `act` every `periodMs` while the page is looked at. */
export function usePeriod(periodMs: number, act: () => void): void {
  const newest = useRef(act);
  newest.current = act;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) newest.current();
    }, periodMs);
    return () => clearInterval(timer);
  }, [periodMs]);
}
