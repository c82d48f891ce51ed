/**
 * Waits until a tree of messages is settled.
 *
 * @module
 */

import { systemClock } from "../base/clock.ts";
import { UnitCallError } from "../client/unit-call.ts";
import type { Digest } from "../protocol/ids.ts";
import type { MessageTree, TreeReader } from "./message-tree.ts";

const pauseMaxMs = 1000;

/** The tree as soon as it is settled, or as it is when the time is over. */
export async function settledTree(
  reader: TreeReader,
  message: Digest,
  timeoutMs: number,
  onProgress: (count: number) => void,
): Promise<MessageTree> {
  const end = systemClock.monotonic() + timeoutMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, pauseMaxMs)) {
    const tree = await patiently(() => reader.read(message), end);
    onProgress(tree.count);
    if (tree.isSettled || tree.isCut || systemClock.monotonic() + pauseMs > end) return tree;
    await systemClock.sleep(pauseMs);
  }
}

/** A messenger that is asked a lot may say that it is too much. */
async function patiently<Value>(ask: () => Promise<Value>, end: number): Promise<Value> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const waitMs = error instanceof UnitCallError ? error.retryAfterMs : null;
      if (waitMs === null || systemClock.monotonic() + waitMs > end) throw error;
      await systemClock.sleep(waitMs);
    }
  }
}
