import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followEvents, type LiveState, resumed } from "./live.ts";

/** What a browser's EventSource is to `followEvents`, moved by hand. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static made: FakeSource[] = [];
  readonly url: string;
  readyState = 0;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string) {
    super();
    this.url = url;
    FakeSource.made.push(this);
  }

  close(): void {
    this.readyState = FakeSource.CLOSED;
  }

  refuse(): void {
    this.readyState = FakeSource.CLOSED;
    this.onerror?.();
  }

  send(data: string, lastEventId: string): void {
    this.dispatchEvent(new MessageEvent("entry", { data, lastEventId }));
  }
}

class FakeDocument extends EventTarget {
  hidden = false;

  show(isShown: boolean): void {
    this.hidden = !isShown;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

const url = "http://127.0.0.1:8702/processes/p/log/events?from=0";
let page: FakeDocument;
let states: LiveState[];
let events: unknown[];

beforeEach(() => {
  vi.useFakeTimers();
  page = new FakeDocument();
  [FakeSource.made, states, events] = [[], [], []];
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("document", page);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const follow = (isOver = () => false): (() => void) =>
  followEvents({
    url,
    names: ["entry"],
    onEvent: (_, value) => events.push(value),
    onState: (state) => states.push(state),
    isOver,
  });

const newest = (): FakeSource => FakeSource.made.at(-1) as FakeSource;

test("a stream that began at a slot goes on where it stood", () => {
  expect(resumed(url, "41")).toBe("http://127.0.0.1:8702/processes/p/log/events?from=41");
  expect(resumed(url, "")).toBe(url);
  expect(resumed("http://127.0.0.1:8701/messages/m/events", "3")).toMatch(/events$/);
});

test("events come as values, and one that is no JSON is passed over", () => {
  const stop = follow();
  newest().onopen?.();
  newest().send('{"slot":3}', "3");
  newest().send("no JSON", "4");
  expect(events).toEqual([{ slot: 3 }]);
  expect(states).toEqual(["waiting", "live"]);
  stop();
  expect(newest().readyState).toBe(FakeSource.CLOSED);
});

test("a stream that a unit refuses is asked for again, ever more slowly, from where it stood", () => {
  const stop = follow();
  newest().onopen?.();
  newest().send("{}", "7");
  for (const waitMs of [1_000, 2_000, 4_000]) {
    const count = FakeSource.made.length;
    newest().refuse();
    vi.advanceTimersByTime(waitMs - 1);
    expect(FakeSource.made.length, `${waitMs} ms`).toBe(count);
    vi.advanceTimersByTime(1);
    expect(FakeSource.made.length, `${waitMs} ms`).toBe(count + 1);
    expect(newest().url).toMatch(/from=7$/);
  }
  expect(states.at(-1)).toBe("waiting");
  stop();
  newest().refuse();
  vi.advanceTimersByTime(60_000);
  expect(FakeSource.made.length).toBe(4);
});

test("a stream that ends when nothing more is to come is not asked for again", () => {
  follow(() => true);
  newest().onerror?.();
  page.show(true);
  vi.advanceTimersByTime(60_000);
  expect(FakeSource.made.length).toBe(1);
  expect(states.at(-1)).toBe("off");
});

test("a page that nobody sees lets go of its stream, and takes it up again", () => {
  const stop = follow();
  newest().send("{}", "9");
  page.show(false);
  expect(newest().readyState).toBe(FakeSource.CLOSED);
  page.show(true);
  expect(FakeSource.made.length).toBe(2);
  expect(newest().url).toMatch(/from=9$/);
  stop();
  page.show(true);
  expect(FakeSource.made.length).toBe(2);
});
