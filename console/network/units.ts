/**
 * The units behind the page: the messenger that serves it, and the schedulers and compute units that
 * it knows (spec/09-http.md §3). Nothing here is believed: it is shown.
 *
 * @module
 */

import type { KnownUnits } from "../../src/client/messenger-client.ts";
import { jsonOf, type UnitCaller, unitCaller } from "../../src/client/unit-call.ts";
import { mediaTypes, type UnitInfo, type UnitRole } from "../../src/protocol/http.ts";

/** A unit by its address on the web. */
export interface Unit {
  readonly role: UnitRole;
  readonly url: string;
  /** Null while the messenger does not know it. */
  readonly address: string | null;
  readonly caller: UnitCaller;
}

export interface Network {
  /** The network's id. */
  readonly id: string;
  readonly messenger: Unit;
  readonly schedulers: readonly Unit[];
  readonly computes: readonly Unit[];
}

/** What a unit says of itself, and how it feels. */
export interface UnitHealth {
  readonly info: UnitInfo;
  readonly isWell: boolean;
  /** What was looked at, each in one line. */
  readonly checks: readonly string[];
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Statuses from 400 on that are answers too. */
  readonly answers?: readonly number[];
}

/** A unit's JSON. Rejects with a `UnitCallError`, or whatever aborted the signal. */
export async function readJson<Value>(
  unit: Unit,
  path: string,
  options: ReadOptions = {},
): Promise<Value> {
  const { signal, timeoutMs, answers } = options;
  const answer = await unit.caller.call({
    method: "GET",
    path,
    accept: mediaTypes.json,
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(answers === undefined ? {} : { answers }),
  });
  return jsonOf<Value>(answer);
}

function unitAt(role: UnitRole, url: string, address: string | null): Unit {
  const caller = unitCaller(url);
  return { role, url: caller.url, address, caller };
}

/** The network of the messenger at `url`. Rejects where the messenger does not answer. */
export async function openNetwork(url: string, signal?: AbortSignal): Promise<Network> {
  const options = { timeoutMs: 10_000, ...(signal === undefined ? {} : { signal }) };
  const messenger = unitAt("messenger", url, null);
  const [info, known] = await Promise.all([
    readJson<UnitInfo>(messenger, "/", options),
    readJson<KnownUnits>(messenger, "/units", options),
  ]);
  return {
    id: info.network,
    messenger: { ...messenger, address: info.address },
    schedulers: known.schedulers.map((one) => unitAt("scheduler", one.url, one.address)),
    computes: known.computes.map((one) => unitAt("compute", one.url, one.address)),
  };
}

/** Asks a unit how it is. Rejects where it does not answer. */
export async function readHealth(unit: Unit, signal?: AbortSignal): Promise<UnitHealth> {
  const options = { timeoutMs: 10_000, ...(signal === undefined ? {} : { signal }) };
  const [info, health] = await Promise.all([
    readJson<UnitInfo>(unit, "/", options),
    readJson<{ readonly ok?: unknown; readonly [name: string]: unknown }>(unit, "/health", {
      ...options,
      answers: [503],
    }),
  ]);
  const { ok, ...rest } = health;
  return { info, isWell: ok === true, checks: linesOf(rest) };
}

/** What a health answer holds beside its verdict, as `name value` lines. */
function linesOf(value: object): string[] {
  return Object.entries(value).flatMap(([name, each]) =>
    typeof each === "object" && each !== null ? linesOf(each) : [`${name} ${String(each)}`],
  );
}

/** Only the addresses, for what runs outside the page's own thread. */
export function unitUrls(network: Network): {
  readonly messenger: string;
  readonly schedulers: readonly string[];
  readonly computes: readonly string[];
} {
  return {
    messenger: network.messenger.url,
    schedulers: network.schedulers.map(({ url }) => url),
    computes: network.computes.map(({ url }) => url),
  };
}
