/**
 * What `nymcompute monitor` keeps of a log, one folder a log: the head-key record, the newest head, and
 * the leaves under it in tiles of 256, so that it goes on where it was. A head is written after the
 * leaves under it, and every file as a whole.
 *
 * @module
 */

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundledLeaves, leafBundle } from "../client/log-source.ts";
import type { MonitorStore } from "../client/monitor-store.ts";

export class MonitorFolder implements MonitorStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<MonitorFolder> {
    await mkdir(join(folder, "leaves"), { recursive: true, mode: 0o700 });
    return new MonitorFolder(folder);
  }

  async #read(name: string): Promise<Uint8Array | null> {
    try {
      return new Uint8Array(await readFile(join(this.#folder, name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.#folder, name);
    await writeFile(`${path}.new`, bytes, { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }

  headKey(): Promise<Uint8Array | null> {
    return this.#read("head-key");
  }

  keepHeadKey(record: Uint8Array): Promise<void> {
    return this.#write("head-key", record);
  }

  head(): Promise<Uint8Array | null> {
    return this.#read("head");
  }

  keepHead(note: Uint8Array): Promise<void> {
    return this.#write("head", note);
  }

  ahead(): Promise<Uint8Array | null> {
    return this.#read("ahead");
  }

  keepAhead(note: Uint8Array): Promise<void> {
    return this.#write("ahead", note);
  }

  async leaves(tile: number): Promise<readonly Uint8Array[]> {
    const bundle = await this.#read(join("leaves", String(tile)));
    return bundle === null ? [] : (bundledLeaves(bundle) ?? []);
  }

  keepLeaves(tile: number, leaves: readonly Uint8Array[]): Promise<void> {
    return this.#write(join("leaves", String(tile)), leafBundle(leaves));
  }
}
