/**
 * The processes that one evaluation worker holds in memory, least recently used out first, bounded by
 * count and bytes. What is dropped is lost only here: its state is a function of its log.
 *
 * @module
 */

import type { HotProcess } from "../src/runtime/evaluate.ts";
import type { ProcessModule } from "../src/runtime/process-module.ts";

/** A process in memory, with what its checkpoints need. */
export interface CachedProcess extends HotProcess {
  /** A full checkpoint was taken, or the process came from one: deltas may follow. */
  hasCheckpoint: boolean;
}

// V8 reserves 10 GiB of address space an instance, 128 TiB in all: 12,956 were the most it made
// (Node 20.20). A third of that leaves room for the collector to be late.
const countMax = 4000;
const bytesMax: number = 2 * 1024 * 1024 * 1024;
const modulesMax = 256;

export class HotProcesses {
  readonly #processes = new Map<string, CachedProcess>();
  readonly #modules = new Map<string, ProcessModule>();

  /** The process, now the most recently used; null where it is not in memory. */
  use(id: string): CachedProcess | null {
    const hot = this.#processes.get(id);
    if (hot === undefined) return null;
    this.#processes.delete(id);
    this.#processes.set(id, hot);
    return hot;
  }

  /** Takes a process in, in place of an earlier one of its id. */
  add(id: string, hot: CachedProcess): void {
    this.drop(id);
    this.#processes.set(id, hot);
    this.#evict();
  }

  /** Lets go of a process. */
  drop(id: string): void {
    this.#processes.get(id)?.process.dispose();
    this.#processes.delete(id);
  }

  /** The compiled module of an id, compiled once while it is in use. */
  module(id: string, compile: () => ProcessModule): ProcessModule {
    const kept = this.#modules.get(id);
    if (kept !== undefined) return kept;
    const module = compile();
    if (this.#modules.size >= modulesMax) {
      const [oldest] = this.#modules.keys();
      if (oldest !== undefined) this.#modules.delete(oldest);
    }
    this.#modules.set(id, module);
    return module;
  }

  #evict(): void {
    let bytes = 0;
    for (const { process } of this.#processes.values()) bytes += process.byteLength;
    for (const [id, { process }] of this.#processes) {
      const over = this.#processes.size > countMax || bytes > bytesMax;
      if (!over || this.#processes.size === 1) return;
      bytes -= process.byteLength;
      this.drop(id);
    }
  }
}
