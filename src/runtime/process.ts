/**
 * One process: its live instance, its state tree, its checkpoints (spec/06-execution.md §1 and §3).
 * Pure but for WebAssembly: no clock, no store, no network.
 *
 * State is a function of the messages evaluated, so a process that was restored behaves, byte for
 * byte, as one that was kept warm. Roots are computed when they are asked for, for all commits since
 * the last time together; what is asked for when changes no root.
 *
 * @module
 */

import type { StateKernel } from "../state/kernel.ts";
import { blockBytes } from "../state/layout.ts";
import { type StateChange, StateTree } from "../state/state-tree.ts";
import { genesisImage } from "../wasm/validate/genesis-image.ts";
import {
  type Checkpoint,
  checkpointPageBytes,
  checkRoot,
  imageOf,
  nonZeroPages,
  takeCheckpoint,
} from "./checkpoint.ts";
import { type ProcessImage, ProcessInstance, type RunInput } from "./process-instance.ts";
import type { ProcessModule } from "./process-module.ts";
import type { RunOutcome } from "./run-outcome.ts";

/** What every process is made from. */
export interface ProcessOptions {
  readonly module: ProcessModule;
  /** The process's memory limit in pages of 64 KiB. */
  readonly memoryPagesMax: number;
  readonly kernel: StateKernel;
}

/** A state in memory that processes can begin with. */
export interface BeginningState {
  readonly image: ProcessImage;
  readonly tree: StateTree;
}

/** Changes that may wait for their roots before they are hashed unasked: a bound on memory. */
const waitingBytesMax: number = 4 * 1024 * 1024;

const blocksPerPage = checkpointPageBytes / blockBytes;

/** A process in memory. */
export class Process {
  readonly #instance: ProcessInstance;
  readonly #tree: StateTree;
  /** Commits whose roots are not computed. */
  #waiting: StateChange[] = [];
  #waitingBytes = 0;
  /** Roots computed and not taken. */
  #roots: Uint8Array[] = [];
  /** Checkpoint pages that differ from the last checkpoint, or may. */
  #changedPages: Set<number> = new Set();

  /** Takes the state as its own. */
  private constructor(options: ProcessOptions, { image, tree }: BeginningState) {
    const { module, memoryPagesMax, kernel } = options;
    this.#instance = new ProcessInstance({ module, memoryPagesMax, kernel, image });
    this.#tree = tree;
  }

  /** The state that a module says: the same for all its processes, so that one may be kept. */
  static genesisState({ module, kernel }: Omit<ProcessOptions, "memoryPagesMax">): BeginningState {
    return stateOf(genesisImage(module.validated), kernel);
  }

  /**
   * A process before its first message, in the state that its module says: made anew, or a copy of
   * one that was kept, which costs a tenth of it. Throws `HostFault`.
   */
  static genesis(options: ProcessOptions, kept?: BeginningState): Process {
    if (kept === undefined) return new Process(options, Process.genesisState(options));
    const { memory, globals } = kept.image;
    const image = { memory: memory.slice(), globals };
    return new Process(options, { image, tree: kept.tree.copy() });
  }

  /**
   * The process of a full checkpoint and those that followed it. Throws `CHECKPOINT_SHAPE`,
   * `CHECKPOINT_ROOT` where the state is not the one of `root`, and `HostFault`.
   */
  static restore(
    options: ProcessOptions & {
      readonly checkpoints: readonly Checkpoint[];
      readonly root: Uint8Array;
    },
  ): Process {
    const image = imageOf(options.checkpoints, options.module);
    const process = new Process(options, stateOf(image, options.kernel));
    checkRoot(options.root, process.root());
    return process;
  }

  /**
   * Runs one message. A failed run has changed nothing; a good one waits for `commit` or `rollback`.
   * Throws `HostFault`: then there is no outcome, and the process must be restored.
   */
  evaluate(input: RunInput): RunOutcome {
    return this.#instance.evaluate(input);
  }

  /** Gas that the last run took, also where it failed. */
  get gasSpent(): number {
    return this.#instance.gasSpent;
  }

  /** Makes the pending run the state. */
  commit(): void {
    const change = this.#instance.commit();
    for (const block of change.blocks.indices) {
      this.#changedPages.add(Math.floor(block / blocksPerPage));
    }
    this.#waiting.push(change);
    this.#waitingBytes += change.blocks.bytes.length;
    if (this.#waitingBytes > waitingBytesMax) this.#settle();
  }

  /** Undoes the pending run: the judge refused it, or it was dry. */
  rollback(): void {
    this.#instance.rollback();
  }

  /** The state root after the last commit, 32 bytes. */
  root(): Uint8Array {
    this.#settle();
    return this.#tree.root();
  }

  /** The root after each commit since the last call, in order: one a commit, none for a failure. */
  takeRoots(): readonly Uint8Array[] {
    this.#settle();
    const roots = this.#roots;
    this.#roots = [];
    return roots;
  }

  /** The whole state; later deltas build on it. */
  checkpoint(): Checkpoint {
    this.#changedPages = new Set();
    return takeCheckpoint(this.#instance, nonZeroPages(this.#instance.memory));
  }

  /**
   * What changed since the last checkpoint of either kind. It builds on that one: where that could
   * not be kept, the next must be a full one.
   */
  checkpointDelta(): Checkpoint {
    const indices = Uint32Array.from(this.#changedPages).sort();
    this.#changedPages = new Set();
    return takeCheckpoint(this.#instance, indices);
  }

  /** The committed memory, to read from before the next commit. */
  get memory(): Uint8Array {
    return this.#instance.memory;
  }

  /** The committed globals, in index order, zero-extended. */
  get globals(): BigUint64Array {
    return this.#instance.globals;
  }

  /** Bytes that this process holds, for a cache's accounting; untouched pages count as well. */
  get byteLength(): number {
    return this.#instance.byteLength + this.#tree.byteLength + this.#waitingBytes;
  }

  /** Lets go of the live instance. The process cannot run any more. */
  dispose(): void {
    this.#instance.dispose();
  }

  #settle(): void {
    if (this.#waiting.length === 0) return;
    this.#roots.push(...this.#tree.apply(this.#waiting));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

function stateOf(image: ProcessImage, kernel: StateKernel): BeginningState {
  const { memory, globals } = image;
  return { image, tree: StateTree.build({ kernel, memory, globals }) };
}
