/**
 * Builds that are kept in a project, so that only a change of its sources costs a run of the compiler.
 * One file for each entry and kind, with the SHA-256 of everything that the build was made from: the
 * compiler, the SDK, and every file that was read, or looked for and not there. Nothing is lost with it.
 *
 *     PROJECT/.nymcompute/cache/KIND-ENTRY.json
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildKind } from "./compile-asc.ts";
import type { DebugInfo } from "./compile-debug.ts";
import { packageFolder, type ReadSource, readSourcesBelow } from "./compile-sources.ts";

/** What a run of the compiler gave. */
export interface Build {
  readonly wasm: Uint8Array;
  readonly sourceMap: string;
  /** Names and layouts that the module itself does not hold. */
  readonly debug: DebugInfo;
}

/** What is built. */
export interface BuildPlace {
  /** The project, absolute. */
  readonly folder: string;
  /** The file with `receive`, relative to it. */
  readonly entry: string;
  readonly kind: BuildKind;
}

/** Makes a build from what `readSource` answers; null where the compiler refuses. */
export type MakeBuild = (readSource: ReadSource) => Promise<Build | null>;

/** The text of a file of the cache. */
interface Kept {
  readonly toolchain: string;
  readonly entry: string;
  readonly kind: BuildKind;
  /** Hash by path; null of what was not there. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly wasm: string;
  readonly sourceMap: string;
  readonly debug: DebugInfo;
}

/** After the name of a process that the package ships, in `dist/processes`. */
export const shippedSuffix = ".build.json";

/** Another process builds the same: how long it is waited for, and how often looked after. */
const waitMs = 30_000;
const lookMs = 50;

/** The build of a place: kept, or made and kept. */
export async function cachedBuild(place: BuildPlace, make: MakeBuild): Promise<Build | null> {
  const file = cacheFile(place);
  const made = hashToolchain();
  for (const each of [file, ...shippedFiles()]) {
    const kept = await readBuild(each, place, made);
    if (kept !== null) return kept;
  }
  const lock = await lockOf(file);
  if (lock === "waited") {
    const others = await readBuild(file, place, made);
    if (others !== null) return others;
  }
  try {
    const { build, text } = await recordedBuild(place, make, made);
    if (text !== null) await write(file, text);
    return build;
  } finally {
    if (lock === "held") await rm(`${file}.lock`, { force: true });
  }
}

/** A new build, and the text that keeps it. */
export async function recordedBuild(
  { folder, entry, kind }: BuildPlace,
  make: MakeBuild,
  toolchain: string = hashToolchain(),
): Promise<{ readonly build: Build | null; readonly text: string | null }> {
  const files: Record<string, string | null> = {};
  const readSource = readSourcesBelow(folder);
  const build = await make((path) => {
    const text = readSource(path);
    files[path] = text === null ? null : hashOf(text);
    return text;
  });
  if (build === null) return { build, text: null };
  const { wasm, sourceMap, debug } = build;
  const encoded = Buffer.from(wasm).toString("base64");
  const kept: Kept = { toolchain, entry, kind, files, wasm: encoded, sourceMap, debug };
  return { build, text: JSON.stringify(kept) };
}

function cacheFile({ folder, entry, kind }: BuildPlace): string {
  return join(folder, ".nymcompute", "cache", `${kind}-${hashOf(entry).slice(0, 16)}.json`);
}

/**
 * The builds of the processes that the package ships: a project that was just made from a template has
 * its build already.
 */
function shippedFiles(): readonly string[] {
  const folder = join(packageFolder(), "dist", "processes");
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(shippedSuffix));
  return names.map((name) => join(folder, name));
}

/** The build in a file, if everything that it was made from is as it was. */
async function readBuild(
  file: string,
  { folder, entry, kind }: BuildPlace,
  toolchain: string,
): Promise<Build | null> {
  try {
    const kept = JSON.parse(await readFile(file, "utf8")) as Kept;
    if (kept.toolchain !== toolchain || kept.entry !== entry || kept.kind !== kind) return null;
    const readSource = readSourcesBelow(folder);
    for (const [path, hash] of Object.entries(kept.files)) {
      const text = readSource(path);
      if ((text === null ? null : hashOf(text)) !== hash) return null;
    }
    const wasm = new Uint8Array(Buffer.from(kept.wasm, "base64"));
    return { wasm, sourceMap: kept.sourceMap, debug: kept.debug };
  } catch {
    // Absent or of another form: as if nothing were kept.
    return null;
  }
}

/** A folder that cannot be written to costs time, not the build. */
async function write(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, text);
    await rename(draft, file);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/** Two test files of one project run at once; one of them builds and the other waits for it. */
async function lockOf(file: string): Promise<"held" | "waited" | "none"> {
  const lock = `${file}.lock`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return "held";
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) return "none";
  }
  for (let waited = 0; waited < waitMs; waited += lookMs) {
    const owner = await readFile(lock, "utf8").catch(() => null);
    if (owner === null) return "waited";
    if (owner !== "" && !isAlive(Number(owner))) break;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  // Whoever made it was ended, or takes too long.
  await rm(lock, { force: true });
  return "none";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Of the compiler, of this package's part of it, and of the SDK. */
function hashToolchain(): string {
  const own = dirname(fileURLToPath(import.meta.url));
  const sdk = join(packageFolder(), "processes", "sdk", "assembly");
  const hash = createHash("sha256");
  hash.update(readFileSync(createRequire(import.meta.url).resolve("assemblyscript/package.json")));
  const isOwn = (name: string): boolean => /^(?:compile|explain|syntax)[\w-]*\.[jt]s$/.test(name);
  for (const folder of [own, sdk]) {
    for (const name of readdirSync(folder).sort()) {
      if (folder === own && !isOwn(name)) continue;
      const bytes = readFileSync(join(folder, name));
      hash.update(`${name}\n${bytes.length}\n`).update(bytes);
    }
  }
  return hash.digest("hex");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
