/**
 * `nymcompute trace`: everything that one message caused.
 *
 * @module
 */

import { systemClock } from "../../base/clock.ts";
import { messengerClient } from "../../client/messenger-client.ts";
import { UnitCallError } from "../../client/unit-call.ts";
import { type Digest, parseId } from "../../protocol/ids.ts";
import { type Command, defineCommand } from "../command.ts";
import { type MessageTree, TreeReader } from "../message-tree.ts";
import { urlsOf } from "../open-network.ts";
import { argumentAt, networkOptions, timeoutOption } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { nestedTree, treeText } from "../tree-text.ts";

export const traceCommand: Command = defineCommand({
  command: "nymcompute trace",
  summary: "Shows the tree of messages that one message caused, once all of it is settled.",
  arguments: [{ name: "MESSAGE", help: "a message's id" }],
  options: [timeoutOption, ...networkOptions],
  run: async ({ values, arguments: given, terminal }) => {
    const message = parseId(argumentAt(given, 0), "message");
    const { messenger } = await urlsOf(values, terminal.folder);
    const reader = new TreeReader(messengerClient(messenger));
    const tree = await settledTree(reader, message, values.timeout, terminal);
    const { isSettled: settled, count } = tree;
    return { json: { settled, count, ...nestedTree(tree.root) }, text: treeText(tree) };
  },
});

const pauseMaxMs = 1000;

/** The tree as soon as it is settled, or as it is when the time is over. */
export async function settledTree(
  reader: TreeReader,
  message: Digest,
  timeoutMs: number,
  terminal: Pick<Terminal, "progress">,
): Promise<MessageTree> {
  const end = systemClock.monotonic() + timeoutMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, pauseMaxMs)) {
    const tree = await patiently(() => reader.read(message), end);
    terminal.progress(`${tree.count} messages …`);
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
