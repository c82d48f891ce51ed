/**
 * The steps of messages, as the messenger's store keeps them: a row each, under message and position.
 *
 * @module
 */

import { concatBytes, u64be } from "../../../base/bytes.ts";
import type { TableReader, TableWriter } from "../engine.ts";
import type { StatusEvent } from "../ports/message-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { prefixRange, readU64 } from "../schema.ts";
import { messageEventsMax } from "../store-limits.ts";
import { takeRows } from "./paging.ts";

/** Names and values of the fields, for rows hold no maps. */
type EventRow = readonly [
  at: number,
  kind: string,
  names: readonly string[],
  values: readonly (string | number | boolean | null)[],
];

/** How many steps a message has. */
export function eventCount(tables: TableReader, id: Uint8Array): number {
  for (const { key } of tables.range("message-event", { ...prefixRange(id), reverse: true })) {
    return readU64(key, 32) + 1;
  }
  return 0;
}

/** False if the message has as many events as are kept. */
export function appendEvent(tables: TableWriter, id: Uint8Array, event: StatusEvent): boolean {
  const position = eventCount(tables, id);
  if (position >= messageEventsMax) return false;
  const { at, kind, fields } = event;
  const row: EventRow = [at, kind, Object.keys(fields), Object.values(fields)];
  tables.put("message-event", concatBytes(id, u64be(position)), packRow(row));
  return true;
}

/** A message's steps from a position on, in order. */
export function readEvents(tables: TableReader, id: Uint8Array, from: number): StatusEvent[] {
  const range = prefixRange(id, u64be(from));
  return takeRows(tables.range("message-event", range), messageEventsMax, (row) =>
    readEvent(row.value),
  );
}

function readEvent(value: Uint8Array): StatusEvent {
  const [at, kind, names, values] = unpackRow<EventRow>(value, 4);
  const fields = Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
  return { at, kind, fields };
}
