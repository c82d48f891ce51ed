/**
 * `nymcompute spawn`: makes a process of a module and waits for its first result.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CodedError } from "../../base/error.ts";
import { contentIdOf, idText, parseId } from "../../protocol/ids.ts";
import type { Tag } from "../../protocol/message.ts";
import { reservedTags } from "../../protocol/spawn.ts";
import { validateProcess } from "../../wasm/validate/validate-process.ts";
import { CliError } from "../cli-error.ts";
import { type Command, defineCommand } from "../command.ts";
import { rememberModuleMap } from "../module-maps.ts";
import { openNetwork, openSigner } from "../open-network.ts";
import {
  argumentAt,
  budgetOption,
  contentOptions,
  dataOf,
  keyOptions,
  networkOptions,
  tagsOf,
  timeoutOption,
} from "../options.ts";
import { sentOutcome, sentWithResult } from "../sent.ts";
import type { Terminal } from "../terminal.ts";

export const spawnCommand: Command = defineCommand({
  command: "nymcompute spawn",
  summary: "Makes a process of a module, and waits for the result of its slot 0.",
  arguments: [{ name: "MODULE", help: "a .wasm file, which is uploaded, or a module's id" }],
  options: [
    ...contentOptions,
    {
      name: "memory-limit",
      kind: "bytes",
      env: null,
      help: "memory that the process may have; 16MiB unless told",
    },
    {
      name: "evidence",
      kind: "string",
      env: null,
      choices: ["attested", "proven"],
      help: "what it demands of messages from processes; `proven` takes proofs of the sender's every slot",
    },
    {
      name: "trust",
      kind: "list",
      default: [],
      env: null,
      placeholder: "ADDRESS",
      help: "a compute unit whose word it takes; by default those that the sender names",
    },
    {
      name: "trust-quorum",
      kind: "number",
      min: 1,
      env: null,
      help: "how many of them must have attested; all unless told",
    },
    budgetOption,
    timeoutOption,
    ...keyOptions,
    ...networkOptions,
  ],
  run: async ({ values, arguments: given, terminal }) => {
    const module = await readModule(argumentAt(given, 0), terminal);
    const data = await dataOf(values, terminal.folder);
    const limits = limitTags(values["memory-limit"]);
    const tags = [...tagsOf(values.tag), ...limits, ...evidenceTags(values)];
    const connection = await openNetwork(values, terminal.folder);
    const signer = await openSigner(values, connection.network, terminal);
    terminal.progress("spawning …");
    const { budget, timeout: timeoutMs } = values;
    const options = { signer, tags, wait: "result", timeoutMs } as const;
    const sent = await sentWithResult(
      connection,
      await connection.spawn(module, {
        ...options,
        ...(data === undefined ? {} : { data }),
        ...(budget === undefined ? {} : { budget }),
      }),
      timeoutMs,
    );
    const { process, slot, result } = sent;
    const outcome = sentOutcome(sent, timeoutMs);
    const next = `next: nymcompute send ${process} --action ACTION`;
    return {
      ...outcome,
      json: { process, slot, result },
      text: `process ${process}\n${outcome.text}${outcome.failure === undefined ? `\n${next}` : ""}`,
    };
  },
});

function limitTags(memoryLimit: number | undefined): readonly Tag[] {
  if (memoryLimit === undefined) return [];
  return [{ name: reservedTags.memoryLimit, value: String(memoryLimit) }];
}

/** What it demands of processes that send to it. */
function evidenceTags(demanded: {
  readonly evidence?: string | undefined;
  readonly trust: readonly string[];
  readonly "trust-quorum"?: number | undefined;
}): readonly Tag[] {
  const { evidence, trust, "trust-quorum": quorum } = demanded;
  const one = (name: string, value: string | number | undefined): readonly Tag[] =>
    value === undefined ? [] : [{ name, value: String(value) }];
  return [
    ...one(reservedTags.evidence, evidence),
    ...trust.map((address) => ({ name: reservedTags.trust, value: address })),
    ...one(reservedTags.trustQuorum, quorum),
  ];
}

/** The bytes of a file, or the id of a module that is there already. */
async function readModule(given: string, terminal: Terminal): Promise<Uint8Array | string> {
  const path = resolve(terminal.folder, given);
  if (!existsSync(path)) {
    try {
      parseId(given, "module");
      return given;
    } catch {
      const fields = { expected: "a .wasm file or a module's id", got: given };
      throw new CliError("FILE_MISSING", fields, "nymcompute build");
    }
  }
  const bytes = new Uint8Array(await readFile(path));
  if (existsSync(`${path}.map`)) {
    await rememberModuleMap(idText(contentIdOf(bytes)), `${path}.map`);
  }
  try {
    validateProcess(bytes);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    terminal.note(`${given} is no module that can run, so slot 0 will fail: ${error.message}`);
  }
  return bytes;
}
