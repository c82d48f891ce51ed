/**
 * `nymcompute call`: a dry run. The process answers as it would in its next slot; nothing is logged,
 * kept or signed.
 *
 * @module
 */

import { idText } from "../../protocol/ids.ts";
import { type Command, defineCommand } from "../command.ts";
import { openNetwork, openSigner } from "../open-network.ts";
import {
  actionOption,
  argumentAt,
  contentOptions,
  dataOf,
  fromOption,
  keyOptions,
  networkOptions,
  tagsOf,
} from "../options.ts";
import { failureIn, resultText, withPlace } from "../show-result.ts";

export const callCommand: Command = defineCommand({
  command: "nymcompute call",
  summary: "Asks a process without leaving a trace: a dry run on its newest state.",
  arguments: [{ name: "PROCESS", help: "the process's id" }],
  options: [actionOption, ...contentOptions, fromOption, ...keyOptions, ...networkOptions],
  run: async ({ values, arguments: given, terminal }) => {
    const data = await dataOf(values, terminal.folder);
    const tags = tagsOf(values.tag);
    const connection = await openNetwork(values, terminal.folder);
    const { network } = connection;
    const owner =
      values.from ?? idText((await openSigner(values, network, terminal, "asking")).address);
    terminal.progress("asking …");
    const { action } = values;
    const result = await withPlace(
      await connection.dryrun(argumentAt(given, 0), {
        owner,
        tags,
        ...(action === undefined ? {} : { action }),
        ...(data === undefined ? {} : { data }),
      }),
    );
    const failure = failureIn(result);
    return {
      json: { result },
      text: resultText(result),
      ...(failure === undefined ? {} : { failure }),
    };
  },
});
