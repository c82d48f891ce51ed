import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { runScript } from "../testing/bundled-script.ts";
import { createLogger } from "./logger.ts";
import { createShutdown, type HostProcess } from "./shutdown.ts";

class FakeProcess extends EventEmitter implements HostProcess {
  readonly connected: boolean;
  readonly exits: number[] = [];

  constructor(connected = false) {
    super();
    this.connected = connected;
  }

  exit(code: number): void {
    this.exits.push(code);
  }
}

function setUp(options: { connected?: boolean; limitMs?: number } = {}) {
  const host = new FakeProcess(options.connected);
  const events: string[] = [];
  const logger = createLogger({
    level: "debug",
    clock: { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() },
    sink: (line) => void events.push(JSON.parse(line).event),
  });
  const shutdown = createShutdown({ host, logger, limitMs: options.limitMs ?? 1_000 });
  return { host, events, shutdown };
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

test.each(["SIGINT", "SIGTERM"])(
  "%s runs the clean-ups, last first, then exits with 0",
  async (name) => {
    const { host, shutdown } = setUp();
    const order: string[] = [];
    shutdown.onEnd("store", () => void order.push("store"));
    shutdown.onEnd("server", async () => {
      await later(10);
      order.push("server");
    });
    expect(shutdown.signal.aborted).toBe(false);
    host.emit(name, name);
    expect(shutdown.signal.aborted).toBe(true);
    await later(50);
    expect(order).toEqual(["server", "store"]);
    expect(host.exits).toEqual([0]);
  },
);

test("a second signal exits at once with the signal's code", async () => {
  const { host, shutdown } = setUp();
  shutdown.onEnd("slow", () => later(500));
  host.emit("SIGINT", "SIGINT");
  await later(5);
  expect(host.exits).toEqual([]);
  host.emit("SIGTERM", "SIGTERM");
  expect(host.exits).toEqual([143]);
});

test("a clean-up that fails does not keep the others from running, and exits with 1", async () => {
  const { host, shutdown, events } = setUp();
  const order: string[] = [];
  shutdown.onEnd("first", () => void order.push("first"));
  shutdown.onEnd("second", () => Promise.reject(new Error("no")));
  shutdown.onEnd("third", () => {
    throw new Error("no");
  });
  await shutdown.begin("done", 0);
  expect(order).toEqual(["first"]);
  expect(host.exits).toEqual([1]);
  expect(events.filter((event) => event === "a clean-up failed").length).toBe(2);
});

test("exits with 1 when the clean-ups take longer than their limit", async () => {
  const { host, shutdown } = setUp({ limitMs: 30 });
  const signals: AbortSignal[] = [];
  shutdown.onEnd("stuck", (signal) => {
    signals.push(signal);
    return new Promise(() => undefined);
  });
  await shutdown.begin("done", 0);
  expect(host.exits).toEqual([1]);
  expect(signals[0]?.aborted).toBe(true);
});

test("begins once, keeps the first exit code, and hands every caller the same end", async () => {
  const { host, shutdown } = setUp();
  let runs = 0;
  shutdown.onEnd("once", () => void runs++);
  await Promise.all([shutdown.begin("done", 3), shutdown.begin("again", 0)]);
  expect(runs).toBe(1);
  expect(host.exits).toEqual([3]);
});

test("ends when the parent goes away, but only where there was one", async () => {
  const forked = setUp({ connected: true });
  forked.host.emit("disconnect", undefined);
  await later(10);
  expect(forked.host.exits).toEqual([0]);
  expect(setUp().host.listenerCount("disconnect")).toBe(0);
});

test.each(["uncaughtException", "unhandledRejection"])("%s exits at once with 1", (event) => {
  const { host, shutdown, events } = setUp();
  let isCleaned = false;
  shutdown.onEnd("store", () => {
    isCleaned = true;
  });
  host.emit(event, new Error("ours"));
  expect(host.exits).toEqual([1]);
  expect(events).toEqual(["the process failed"]);
  expect(isCleaned).toBe(false);
});

test("stops listening when detached", () => {
  const { host, shutdown } = setUp({ connected: true });
  shutdown.detach();
  expect(host.eventNames()).toEqual([]);
});

// A server keeps the process alive, as in a unit; what runs at the end is seen in its log.
function unitScript(then: string): string {
  return `
    import { createServer } from "node:net";
    import { systemClock } from "../base/clock.ts";
    import { createLogger, stderrSink } from "./logger.ts";
    import { createShutdown } from "./shutdown.ts";
    const logger = createLogger({ level: "info", clock: systemClock, sink: stderrSink() });
    const shutdown = createShutdown({ host: process, logger });
    const server = createServer().listen(0, "127.0.0.1", () => process.send?.("ready"));
    shutdown.onEnd("server", () => {
      logger.info("cleaned");
      server.close();
    });
    ${then}
  `;
}

test.each([
  ["a SIGTERM", "", (child: ChildProcess) => void child.kill("SIGTERM"), 0, true],
  ["a SIGINT", "", (child: ChildProcess) => void child.kill("SIGINT"), 0, true],
  ["its parent's leaving", "", (child: ChildProcess) => child.disconnect(), 0, true],
  [
    "an error nobody caught",
    "setTimeout(() => { throw new Error('x'); }, 50);",
    () => undefined,
    1,
    false,
  ],
  ["a rejection nobody caught", "void Promise.reject(new Error('x'));", () => undefined, 1, false],
])("a real process ends as it should after %s", async (_, then, whenReady, code, isCleaned) => {
  const script = {
    source: unitScript(then),
    folder: new URL(".", import.meta.url).pathname,
    whenReady,
  };
  const end = await runScript(script);
  expect(end.code, end.stderr).toBe(code);
  expect(end.stderr.includes('"event":"cleaned"')).toBe(isCleaned);
  expect(end.stderr.includes('"event":"the process failed"')).toBe(!isCleaned);
});
