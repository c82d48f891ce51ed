/**
 * Which source map belongs to which module: `build` remembers it under `~/.cache/nymcompute`, so that
 * the failure of a process shows a line of its source also when only the module's id is known.
 * Nothing but convenience is lost with the file.
 *
 * @module
 */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DebugInfo } from "../kit/compile-debug.ts";
import { createLocator, type Locate } from "../kit/compile-locate.ts";
import { idText } from "../protocol/ids.ts";
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

/** What `build` left beside a module. */
export interface BuiltKnowledge {
  readonly sourceMap: string | null;
  readonly debug: DebugInfo | null;
  readonly locate: Locate;
}

/** Everything known of a module by its id; nothing where it was not built here. */
export async function moduleKnowledgeOf(module: string | Uint8Array): Promise<BuiltKnowledge> {
  const id = typeof module === "string" ? module : idText(module);
  const mapPath = (await readMaps())[id];
  if (mapPath === undefined) return { sourceMap: null, debug: null, locate: () => null };
  const sourceMap = await readFile(mapPath, "utf8").catch(() => null);
  return {
    sourceMap,
    debug: await readDebug(debugPathOf(mapPath), id),
    locate: locateIn(sourceMap),
  };
}

/** A map that was deleted or is none is as if the module had been built elsewhere. */
function locateIn(sourceMap: string | null): Locate {
  try {
    if (sourceMap !== null) return createLocator(sourceMap);
  } catch {
    return () => null;
  }
  return () => null;
}

/** Where names and layouts stand, beside the source map `NAME.wasm.map`. */
export function debugPathOf(mapPath: string): string {
  return mapPath.replace(/\.map$/, ".debug.json");
}

const debugVersion = 1;

/** The text of the file of names and layouts; it says which module it is of. */
export function debugText(module: string, debug: DebugInfo): string {
  return `${JSON.stringify({ version: debugVersion, module, ...debug })}\n`;
}

/** The file may be of a later build of the same name: then it says nothing of this module. */
async function readDebug(path: string, module: string): Promise<DebugInfo | null> {
  try {
    const read = JSON.parse(await readFile(path, "utf8")) as DebugInfo & Record<string, unknown>;
    return read["version"] === debugVersion && read["module"] === module ? read : null;
  } catch {
    return null;
  }
}
