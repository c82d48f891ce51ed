/**
 * How this program is called where it runs: in a clone, `npm start` and `npx` have no `nymcompute` in
 * the path.
 *
 * @module
 */

import type { Terminal } from "./terminal.ts";

/** What to type before a command's name. */
export function programName({ env }: Pick<Terminal, "env">): string {
  return env["npm_execpath"] === undefined ? "nymcompute" : "npx nymcompute";
}
