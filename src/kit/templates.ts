/**
 * What `nymcompute init` writes: the sources of one of the package's processes, and the test and
 * README that go with them as a project of its own (`processes/templates`). The sources are those
 * that the package builds and tests, not copies of them.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolder } from "./compile-sources.ts";

/** The templates, the simplest first. */
export const templateNames = ["counter", "token", "chat", "kv"] as const;

export type TemplateName = (typeof templateNames)[number];

/** The files of a new project: path in the project, and text. */
export function templateFiles(name: TemplateName): ReadonlyMap<string, string> {
  const processes = join(packageFolder(), "processes");
  const files = new Map<string, string>();
  const add = (folder: string, prefix: string): void => {
    for (const file of readdirSync(folder).sort()) {
      files.set(`${prefix}${file}`, readFileSync(join(folder, file), "utf8"));
    }
  };
  add(join(processes, name, "assembly"), "assembly/");
  add(join(processes, "templates", name), "");
  return files;
}
