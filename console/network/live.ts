/**
 * Live changes through server-sent events (spec/09-http.md §2). The browser comes back by itself after
 * a broken connection and says where it was; where a unit refuses the stream, this asks again, ever
 * more slowly.
 *
 * @module
 */

import { useEffect, useRef, useState } from "preact/hooks";

/** `off`: nothing is followed; `waiting`: the connection is being made, again or for the first time. */
export type LiveState = "off" | "waiting" | "live";

export interface EventsFollowed {
  readonly url: string;
  /** The names of the events; others are passed over. */
  readonly names: readonly string[];
  readonly onEvent: (name: string, value: unknown) => void;
  readonly onState?: (state: LiveState) => void;
  /** True once nothing more is expected: a stream that ends then is not asked for again. */
  readonly isOver?: () => boolean;
}

const retryMinMs = 1_000;
const retryMaxMs = 30_000;

/** Follows a stream until the returned function is called. */
export function followEvents(followed: EventsFollowed): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retryMs = retryMinMs;
  let lastId = "";
  let isEnded = false;

  const take = (event: Event): void => {
    if (!(event instanceof MessageEvent)) return;
    lastId = event.lastEventId;
    let value: unknown;
    try {
      value = JSON.parse(String(event.data));
    } catch {
      // No unit sends this; what comes next may be whole again.
      return;
    }
    followed.onEvent(event.type, value);
  };
  const open = (): void => {
    // A browser makes six connections to a unit, for all its pages: one that nobody sees needs none.
    if (document.hidden) return;
    followed.onState?.("waiting");
    source = new EventSource(resumed(followed.url, lastId));
    for (const name of followed.names) source.addEventListener(name, take);
    source.onopen = () => {
      retryMs = retryMinMs;
      followed.onState?.("live");
    };
    source.onerror = () => {
      if (followed.isOver?.() === true) {
        isEnded = true;
        close();
        followed.onState?.("off");
      } else if (source?.readyState === EventSource.CLOSED) {
        close();
        followed.onState?.("waiting");
        timer = setTimeout(open, retryMs);
        retryMs = Math.min(2 * retryMs, retryMaxMs);
      } else followed.onState?.("waiting");
    };
  };
  const close = (): void => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const look = (): void => {
    if (document.hidden) close();
    else if (source === null && !isEnded) open();
  };
  document.addEventListener("visibilitychange", look);
  open();
  return () => {
    isEnded = true;
    document.removeEventListener("visibilitychange", look);
    close();
  };
}

/** A new EventSource forgets the last id, and `from` would bring everything again: it names the next. */
export function resumed(url: string, lastId: string): string {
  const { searchParams } = new URL(url);
  if (!searchParams.has("from") || !/^\d+$/.test(lastId)) return url;
  const next = new URL(url);
  next.searchParams.set("from", lastId);
  return next.href;
}

/** Follows `url` while it is not null. `onEvent` may be another function at each drawing. */
export function useEvents(
  url: string | null,
  names: readonly string[],
  options: Pick<EventsFollowed, "onEvent" | "isOver">,
): LiveState {
  const [state, setState] = useState<LiveState>("off");
  const newest = useRef(options);
  newest.current = options;
  const allNames = names.join(" ");
  useEffect(() => {
    if (url === null) {
      setState("off");
      return undefined;
    }
    return followEvents({
      url,
      names: allNames.split(" "),
      onEvent: (name, value) => newest.current.onEvent(name, value),
      onState: setState,
      isOver: () => newest.current.isOver?.() ?? false,
    });
  }, [url, allNames]);
  return state;
}
