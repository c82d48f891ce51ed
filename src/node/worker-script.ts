/**
 * Where a worker's script is. Workers always run compiled JavaScript: Node 20 cannot run TypeScript,
 * so under Vitest, where this module is a `.ts` in `src/`, the script is the built one in `dist/`
 * (`npm test` builds first; a test run by hand tests the worker that was last built).
 *
 * @module
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CodedError } from "../base/error.ts";

/**
 * The URL of a worker script in this folder.
 *
 * @param name the script below `src/node` without its extension, `verifier-pool/verify-worker` say
 * @throws CodedError `WORKER_SCRIPT_MISSING` where it was not built
 */
export function workerScript(name: string): URL {
  const here = new URL(".", import.meta.url);
  const isSource = import.meta.url.endsWith(".ts");
  const folder = isSource ? new URL("../../dist/src/node/", here) : here;
  const script = new URL(`${name}.js`, folder);
  if (!existsSync(script)) {
    throw new CodedError("WORKER_SCRIPT_MISSING", {
      expected: fileURLToPath(script),
      remedy: "npm run build",
    });
  }
  return script;
}
