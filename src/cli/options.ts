/**
 * Options that several commands share, and how their texts become what is sent.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { dataBytesMax } from "../protocol/limits.ts";
import type { Tag } from "../protocol/message.ts";
import { CliError } from "./cli-error.ts";

/** Which network, and who speaks. */
export const networkOptions = [
  {
    name: "messenger",
    kind: "string",
    placeholder: "URL",
    help: "the messenger; by default the dev network's, else http://127.0.0.1:8701",
  },
  {
    name: "scheduler",
    kind: "list",
    default: [],
    placeholder: "URL",
    help: "a scheduler; by default the messenger's",
  },
  {
    name: "compute",
    kind: "list",
    default: [],
    placeholder: "URL",
    help: "a compute unit; by default the messenger's",
  },
  {
    name: "network",
    kind: "string",
    placeholder: "ID",
    help: "the network that the units must belong to; by default the messenger's",
  },
] as const;

/** Who signs. */
export const keyOptions = [
  {
    name: "key",
    kind: "string",
    placeholder: "FILE",
    help: "the identity that signs; by default ~/.config/nymcompute/key, in a dev network account 0",
  },
  {
    name: "passphrase-file",
    kind: "string",
    placeholder: "FILE",
    help: "passphrase of an encrypted key; asked for on a terminal otherwise",
  },
] as const;

/** What a message says. */
export const contentOptions = [
  {
    name: "tag",
    kind: "list",
    default: [],
    env: null,
    placeholder: "NAME=VALUE",
    help: "a tag",
  },
  { name: "data", kind: "string", env: null, short: "d", help: "the message's data, as text" },
  {
    name: "file",
    kind: "string",
    env: null,
    short: "f",
    placeholder: "FILE",
    help: "the message's data, from a file",
  },
] as const;

export const actionOption = {
  name: "action",
  kind: "string",
  env: null,
  short: "a",
  help: "shorthand for --tag Action=TEXT",
} as const;

export const fromOption = {
  name: "from",
  kind: "string",
  env: null,
  placeholder: "ADDRESS",
  help: "who asks; unsigned, so any address will do; by default that of the key",
} as const;

export const timeoutOption = {
  name: "timeout",
  kind: "number",
  default: 30_000,
  min: 1,
  max: 3_600_000,
  placeholder: "MS",
  help: "how long to wait",
} as const;

export const budgetOption = {
  name: "budget",
  kind: "number",
  min: 1,
  max: 1_000_000_000_000,
  placeholder: "GAS",
  help: "gas that the message and all it causes may cost",
} as const;

/** `NAME=VALUE`, the value may be empty and hold more `=`. */
export function tagsOf(texts: readonly string[]): readonly Tag[] {
  return texts.map((text) => {
    const at = text.indexOf("=");
    if (at > 0) return { name: text.slice(0, at), value: text.slice(at + 1) };
    const next = "write --tag NAME=VALUE";
    throw new CliError("ARGUMENT_INVALID", { expected: "NAME=VALUE", got: text }, next);
  });
}

/** What `--data` or `--file` gives; undefined where neither is there. */
export async function dataOf(
  values: { readonly data: string | undefined; readonly file: string | undefined },
  folder: string,
): Promise<Uint8Array | string | undefined> {
  if (values.data !== undefined && values.file !== undefined) {
    const fields = { expected: "--data or --file", got: "both" };
    throw new CliError("ARGUMENT_INVALID", fields, "leave one of them out");
  }
  if (values.file === undefined) return values.data;
  const bytes = await readFile(resolve(folder, values.file));
  if (bytes.length <= dataBytesMax) return new Uint8Array(bytes);
  const fields = { expected: `at most ${dataBytesMax} bytes`, got: bytes.length };
  throw new CliError("ARGUMENT_INVALID", fields, "send it in parts");
}

/** The argument at a place: the declaration has seen to it that it is there. */
export function argumentAt(given: readonly string[], index: number): string {
  const text = given[index];
  if (text === undefined) throw new RangeError(`argument ${index} is not declared as required`);
  return text;
}
