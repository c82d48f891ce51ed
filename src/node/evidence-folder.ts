/**
 * A folder of evidence that was met (spec/16-evidence.md §3): one file each, named by what it convicts of and
 * by its hash. Anyone may have a copy: `nymcompute verify FILE` judges it.
 *
 * @module
 */

import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";

/** Keeps evidence. Answers its path. */
export async function keepEvidence(
  { code, file }: { readonly code: string; readonly file: Uint8Array },
  folder: string,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${code}-${toHex(sha256(file)).slice(0, 16)}.evidence`);
  await writeFile(path, file, { mode: 0o600, flush: true });
  return path;
}

/** What was kept in a folder: by path, what each file convicts of. */
export async function keptEvidence(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".evidence")).sort();
  return new Map(files.map((name) => [join(folder, name), name.split("-")[0] ?? ""]));
}
