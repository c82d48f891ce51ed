/**
 * The processes that one evaluation worker holds in memory, least recently used out first, bounded by
 * count and bytes. What is dropped is lost only here: its state is a function of its log.
 *
 * @module
 */

import { memoryPageBytes } from "../src/protocol/limits.ts";
import type { HotProcess } from "../src/runtime/evaluate.ts";
import { type BeginningState, Process } from "../src/runtime/process.ts";
import type { ProcessModule } from "../src/runtime/process-module.ts";
import type { StateKernel } from "../src/state/kernel.ts";

/** A process in memory, with what its checkpoints need. */
export interface CachedProcess extends HotProcess {
  /** A full checkpoint was taken, or the process came from one: deltas may follow. */
  hasCheckpoint: boolean;
}

/** How much a worker may hold. */
export interface HotLimits {
  readonly count: number;
  readonly bytes: number;
}

/**
 * For all workers of a unit together. V8 reserves 10 GiB of address space an instance, 128 TiB in all:
 * 12,956 were the most it made (Node 20.20). A third of that leaves room for the collector to be late.
 */
export const hotLimits: HotLimits = { count: 4000, bytes: 2 * 1024 * 1024 * 1024 };
const modulesMax = 256;
/** Bytes of all states that processes begin with; one that takes half of them is not kept. */
const genesisBytesMax: number = 32 * 1024 * 1024;

interface Held {
  readonly hot: CachedProcess;
  /** What it had when it was last looked at. */
  bytes: number;
}

export class HotProcesses {
  readonly #limits: HotLimits;
  readonly #processes = new Map<string, Held>();
  readonly #modules = new Map<string, ProcessModule>();
  readonly #genesis = new Map<string, BeginningState>();
  #genesisBytes = 0;
  #bytes = 0;

  constructor(limits: HotLimits = hotLimits) {
    this.#limits = limits;
  }

  /** The process, now the most recently used; null where it is not in memory. */
  use(id: string): CachedProcess | null {
    const held = this.#processes.get(id);
    if (held === undefined) return null;
    this.#processes.delete(id);
    this.#processes.set(id, held);
    return held.hot;
  }

  /** Takes a process in, in place of an earlier one of its id. */
  add(id: string, hot: CachedProcess): void {
    this.drop(id);
    this.#processes.set(id, { hot, bytes: 0 });
    this.settle(id);
  }

  /** Counts what a process has grown by, and lets go of others where that is too much. */
  settle(id: string): void {
    const held = this.#processes.get(id);
    if (held === undefined) return;
    const { byteLength } = held.hot.process;
    this.#bytes += byteLength - held.bytes;
    held.bytes = byteLength;
    this.#evict();
  }

  /** Lets go of a process. */
  drop(id: string): void {
    const held = this.#processes.get(id);
    if (held === undefined) return;
    held.hot.process.dispose();
    this.#bytes -= held.bytes;
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

  /**
   * The state that processes of a module begin with, made once while it is in use. Hashing it was a
   * third of what a spawn took. Undefined where it is too big to be kept.
   */
  genesis(id: string, module: ProcessModule, kernel: StateKernel): BeginningState | undefined {
    const kept = this.#genesis.get(id);
    if (kept !== undefined) return kept;
    if (module.instrumented.initialPages * memoryPageBytes > genesisBytesMax / 2) return undefined;
    const state = Process.genesisState({ module, kernel });
    const bytes = bytesOf(state);
    for (const [oldest, other] of this.#genesis) {
      if (this.#genesisBytes + bytes <= genesisBytesMax) break;
      this.#genesis.delete(oldest);
      this.#genesisBytes -= bytesOf(other);
    }
    this.#genesis.set(id, state);
    this.#genesisBytes += bytes;
    return state;
  }

  #evict(): void {
    const { count, bytes } = this.#limits;
    for (const id of this.#processes.keys()) {
      const isOver = this.#processes.size > count || this.#bytes > bytes;
      // One is kept, however big: it is the one in use.
      if (!isOver || this.#processes.size === 1) return;
      this.drop(id);
    }
  }
}

function bytesOf({ image, tree }: BeginningState): number {
  return image.memory.length + tree.byteLength;
}
