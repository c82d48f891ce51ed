/**
 * Bounded pages of a range: every query of the stores stops at a number of rows and of bytes.
 *
 * @module
 */

import type { KeyValue } from "../engine.ts";
import { rangeBytesMax, rangeRowsMax } from "../store-limits.ts";

/** At most `limit` and 1,000 rows, mapped. */
export function takeRows<T>(
  rows: Iterable<KeyValue>,
  limit: number,
  map: (row: KeyValue) => T,
): T[] {
  const most = Math.min(limit, rangeRowsMax);
  const taken: T[] = [];
  if (most <= 0) return taken;
  for (const row of rows) {
    taken.push(map(row));
    if (taken.length >= most) break;
  }
  return taken;
}

/** As `takeRows`; stops too when the mapped things exceed 8 MiB, after the first. */
export function takeBytes<T>(
  rows: Iterable<KeyValue>,
  limit: number,
  map: (row: KeyValue) => { readonly item: T; readonly bytes: number },
): T[] {
  const most = Math.min(limit, rangeRowsMax);
  const taken: T[] = [];
  let total = 0;
  if (most <= 0) return taken;
  for (const row of rows) {
    const { item, bytes } = map(row);
    total += bytes;
    if (taken.length > 0 && total > rangeBytesMax) break;
    taken.push(item);
    if (taken.length >= most) break;
  }
  return taken;
}
