/**
 * The package's own version.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "../kit/compile-sources.ts";

export function softwareVersion(): string {
  const text = readFileSync(join(packageFolder(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
