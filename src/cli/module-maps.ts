/**
 * Which source map belongs to which module: `build` remembers it under `~/.cache/nymcompute`, so that
 * the failure of a process shows a line of its source also when only the module's id is known.
 * Nothing but convenience is lost with the file.
 *
 * @module
 */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLocator, type Locate } from "../kit/compile-locate.ts";
import { cacheFolder } from "./places.ts";

/** Modules remembered; the oldest go first. */
const modulesMax = 1000;

type ModuleMaps = Readonly<Record<string, string>>;

function registryPath(): string {
  return join(cacheFolder(), "modules.json");
}

async function readMaps(): Promise<ModuleMaps> {
  try {
    return JSON.parse(await readFile(registryPath(), "utf8")) as ModuleMaps;
  } catch {
    return {};
  }
}

/** Remembers where a module's source map lies. A cache that cannot be written is no failure. */
export async function rememberModuleMap(module: string, mapPath: string): Promise<void> {
  const { [module]: _, ...others } = await readMaps();
  const kept = Object.entries({ ...others, [module]: mapPath }).slice(-modulesMax);
  const draft = `${registryPath()}.${process.pid}.new`;
  try {
    await mkdir(cacheFolder(), { recursive: true });
    await writeFile(draft, JSON.stringify(Object.fromEntries(kept), null, 1));
    await rename(draft, registryPath());
  } catch {
    return;
  }
}

/** From bytes of a module to lines of its source; knows none where the module was not built here. */
export async function locatorOf(module: string): Promise<Locate> {
  const path = (await readMaps())[module];
  try {
    if (path !== undefined) return createLocator(await readFile(path, "utf8"));
  } catch {
    // The map was deleted or is none: as if the module had been built elsewhere.
  }
  return () => null;
}
