/**
 * A process's log from whichever scheduler serves it.
 *
 * @module
 */

import type { Connection } from "../client/connect.ts";
import type { SchedulerClient } from "../client/scheduler-client.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { logPageEntriesMax } from "../protocol/limits.ts";

/** The scheduler that has the log, and slot 0 of it. Rejects with `PROCESS_UNKNOWN`. */
export async function schedulerOf(
  connection: Connection,
  process: Digest,
): Promise<{ readonly scheduler: SchedulerClient; readonly spawn: LogItem }> {
  for (const scheduler of connection.schedulers) {
    const spawn = await scheduler.spawnOf(process);
    if (spawn !== null) return { scheduler, spawn };
  }
  throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(process) });
}

/** Pages of a log from a slot on; with `waitMs` it goes on for ever, else it ends at the newest. */
export async function* logPages(
  scheduler: SchedulerClient,
  process: Digest,
  query: {
    readonly from: number;
    readonly limit: number;
    readonly waitMs?: number;
    readonly signal?: AbortSignal;
  },
): AsyncGenerator<readonly LogItem[]> {
  const { waitMs, signal } = query;
  let { from, limit: left } = query;
  while (left > 0 && signal?.aborted !== true) {
    const { items } = await scheduler.log(process, {
      from,
      limit: Math.min(left, logPageEntriesMax),
      ...(waitMs === undefined ? {} : { waitMs }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (items.length > 0) yield items;
    else if (waitMs === undefined) return;
    from += items.length;
    left -= items.length;
  }
}
