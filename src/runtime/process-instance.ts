/**
 * One process as a live WebAssembly instance (spec/06-execution.md §1 and §3). A run either fails,
 * and then nothing has happened, or it waits for the caller to commit it or roll it back, for only
 * the caller can judge what was returned.
 *
 * Always true between calls: committed image and globals are the state after the last commit, and
 * unless a run is pending the live instance holds the same. The guest has no imports, so nothing
 * but memory and mutable globals outlives a run.
 *
 * The engine's stack must hold the 200,000 slots of 8 bytes that the stack table grants. A worker
 * with `resourceLimits.stackSizeMb: 64` does; Node's main thread (984 kB) does not, and there a deep
 * recursion ends as `HOST_STACK`.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { memoryPageBytes, outputBytesMax } from "../protocol/limits.ts";
import type { StateKernel } from "../state/kernel.ts";
import type { StateChange } from "../state/state-tree.ts";
import {
  dirtyName,
  faultName,
  gasName,
  memoryCapName,
  stackName,
} from "../wasm/instrument/host-names.ts";
import { type OffsetMap, offsetMap, originalOffset } from "../wasm/instrument/offset-map.ts";
import { genesisImage } from "../wasm/validate/genesis-image.ts";
import { CommittedMemory, copyDifferences, maskOfWrite } from "./committed-memory.ts";
import { HostFault } from "./host-fault.ts";
import type { ProcessModule } from "./process-module.ts";
import {
  abortedRun,
  type FailedRun,
  failedRun,
  type RunOutcome,
  trapOffsets,
} from "./run-outcome.ts";

/** A whole state: memory in whole pages, and the mutable globals in index order. */
export interface ProcessImage {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly globals: BigUint64Array;
}

/** What a run is given. */
export interface RunInput {
  /** Canonical inbox bytes; opaque here. */
  readonly inbox: Uint8Array;
  readonly gasLimit: number;
  /** Slot 0: `_start` runs before anything else, under the same gas. */
  readonly first: boolean;
}

/** What the instance exports, under the names of the instrumenter. */
interface LiveInstance {
  readonly memory: WebAssembly.Memory;
  readonly start: () => void;
  readonly alloc: (length: number) => number;
  readonly handle: (length: number) => bigint;
  readonly gas: WebAssembly.Global<"i64">;
  readonly stack: WebAssembly.Global<"i32">;
  readonly fault: WebAssembly.Global<"i32">;
  readonly dirty: WebAssembly.Global<"i64">;
  /** The process's own mutable globals. */
  readonly globals: readonly WebAssembly.Global[];
}

/** A process that can run. */
export class ProcessInstance {
  readonly #module: ProcessModule;
  readonly #memoryPagesMax: number;
  readonly #committed: CommittedMemory;
  #committedGlobals: BigUint64Array;
  #live: LiveInstance | null;
  #pending = false;
  #gasSpent = 0;
  #offsets: OffsetMap | null = null;

  /**
   * Takes `image` as its own, by default the genesis of the module. `memoryPagesMax` is what the
   * process's terms allow. Throws `HostFault`.
   */
  constructor(options: {
    readonly module: ProcessModule;
    readonly memoryPagesMax: number;
    readonly kernel: StateKernel;
    readonly image?: ProcessImage;
  }) {
    this.#module = options.module;
    this.#memoryPagesMax = options.memoryPagesMax;
    const image = options.image ?? genesisImage(options.module.validated);
    this.#committed = new CommittedMemory(options.kernel, image.memory);
    this.#committedGlobals = image.globals.slice();
    this.#live = this.#instantiate();
  }

  /** The committed memory; valid until the next commit. */
  get memory(): Uint8Array {
    return this.#committed.bytes;
  }

  /** The committed globals. */
  get globals(): BigUint64Array {
    return this.#committedGlobals;
  }

  /** Gas that the last run took, also where it failed; more than its limit where it ran out of it. */
  get gasSpent(): number {
    return this.#gasSpent;
  }

  /** Bytes of memory that this instance holds: live and committed, whether touched or not. */
  get byteLength(): number {
    return this.#committed.bytes.length + (this.#live?.memory.buffer.byteLength ?? 0);
  }

