/**
 * The lines of a verification, for people.
 *
 * @module
 */

import type { Check } from "../client/check-lines.ts";

/** A line for each check: name, status, a word on it, and how long it took where that is something. */
export function checkLinesText(checks: readonly Check[]): readonly string[] {
  return checks.map(({ name, status, detail, ms }) => {
    const took = ms < 1 ? "" : `  (${ms < 10 ? ms : Math.round(ms)} ms)`;
    return `${name.padEnd(13)}  ${status.padEnd(11)}  ${detail}${took}`.trimEnd();
  });
}
