import { expect, test } from "vitest";
import { CodedError } from "../base/error.ts";
import { runScript } from "../testing/bundled-script.ts";
import { createLogger, type LogLevel } from "./logger.ts";

function recorder(level: LogLevel = "debug") {
  const lines: string[] = [];
  const clock = { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() };
  const logger = createLogger({ level, clock, sink: (line) => void lines.push(line) });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? "") as Record<string, unknown> };
}

test("writes one JSON line an event, with time, level and event first", () => {
  const { logger, lines } = recorder();
  logger.info("started", { port: 8701 });
  expect(lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"started","port":8701}\n',
  ]);
});

test("leaves out what is below its level", () => {
  const { logger, lines } = recorder("warn");
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(["c", "d"]);
});

test("adds fields to every event, and lets none take the place of time, level or event", () => {
  const { logger, last } = recorder();
  logger
    .with({ unit: "scheduler", level: "none" })
    .with({ slot: 7 })
    .info("x", { event: "forged" });
  expect(last()).toMatchObject({ level: "info", event: "x", unit: "scheduler", slot: 7 });
});

test("writes an error with code, fields, stack and causes", () => {
  const { logger, last } = recorder();
  const error = new CodedError("FENCED", { expected: 1, got: 2 }, { cause: new Error("below") });
  logger.error("x", { error });
  expect(last()["error"]).toMatchObject({
    code: "FENCED",
    fields: { expected: 1, got: 2 },
    cause: { message: "below" },
  });
});

test("keeps a line whole whatever is in it", () => {
  const { logger, lines, last } = recorder();
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const throwing = { toJSON: () => throwError() };
  for (const value of [cycle, throwing, "a\nb\u2028c", 1n, undefined, Symbol("x"), () => 1]) {
    logger.info("x", { value });
  }
  expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(Array(7).fill("x"));
  logger.info("x", { value: "y".repeat(1_000_000) });
  expect((lines.at(-1) ?? "").length).toBeLessThan(10_000);
  logger.info("x", { value: Array.from({ length: 100_000 }, () => "yy") });
  expect((lines.at(-1) ?? "").length).toBeLessThan(20_000);
  expect(last()["event"]).toBe("x");
});

function throwError(): never {
  throw new Error("no JSON");
}

test("never writes out bytes, only how many", () => {
  const { logger, last } = recorder();
  logger.info("x", { bytes: new Uint8Array(5), buffer: Buffer.from("secret") });
  expect(last()).toMatchObject({ bytes: "(5 bytes)", buffer: "(6 bytes)" });
});

test("a process that exits at once keeps its last line, on stderr, and has an empty stdout", async () => {
  const source = `
    import { systemClock } from "../base/clock.ts";
    import { createLogger, stderrSink } from "./logger.ts";
    const logger = createLogger({ level: "info", clock: systemClock, sink: stderrSink() });
    logger.info("last", { fill: "x".repeat(5000) });
    process.exit(3);
  `;
  const end = await runScript({ source, folder: new URL(".", import.meta.url).pathname });
  expect(end).toMatchObject({ code: 3, stdout: "" });
  expect(JSON.parse(end.stderr)).toMatchObject({ level: "info", event: "last" });
});
