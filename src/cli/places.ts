/**
 * Where things are on this machine: the person's keys and networks, what builds remember, and this
 * package itself.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** `~/.config/nymcompute`. */
export function configFolder(): string {
  return join(homedir(), ".config", "nymcompute");
}

/** The key of a person who names none. */
export function defaultKeyFile(): string {
  return join(configFolder(), "key");
}

/** `~/.cache/nymcompute`: nothing is lost with it. */
export function cacheFolder(): string {
  return join(homedir(), ".cache", "nymcompute");
}

/** The folder with this package's `package.json`: sources and builds lie at different depths. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, "package.json"))) return folder;
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the package's own folder is missing");
    folder = parent;
  }
}

/** The built entry point of a unit or of a command. */
export function builtFile(path: string): string {
  return join(packageFolder(), "dist", path);
}
