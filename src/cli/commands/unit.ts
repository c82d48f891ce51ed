/**
 * `nymcompute messenger | scheduler | compute | witness`: one unit, in this process, so that whoever runs it has
 * one process to watch. The unit's own entry point reads its options. It is found by its place in the
 * built package, because the command line must not depend on units.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import type { UnitRole } from "../../protocol/http.ts";
import type { Command } from "../command.ts";
import { builtFile } from "../places.ts";

interface UnitEntry {
  readonly main: (argv: readonly string[]) => Promise<void>;
}

/** The command of a unit. */
export function unitCommand(role: UnitRole): Command {
  return {
    run: async (argv) => {
      const entry = pathToFileURL(builtFile(`${role}-unit/main.js`)).href;
      const { main } = (await import(entry)) as UnitEntry;
      await main(argv);
      return 0;
    },
  };
}
