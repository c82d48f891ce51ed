/**
 * Options that all units have, and how their texts become values.
 *
 * @module
 */

import { CodedError } from "../../base/error.ts";
import type { OptionValues } from "../config-declaration.ts";

export const unitOptions = [
  {
    name: "listen",
    kind: "string",
    required: true,
    placeholder: "HOST:PORT",
    help: "where to answer; port 0 takes any free one",
  },
  { name: "data", kind: "string", required: true, placeholder: "DIR", help: "folder of the store" },
  {
    name: "key",
    kind: "string",
    required: true,
    placeholder: "FILE",
    help: "the unit's identity, made by `nymcompute key new --out FILE`",
  },
  {
    name: "passphrase-file",
    kind: "string",
    placeholder: "FILE",
    help: "passphrase of an encrypted key; asked for on a terminal otherwise",
  },
  {
    name: "network",
    kind: "string",
    required: true,
    placeholder: "ID",
    help: "id of the network that the unit belongs to",
  },
  {
    name: "http",
    kind: "string",
    default: "auto",
    choices: ["auto", "uws", "node"],
    help: "HTTP adapter: uWebSockets.js where it loads, else Node's own",
  },
  {
    name: "log-level",
    kind: "string",
    default: "info",
    choices: ["debug", "info", "warn", "error"],
    help: "what is written to stderr",
  },
  {
    name: "metrics-public",
    kind: "boolean",
    default: false,
    help: "answer /metrics to other machines too",
  },
  {
    name: "peer-requests",
    kind: "number",
    default: 2000,
    min: 0,
    max: 1_000_000,
    placeholder: "N",
    help: "requests a second that one address may make; 0 is no limit",
  },
  {
    name: "json",
    kind: "boolean",
    default: false,
    help: "print one JSON line on stdout once the unit answers",
  },
] as const;

export type UnitOptionValues = OptionValues<typeof unitOptions>;

export type UnitOptionErrorCode = "LISTEN_INVALID" | "PUBLIC_URL_INVALID";

/** An option whose text is no value of its kind. */
export class UnitOptionError extends CodedError<UnitOptionErrorCode> {
  override readonly name = "UnitOptionError";
}

/** `HOST:PORT`, `[::1]:PORT` or `PORT` alone, which is 127.0.0.1. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || !(port <= 65_535)) {
    throw new UnitOptionError("LISTEN_INVALID", { expected: "HOST:PORT", got: text.slice(0, 100) });
  }
  return { host: match[1] ?? match[2] ?? "127.0.0.1", port };
}
