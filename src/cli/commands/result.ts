/**
 * `nymcompute result`: what came of a slot or message.
 *
 * @module
 */

import { ProtocolError } from "../../protocol/errors.ts";
import { type Command, defineCommand } from "../command.ts";
import { openNetwork } from "../open-network.ts";
import { argumentAt, networkOptions, timeoutOption } from "../options.ts";
import { resultText, withPlace } from "../show-result.ts";

export const resultCommand: Command = defineCommand({
  command: "nymcompute result",
  summary: "Shows the result of a slot or message of a process.",
  arguments: [
    { name: "PROCESS", help: "the process's id" },
    { name: "SLOT|MESSAGE", help: "a slot's number or a message's id" },
  ],
  options: [timeoutOption, ...networkOptions],
  run: async ({ values, arguments: given, terminal }) => {
    const connection = await openNetwork(values, terminal.folder);
    const place = argumentAt(given, 1);
    const asked = /^\d{1,15}$/.test(place) ? Number(place) : place;
    terminal.progress("waiting for the result …");
    const { timeout: timeoutMs } = values;
    const found = await connection.result(argumentAt(given, 0), asked, { timeoutMs });
    if (found === null) throw new ProtocolError("RESULT_PENDING", { asked, waitedMs: timeoutMs });
    const result = await withPlace(found);
    return { json: result, text: resultText(result) };
  },
});
