/**
 * `nymcompute log`: the messages of a process in the order in which it reads them.
 *
 * @module
 */

import { parseId } from "../../protocol/ids.ts";
import { logItemView } from "../../protocol/view.ts";
import { type Command, defineCommand } from "../command.ts";
import { openNetwork } from "../open-network.ts";
import { argumentAt, networkOptions } from "../options.ts";
import { logPages, schedulerOf } from "../process-log.ts";
import { tagsText } from "../show-result.ts";
import { untilSignal } from "../until-signal.ts";

type ItemView = ReturnType<typeof logItemView>;

const followWaitMs = 20_000;
const dataShownMax = 200;

export const logCommand: Command = defineCommand({
  command: "nymcompute log",
  summary: "Shows the messages of a process, in order.",
  arguments: [{ name: "PROCESS", help: "the process's id" }],
  options: [
    { name: "from", kind: "number", default: 0, min: 0, env: null, help: "the first slot" },
    { name: "limit", kind: "number", min: 1, env: null, help: "how many; by default all" },
    {
      name: "follow",
      kind: "boolean",
      default: false,
      env: null,
      help: "wait for more until Ctrl-C; with --json one document a line",
    },
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, isJson, terminal }) => {
    const connection = await openNetwork(values, terminal.folder);
    const process = parseId(argumentAt(given, 0), "process");
    const { scheduler } = await schedulerOf(connection, process);
    const { from, limit = Number.MAX_SAFE_INTEGER, follow } = values;
    if (!follow) {
      const views: ItemView[] = [];
      for await (const items of logPages(scheduler, process, { from, limit })) {
        views.push(...items.map(logItemView));
        terminal.progress(`slot ${from + views.length} …`);
      }
      return { json: views, text: views.map(lineOf).join("\n") };
    }
    const ending = untilSignal();
    const { signal } = ending;
    try {
      const query = { from, limit, waitMs: followWaitMs, signal };
      for await (const items of logPages(scheduler, process, query)) {
        for (const view of items.map(logItemView)) {
          terminal.write(`${isJson ? JSON.stringify(view) : lineOf(view)}\n`);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      ending.release();
    }
    return {};
  },
});

interface MessageShape {
  readonly from: { readonly kind: string; readonly id: string };
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  readonly data: string | null;
  readonly dataBytes: string | null;
}

function lineOf(view: ItemView): string {
  const message = view["message"] as unknown as MessageShape;
  const { kind, id } = message.from;
  const time = new Date(Number(view["timestamp"])).toISOString();
  const data = message.data ?? (message.dataBytes === null ? "" : "(bytes)");
  const text = data.length <= dataShownMax ? data : `${data.slice(0, dataShownMax)}…`;
  const said = `${tagsText(message)} ${text.replaceAll("\n", "\\n")}`.trimEnd();
  return `${String(Number(view["slot"])).padStart(5)}  ${time}  ${kind} ${id}  ${said}`;
}
