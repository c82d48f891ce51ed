/**
 * Starts and stops `peers/durable-server.mjs`.
 *
 * @module
 */

import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const startMs = 10_000;

/** The peer's URL and how to end it; its file lies in `folder`. */
export async function startDurablePeer(folder) {
  const script = new URL("peers/durable-server.mjs", import.meta.url);
  const child = fork(script, [join(folder, "hashes")], { execArgv: [] });
  const [{ port }] = await once(child, "message", { signal: AbortSignal.timeout(startMs) });
  const stop = async () => {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}
