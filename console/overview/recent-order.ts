/**
 * The newest messages as they come and change: one row for each message, the newest on top.
 *
 * @module
 */

import type { MessageSummary } from "../../src/protocol/http.ts";

/** Rows with one that came or changed among them, at most `max`. */
export function withMessage(
  rows: readonly MessageSummary[],
  message: MessageSummary,
  max: number,
): readonly MessageSummary[] {
  const others = rows.filter(({ id }) => id !== message.id);
  return [...others, message].sort((a, b) => b.sequence - a.sequence).slice(0, max);
}
