/**
 * How far an entry's time lies from the heads around it (spec/16-evidence.md §4). A timestamp is the scheduler's
 * claim, and so is a head's time, but an earlier or a later one: what does not go together is said, and convicts
 * nobody.
 *
 * @module
 */

import { parseHead } from "./head.ts";

/** How far clocks may be apart. */
const toleranceSeconds = 60;

/** Times of heads in seconds since the Unix epoch; null where none is known. */
export interface HeadsAround {
  /** Of a head that does not cover the entry. */
  readonly before: number | null;
  /** Of a head that covers it. */
  readonly after: number | null;
}

/** Seconds from the nearer of the heads around, below 0 where before them; null where it is not far. */
export function secondsAway(timestampMs: number, { before, after }: HeadsAround): number | null {
  const seconds = timestampMs / 1000;
  if (before !== null && seconds < before - toleranceSeconds) return Math.floor(seconds - before);
  if (after !== null && seconds > after + toleranceSeconds) return Math.ceil(seconds - after);
  return null;
}

/** The same for people; null where it is not far. */
export function timeFarText(timestampMs: number, around: HeadsAround): string | null {
  const away = secondsAway(timestampMs, around);
  if (away === null) return null;
  const time = new Date(timestampMs).toISOString();
  const place = away < 0 ? `${-away} s before an earlier head` : `${away} s after its head`;
  return `TIME_FAR: it says ${time}, ${place}`;
}

/** When the log says that it signed a head, in seconds. */
export function headSeconds(note: Uint8Array): number {
  const line = parseHead(note).signatures[0]?.signature ?? new Uint8Array(8);
  return Number(new DataView(line.buffer, line.byteOffset, 8).getBigUint64(0));
}
