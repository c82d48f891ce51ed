/**
 * The end of a unit's process: SIGINT, SIGTERM, a parent that went away, or a mistake of our own.
 *
 * A first signal runs the clean-ups, last registered first, each waited for, all within one limit;
 * a second signal ends the process at once. An uncaught error ends it at once with code 1: what
 * state it left is unknown, and the store is made to survive that.
 *
 * @module
 */

import type { Logger } from "./logger.ts";

/** The part of `process` that this needs. */
export interface HostProcess {
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  exit(code: number): unknown;
  /** Present and true in a process that was forked with a channel to its parent. */
  readonly connected?: boolean;
}

export type CleanUp = (signal: AbortSignal) => Promise<void> | void;

export interface Shutdown {
  /** Aborts when the end begins; whoever waits for something listens to it. */
  readonly signal: AbortSignal;
  /** Registers a clean-up; it runs before those that were registered earlier. */
  onEnd(name: string, cleanUp: CleanUp): void;
  /** Begins the end. Resolves once the clean-ups ran, just before the process exits. */
  begin(reason: string, exitCode: number): Promise<void>;
  /** Ends the process at once, for a failed assertion that something caught. */
  fail(error: unknown): void;
  /** Stops listening to the process; for one that goes on. */
  detach(): void;
}

/** How long the clean-ups have together unless told otherwise. */
export const shutdownLimitMs = 10_000;

/** Listens to the process and ends it in order. */
export function createShutdown(options: {
  readonly host: HostProcess;
  readonly logger: Logger;
  readonly limitMs?: number;
}): Shutdown {
  const { host, logger, limitMs = shutdownLimitMs } = options;
  const cleanUps: { readonly name: string; readonly run: CleanUp }[] = [];
  const ending = new AbortController();
  let ended: Promise<void> | null = null;

  const begin = (reason: string, exitCode: number): Promise<void> => {
    ended ??= end(reason, exitCode);
    return ended;
  };
  const end = async (reason: string, exitCode: number): Promise<void> => {
    logger.info("shutting down", { reason });
    ending.abort(new Error(`shutting down: ${reason}`));
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error("out of time")), limitMs);
    const isClean = await runAll(cleanUps, logger, limit.signal);
    clearTimeout(timer);
    logger.info("shut down", { reason, isClean });
    host.exit(isClean ? exitCode : 1);
  };
  const fail = (error: unknown): void => {
    logger.error("the process failed", { error });
    host.exit(1);
  };
  const onSignal = (name: string, number: number) => (): void => {
    if (ended === null) void begin(name, 0);
    else host.exit(128 + number);
  };
  const listeners: readonly (readonly [event: string, listener: (value: unknown) => void])[] = [
    ["SIGINT", onSignal("SIGINT", 2)],
    ["SIGTERM", onSignal("SIGTERM", 15)],
    ["uncaughtException", fail],
    ["unhandledRejection", fail],
    // A forked unit whose parent is gone would hold its ports and its store for ever.
    ...(host.connected === true
      ? [["disconnect", (): void => void begin("the parent went away", 0)] as const]
      : []),
  ];
  for (const [event, listener] of listeners) host.on(event, listener);
  return {
    signal: ending.signal,
    onEnd: (name, run) => void cleanUps.push({ name, run }),
    begin,
    fail,
    detach: () => {
      for (const [event, listener] of listeners) host.off(event, listener);
    },
  };
}

/** Runs the clean-ups, last first. False if one failed or was not done when the signal aborted. */
async function runAll(
  cleanUps: { readonly name: string; readonly run: CleanUp }[],
  logger: Logger,
  limit: AbortSignal,
): Promise<boolean> {
  let isClean = true;
  const outOfTime = new Promise<never>((_, reject) => {
    limit.addEventListener("abort", () => reject(limit.reason as Error), { once: true });
  });
  // It is also awaited below; this keeps it from counting as unhandled while nothing waits.
  outOfTime.catch(() => undefined);
  for (let next = cleanUps.pop(); next !== undefined && !limit.aborted; next = cleanUps.pop()) {
    try {
      await Promise.race([next.run(limit), outOfTime]);
    } catch (error) {
      isClean = false;
      logger.error("a clean-up failed", { name: next.name, error });
    }
  }
  return isClean && !limit.aborted;
}
