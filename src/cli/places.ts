/**
 * Where things are on this machine: the person's keys and networks, what builds remember, and this
 * package itself.
 *
 * @module
 */

import { homedir } from "node:os";
import { join } from "node:path";
import { packageFolder } from "../kit/compile-sources.ts";

/** `~/.config/nymcompute`. */
export function configFolder(): string {
  return join(homedir(), ".config", "nymcompute");
}

/** The key of a person who names none. */
export function defaultKeyFile(): string {
  return join(configFolder(), "key");
}

/** `~/.config/nymcompute/evidence`: who was met lying. */
export function evidenceFolder(): string {
  return join(configFolder(), "evidence");
}

/** `~/.cache/nymcompute`: nothing is lost with it. */
export function cacheFolder(): string {
  return join(homedir(), ".cache", "nymcompute");
}

/** What audits of processes of one network verified. */
export function auditCacheFolder(network: string): string {
  return join(cacheFolder(), "audit", network);
}

/** The built entry point of a unit or of a command. */
export function builtFile(path: string): string {
  return join(packageFolder(), "dist", path);
}
