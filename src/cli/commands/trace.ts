/**
 * `nymcompute trace`: everything that one message caused.
 *
 * @module
 */

import { messengerClient } from "../../client/messenger-client.ts";
import { parseId } from "../../protocol/ids.ts";
import { type Command, defineCommand } from "../command.ts";
import { TreeReader } from "../message-tree.ts";
import { urlsOf } from "../open-network.ts";
import { argumentAt, networkOptions, timeoutOption } from "../options.ts";
import { settledTree } from "../settled-tree.ts";
import { listedTree, treeText } from "../tree-text.ts";

export const traceCommand: Command = defineCommand({
  command: "nymcompute trace",
  summary: "Shows the tree of messages that one message caused, once all of it is settled.",
  arguments: [{ name: "MESSAGE", help: "a message's id" }],
  options: [{ ...timeoutOption, default: 120_000 }, ...networkOptions],
  run: async ({ values, arguments: given, terminal }) => {
    const message = parseId(argumentAt(given, 0), "message");
    const { messenger } = await urlsOf(values, terminal.folder);
    const reader = new TreeReader(messengerClient(messenger));
    const tree = await settledTree(reader, message, values.timeout, (count) =>
      terminal.progress(`${count} messages …`),
    );
    const { isSettled: settled, count } = tree;
    const messages = listedTree(tree.root);
    const stopped = messages.filter(({ state }) => state === "stopped").length;
    return { json: { settled, count, stopped, messages }, text: treeText(tree) };
  },
});