  /**
   * Runs one message. A failed run is undone before this returns; a good one is pending until
   * `commit` or `rollback`. Throws `HostFault`, after which the instance is disposed of.
   */
  evaluate(input: RunInput): RunOutcome {
    const live = this.#requireLive();
    assert(!this.#pending, "the run before is committed or rolled back");
    if (this.#module.instrumented.initialPages > this.#memoryPagesMax) {
      this.#gasSpent = 0;
      return failedRun("memory-limit", "the module begins with more memory than its limit");
    }
    live.gas.value = BigInt(input.gasLimit);
    live.dirty.value = 0n;
    this.#pending = true;
    let outcome: RunOutcome;
    try {
      outcome = this.#run(live, input);
    } catch (error) {
      outcome = this.#explain(live, error);
    }
    this.#gasSpent = input.gasLimit - Number(live.gas.value);
    if (!outcome.ok) this.rollback();
    return outcome;
  }

  /** Makes the pending run the state, and answers what it changed. */
  commit(): StateChange {
    const live = this.#requireLive();
    assert(this.#pending, "a run is pending");
    const blocks = this.#committed.commit(live.memory.buffer as ArrayBuffer, maskOf(live));
    this.#committedGlobals = readGlobals(live);
    this.#pending = false;
    const pageCount = this.#committed.bytes.length / memoryPageBytes;
    return { blocks, pageCount, globals: this.#committedGlobals };
  }

  /** Undoes the pending run. Throws `HostFault` where memory had grown and is refused anew. */
  rollback(): void {
    const live = this.#requireLive();
    assert(this.#pending, "a run is pending");
    if (live.memory.buffer.byteLength === this.#committed.bytes.length) {
      this.#committed.rollback(live.memory.buffer as ArrayBuffer, maskOf(live));
      writeGlobals(live, this.#committedGlobals);
    } else {
      // Memory cannot shrink: a new instance takes 40 µs and the copy.
      this.#live = null;
      this.#live = this.#instantiate();
    }
    this.#pending = false;
  }

  /** Lets go of the instance; the engine frees its address space when it collects it. */
  dispose(): void {
    this.#live = null;
  }

  #requireLive(): LiveInstance {
    assert(this.#live !== null, "the instance is not disposed of");
    return this.#live;
  }

  #run(live: LiveInstance, { inbox, gasLimit, first }: RunInput): RunOutcome {
    const { stackLimit } = this.#module.instrumented;
    if (first) {
      live.stack.value = stackLimit;
      live.start();
    }
    const paddedLength = Math.ceil(inbox.length / 4) * 4;
    live.stack.value = stackLimit;
    const pointer = live.alloc(paddedLength) >>> 0;
    if (pointer % 4 !== 0 || pointer + paddedLength > live.memory.buffer.byteLength) {
      return failedRun("memory-range", `alloc gave ${pointer} for ${paddedLength} bytes`);
    }
    const target = new Uint8Array(live.memory.buffer, pointer, paddedLength);
    target.set(inbox);
    target.fill(0, inbox.length);
    live.dirty.value = BigInt.asIntN(64, maskOf(live) | maskOfWrite(pointer, paddedLength));
    live.stack.value = stackLimit;
    const returned = BigInt.asUintN(64, live.handle(inbox.length));
    const gasLeft = Number(live.gas.value);
    if (gasLeft < 0) return failedRun("gas", "out of gas");
    const start = Number(returned >> 32n);
    const length = Number(returned & 0xffff_ffffn);
    if (start + length > live.memory.buffer.byteLength) {
      return failedRun("memory-range", `handle gave ${length} bytes at ${start}`);
    }
    if (length > outputBytesMax) {
      return failedRun("output", `${length} bytes returned, at most ${outputBytesMax}`);
    }
    const bytes = new Uint8Array(live.memory.buffer, start, length).slice();
    return { ok: true, returned: bytes, gasUsed: gasLimit - gasLeft };
  }

  /** The failure that an exception of the engine stands for; throws where it is the host's. */
  #explain(live: LiveInstance, error: unknown): FailedRun {
    if (!(error instanceof WebAssembly.RuntimeError)) {
      this.dispose();
      if (!(error instanceof RangeError)) throw error;
      throw new HostFault("HOST_STACK", { got: error.message }, { cause: error });
    }
    if (live.fault.value !== 0) {
      this.dispose();
      throw new HostFault("HOST_MEMORY", { got: live.memory.buffer.byteLength }, { cause: error });
    }
    if (live.gas.value < 0n) return failedRun("gas", "out of gas", this.#placesOf(error));
    if (live.stack.value < 0) return failedRun("stack", "out of stack", this.#placesOf(error));
    const places = this.#placesOf(error);
    const aborted = abortedRun(new Uint8Array(live.memory.buffer), this.#committed.bytes, places);
    return aborted ?? failedRun("trap", error.message, places);
  }

  /** Where in the raw module a trap happened, and the calls that led there. */
  #placesOf(error: Error): readonly number[] {
    const { instrumented, validated } = this.#module;
    this.#offsets ??= offsetMap(instrumented);
    const map = this.#offsets;
    return trapOffsets(error.stack, validated.functions.length)
      .map((offset) => originalOffset(map, offset))
      .filter((offset) => offset !== null);
  }

  /** A new instance that holds the committed state. */
  #instantiate(): LiveInstance {
    const { compiled, instrumented } = this.#module;
    const image = this.#committed.bytes;
    try {
      const live = liveInstance(new WebAssembly.Instance(compiled, {}), this.#module);
      const missing = image.length / memoryPageBytes - instrumented.initialPages;
      if (missing > 0) live.memory.grow(missing);
      copyDifferences(new Uint8Array(live.memory.buffer), image);
      writeGlobals(live, this.#committedGlobals);
      live.memoryCap.value = Math.min(this.#memoryPagesMax, instrumented.pagesMax);
      return live;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new HostFault("HOST_INSTANCE", { got: error.message }, { cause: error });
    }
  }
}

function liveInstance(
  { exports }: WebAssembly.Instance,
  { instrumented }: ProcessModule,
): LiveInstance & { readonly memoryCap: WebAssembly.Global<"i32"> } {
  // The instrumenter exports these and validation has checked the rest.
  const named = <Kind>(name: string): Kind => exports[name] as Kind;
  return {
    memory: named("memory"),
    start: named("_start"),
    alloc: named("alloc"),
    handle: named("handle"),
    gas: named(gasName),
    stack: named(stackName),
    fault: named(faultName),
    memoryCap: named(memoryCapName),
    dirty: named(dirtyName),
    globals: instrumented.mutableGlobals.map(({ name }) => named(name)),
  };
}

function maskOf(live: LiveInstance): bigint {
  return BigInt.asUintN(64, live.dirty.value);
}

function readGlobals(live: LiveInstance): BigUint64Array {
  return BigUint64Array.from(live.globals, ({ value }: { value: number | bigint }) =>
    typeof value === "bigint" ? BigInt.asUintN(64, value) : BigInt(value >>> 0),
  );
}

function writeGlobals(live: LiveInstance, values: BigUint64Array): void {
  live.globals.forEach((global, position) => {
    const value = values[position]!;
    const is64 = typeof (global as { value: unknown }).value === "bigint";
    global.value = is64 ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value));
  });
}
