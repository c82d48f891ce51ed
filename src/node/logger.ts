/**
 * Logs as JSON lines, one event a line, on stderr only: stdout belongs to the command's result.
 *
 * Of our own rather than pino: this is a hundred lines for a few lines a second, where pino brings
 * ten packages and a worker thread whose last lines are lost when a process exits at once; and a
 * line here is always whole, bounded, and free of line breaks that somebody else chose.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { CodedError } from "../base/error.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields of an event. An `Error` is written as its name, code, message, stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its events. */
  with(fields: LogFields): Logger;
}

/** Takes one whole line, with its line feed. Must not throw. */
export type LogSink = (line: string) => void;

export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

const textCharactersMax = 8_192;
const lineCharactersMax = 65_536;
const causesMax = 4;

/** A logger that writes events of `level` and above. */
export function createLogger(options: {
  readonly level: LogLevel;
  readonly clock: Clock;
  readonly sink: LogSink;
  readonly fields?: LogFields;
}): Logger {
  const { clock, sink, fields: own = {} } = options;
  const least = logLevels.indexOf(options.level);
  const write = (level: LogLevel, event: string, fields: LogFields): void => {
    if (logLevels.indexOf(level) < least) return;
    // These first, and no field of a caller can take their place.
    const line: Record<string, unknown> = {
      time: new Date(clock.now()).toISOString(),
      level,
      event,
    };
    for (const [name, value] of Object.entries({ ...own, ...fields })) {
      if (!Object.hasOwn(line, name)) line[name] = value;
    }
    sink(`${encode(line)}\n`);
  };
  return {
    debug: (event, fields = {}) => write("debug", event, fields),
    info: (event, fields = {}) => write("info", event, fields),
    warn: (event, fields = {}) => write("warn", event, fields),
    error: (event, fields = {}) => write("error", event, fields),
    with: (fields) => createLogger({ ...options, fields: { ...own, ...fields } }),
  };
}

/** Never throws: a log line is not worth a process. */
function encode(line: Readonly<Record<string, unknown>>): string {
  const { time, level, event } = line;
  try {
    const text = JSON.stringify(line, replace);
    if (text.length <= lineCharactersMax) return text;
    return JSON.stringify({ time, level, event, cut: text.slice(0, textCharactersMax) });
  } catch (error) {
    // A cycle, or a `toJSON` that throws.
    return JSON.stringify({ time, level, event, unwritable: String(error) });
  }
}

function replace(this: unknown, key: string, value: unknown): unknown {
  // Bytes are never logged whole: they may be large, and they may be somebody's data. They are
  // looked at before `toJSON`, by which a Buffer becomes a list of numbers.
  const raw = (this as Readonly<Record<string, unknown>>)[key];
  return ArrayBuffer.isView(raw) ? `(${raw.byteLength} bytes)` : plain(value);
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string" && value.length > textCharactersMax) {
    return `${value.slice(0, textCharactersMax)}… (${value.length} characters)`;
  }
  if (value instanceof Error) return describeError(value, causesMax);
  return value;
}

function describeError(error: Error, causes: number): LogFields {
  const cause = error.cause instanceof Error && causes > 0 ? error.cause : null;
  return {
    name: error.name,
    message: error.message,
    ...(error instanceof CodedError ? { code: error.code, fields: error.fields } : {}),
    stack: error.stack
      ?.split("\n")
      .slice(1)
      .map((line) => line.trim()),
    ...(cause === null ? {} : { cause: describeError(cause, causes - 1) }),
  };
}

/**
 * The sink on stderr. Writes to a file, a terminal or (on Linux and macOS) a pipe are synchronous,
 * so the last line before an exit is not lost. A reader that is gone loses lines, nothing more.
 */
export function stderrSink(): LogSink {
  process.stderr.on("error", () => undefined);
  return (line) => void process.stderr.write(line);
}
