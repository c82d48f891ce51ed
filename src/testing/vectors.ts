/**
 * Where the outside test vectors lie: `../shared/vectors` beside the project's root. A clone may be
 * without them; a test that needs them then passes under a name that says so.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of one set of vectors (`wasm-spec`, `wycheproof`, `blake3`), or null where absent. */
export function vectorsFolder(name: string): string | null {
  const folder = join(projectRoot(), "..", "shared", "vectors", name);
  return existsSync(folder) ? folder : null;
}

/** The nearest folder upwards with a package.json: this file also runs from the build's output. */
export function projectRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  throw new Error(`no package.json above ${start}`);
}
