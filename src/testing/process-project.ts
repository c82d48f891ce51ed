/**
 * A process's source on disk for the tests of one file, laid out as `nymcompute init` lays out a project.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export interface ProcessProject {
  /** The folder that `entry` is compiled in. */
  readonly assembly: string;
  readonly entry: URL;
  readonly remove: () => void;
}

/** Writes a process's source to `assembly/index.ts` of a folder of its own. */
export function processProject(source: string): ProcessProject {
  const folder = mkdtempSync(join(tmpdir(), "nymcompute-kit-"));
  const assembly = join(folder, "assembly");
  mkdirSync(assembly);
  const index = join(assembly, "index.ts");
  writeFileSync(index, source);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return { assembly, entry: pathToFileURL(index), remove };
}
