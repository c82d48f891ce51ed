/**
 * The kernels' module on one shared memory, and the threads that run it (spec/08-proofs.md §4).
 * How a thread is started is the caller's: a Node worker, a web worker, or none at all.
 *
 * Memory grows from both ends of a fixed size: what a proof needs from below, released at its end;
 * tables that all proofs share from above. It is never grown, so that no view goes stale.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { mul, P, pow, twoAdicGenerator } from "../../field/koala-bear.ts";
import { initialState, messageSchedule } from "../hash/blake3-compress.ts";
import { starkKernelBase64 } from "./kernel.generated.ts";

/** One call of an exported kernel: its name and its arguments, pointers and numbers below 2^32. */
export interface KernelCall {
  readonly kernel: string;
  readonly with: readonly number[];
}

/** A thread that has the module on the shared memory. */
export interface KernelThread {
  /** Runs the calls in order; resolves when all are done. */
  run(calls: readonly KernelCall[]): Promise<void>;
  stop(): Promise<void>;
}

/** What a thread is started with. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** Starts one more thread. */
export type StartThread = (start: ThreadStart) => Promise<KernelThread>;

export interface HostOptions {
  /** Bytes of memory, rounded up to 64 KiB; at most 4 GiB. */
  readonly memoryBytes: number;
  /** Threads beside the caller's, all started before any work. */
  readonly threads?: { readonly count: number; readonly start: StartThread };
}

/** 2^32 mod P: a product with it is the Montgomery form that kernels want their constants in. */
const montgomeryOne: number = 2 ** 32 % P;

/** The Montgomery form of an element. */
export function toMontgomery(value: number): number {
  return mul(value, montgomeryOne);
}

/** Scratch of one thread: message vectors of the widest row, slots of the largest program. */
export const scratchBytes: number = 2 ** 21;

const mapEnd = 1024;
const pageBytes = 65_536;
const lineBytes = 64;

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (digit) => digit.charCodeAt(0));
}

/** Writes the constants of the memory map in `assembly/field.ts`. */
function writeMap(words: Uint32Array): void {
  const quarter = twoAdicGenerator(2);
  const splat = (value: number): number[] => [value, value, value, value];
  // P^-1 mod 2^32 is 2^31 + 2^24 + 1: P = 1 + 2^24 * 127, and 127 * 2^24 squared is 0 mod 2^32.
  const inverse = (2 ** 32 - (P - 2)) >>> 0;
  assert(Math.imul(P, inverse) >>> 0 === 1, "the modulus times its inverse");
  const points = [1, quarter, P - 1, P - quarter];
  words.set([...splat(P), ...splat(inverse), ...splat(mul(montgomeryOne, montgomeryOne))]);
  words.set([...splat(1), ...splat(montgomeryOne)], 12);
  words.set([points[0]!, points[2]!, points[1]!, points[3]!].map(toMontgomery), 20);
  words.set(
    Array.from(messageSchedule, (place) => 16 * place),
    32,
  );
  words.set(
    Array.from(initialState).flatMap((word) => splat(word)),
    144,
  );
  words.set([0, 1, 2, 3], 176);
}

type Exports = Readonly<Record<string, (...values: number[]) => void>>;

export class KernelHost {
  readonly words: Uint32Array;
  readonly #exports: Exports;
  readonly #threads: readonly KernelThread[];
  #low: number;
  #high: number;
  /** Everything below this was in use before and is cleared when it is given out again. */
  #used: number;

  private constructor(
    memory: WebAssembly.Memory,
    exports: Exports,
    threads: readonly KernelThread[],
  ) {
    this.words = new Uint32Array(memory.buffer);
    this.#exports = exports;
    this.#threads = threads;
    this.#low = mapEnd + scratchBytes * (threads.length + 1);
    this.#high = memory.buffer.byteLength;
    this.#used = this.#low;
  }

  static async create(options: HostOptions): Promise<KernelHost> {
    const pages = Math.ceil(options.memoryBytes / pageBytes);
    assert(pages <= 65_536, "more than 4 GiB of memory");
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const module = await WebAssembly.compile(decodeBase64(starkKernelBase64));
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    const threads: KernelThread[] = [];
    for (let i = 0; i < (options.threads?.count ?? 0); i++) {
      const thread = await options.threads?.start({ module, memory });
      if (thread !== undefined) threads.push(thread);
    }
    writeMap(new Uint32Array(memory.buffer, 0, mapEnd / 4));
    return new KernelHost(memory, exports as unknown as Exports, threads);
  }

