/**
 * What the views read of the units, in JSON (spec/09-http.md §3 to §5). The shapes are the units' word;
 * whoever wants to know more than that uses the verifier.
 *
 * @module
 */

import { UnitCallError } from "../../src/client/unit-call.ts";
import type { MessagePage, MessageStatus, ProcessPage } from "../../src/protocol/http.ts";
import { ConsoleError } from "./explain.ts";
import { type Network, readJson, type Unit } from "./units.ts";

/** Rows of one answer, at most. */
export const processPageMax = 500;

/** A page of a scheduler's processes, from an id on. */
export function readProcesses(
  scheduler: Unit,
  query: {
    readonly from: string | null;
    readonly limit?: number;
    readonly prefix?: string;
    readonly signal: AbortSignal;
  },
): Promise<ProcessPage> {
  const search = new URLSearchParams({ limit: String(query.limit ?? processPageMax) });
  if (query.from !== null) search.set("from", query.from);
  if (query.prefix !== undefined) search.set("prefix", query.prefix);
  return readJson(scheduler, `/processes?${search}`, { signal: query.signal });
}

/**
 * The answer of the first unit that knows what is asked for. Rejects with the last refusal where none
 * does, a 404 rather than a unit that does not answer.
 */
export async function firstOf<Value>(
  units: readonly Unit[],
  ask: (unit: Unit) => Promise<Value>,
): Promise<{ readonly unit: Unit; readonly value: Value }> {
  let refusal: unknown = new ConsoleError("NO_UNIT");
  for (const unit of units) {
    try {
      return { unit, value: await ask(unit) };
    } catch (error) {
      const isUnknown = error instanceof UnitCallError && error.status === 404;
      const before = refusal instanceof UnitCallError && refusal.status === 404;
      if (isUnknown || !before) refusal = error;
    }
  }
  throw refusal;
}

/** The newest messages that the messenger took. */
export function readRecent(
  messenger: Unit,
  limit: number,
  signal: AbortSignal,
): Promise<MessagePage> {
  return readJson(messenger, `/messages?limit=${limit}`, { signal });
}

/** A message's life, as the messenger tells it. */
export function readMessage(
  messenger: Unit,
  id: string,
  signal: AbortSignal,
): Promise<MessageStatus> {
  return readJson(messenger, `/messages/${encodeURIComponent(id)}`, { signal });
}

/** All units of a network, the messenger first. */
export function allUnits(network: Network): readonly Unit[] {
  return [network.messenger, ...network.schedulers, ...network.computes];
}