  /** Words on a cache line's boundary, with whatever was in them before: for what is all written. */
  reserve(length: number): Uint32Array {
    const start = this.#low;
    const end = start + Math.ceil((4 * length) / lineBytes) * lineBytes;
    assert(end <= this.#high, `${end} bytes are more than the kernels' memory`);
    this.#low = end;
    this.#used = Math.max(this.#used, end);
    return this.words.subarray(start / 4, start / 4 + length);
  }

  /** Zeroed words, on a cache line's boundary. */
  allocate(length: number): Uint32Array {
    const used = this.#used;
    const words = this.reserve(length);
    const dirty = Math.ceil((used - words.byteOffset) / 4);
    return dirty > 0 ? words.fill(0, 0, dirty) : words;
  }

  /** Words for a table that stays. */
  allocateTable(length: number): Uint32Array {
    this.#high -= Math.ceil((4 * length) / lineBytes) * lineBytes;
    assert(this.#high >= this.#low, "tables are more than the kernels' memory");
    return this.words.subarray(this.#high / 4, this.#high / 4 + length).fill(0);
  }

  /**
   * Words as by `reserve`, in place of `spent` where that was the last allocation: what is read of it
   * must be read before the first of them is written.
   */
  reserveInstead(spent: Uint32Array, length: number): Uint32Array {
    const end = spent.byteOffset + Math.ceil(spent.byteLength / lineBytes) * lineBytes;
    const isLast = spent.buffer === this.words.buffer && end === this.#low;
    if (isLast) this.#low = spent.byteOffset;
    return this.reserve(length);
  }

  /** The current end of allocations, for `release`. */
  mark(): number {
    return this.#low;
  }

  /** Takes back everything allocated since the mark. */
  release(mark: number): void {
    this.#low = mark;
  }

  /** The address of words in this memory; words from elsewhere are copied into it. */
  pointer(words: Uint32Array): number {
    if (words.buffer === this.words.buffer) return words.byteOffset;
    const copy = this.allocate(words.length);
    copy.set(words);
    return copy.byteOffset;
  }

  /** The words at an allocation that a kernel wrote. */
  wordsAt(address: number, length: number): Uint32Array {
    return this.words.subarray(address / 4, address / 4 + length);
  }

  /** Runs one kernel here and now. */
  call(kernel: string, ...values: readonly number[]): void {
    this.#exports[kernel]!(...values);
  }

  get threadCount(): number {
    return this.#threads.length + 1;
  }

  /**
   * Splits `items` between the threads, each part a multiple of `unit`, and runs the calls that
   * `plan` makes for it; parts below `least` items are not worth a thread. The parts write to
   * different places, so that the outcome does not depend on their number.
   */
  async parallel(
    split: { readonly items: number; readonly unit: number; readonly least: number },
    plan: (first: number, last: number, scratch: number) => readonly KernelCall[],
  ): Promise<void> {
    const units = Math.ceil(split.items / split.unit);
    const useful = Math.max(1, Math.floor(split.items / split.least));
    const parts = Math.min(this.threadCount, units, useful);
    const bound = (part: number): number =>
      Math.min(split.items, Math.floor((units * part) / parts) * split.unit);
    const planned = Array.from({ length: parts }, (_, part) =>
      plan(bound(part), bound(part + 1), mapEnd + scratchBytes * part),
    );
    const others = planned.slice(1).map((calls, i) => this.#threads[i]!.run(calls));
    for (const { kernel, with: values } of planned[0]!) this.call(kernel, ...values);
    await Promise.all(others);
  }

  /** Stops all threads. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

/** Powers a^(2^0), a^(2^1), ..., Montgomery form, for tables of twiddles. */
export function layerFactors(shift: number, logSize: number): number[] {
  return Array.from({ length: logSize }, (_, layer) =>
    toMontgomery(pow(shift, 2 ** (logSize - 1 - layer))),
  );
}
