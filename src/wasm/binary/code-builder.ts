/**
 * Builds a `Code` one instruction at a time. The decoder and the instrumenter append to one builder
 * for all functions; its buffers grow to the largest and are reused.
 *
 * @module
 */

import type { Code } from "./module.ts";

/** The arrays are open to their writers: a block's pairing is patched when its `end` comes. */
export class CodeBuilder {
  opcodes: Uint16Array;
  first: Int32Array;
  second: Int32Array;
  offsets: Uint32Array;
  lists: Uint32Array[] = [];
  length = 0;

  /** `capacity` is how many instructions fit before the buffers grow. */
  constructor(capacity = 4096) {
    this.opcodes = new Uint16Array(capacity);
    this.first = new Int32Array(capacity);
    this.second = new Int32Array(capacity);
    this.offsets = new Uint32Array(capacity);
  }

  /** Appends an instruction and returns its index. `offset` is where the original stands. */
  append(opcode: number, first: number, second: number, offset: number): number {
    const index = this.length;
    if (index === this.opcodes.length) this.#grow();
    this.opcodes[index] = opcode;
    this.first[index] = first;
    this.second[index] = second;
    this.offsets[index] = offset;
    this.length = index + 1;
    return index;
  }

  /** The sequence so far; the builder starts over. */
  take(): Code {
    const { length, lists } = this;
    this.length = 0;
    this.lists = [];
    return {
      length,
      opcodes: this.opcodes.slice(0, length),
      first: this.first.slice(0, length),
      second: this.second.slice(0, length),
      offsets: this.offsets.slice(0, length),
      lists,
    };
  }

  #grow(): void {
    const capacity = 2 * this.opcodes.length;
    this.opcodes = grown(this.opcodes, new Uint16Array(capacity));
    this.first = grown(this.first, new Int32Array(capacity));
    this.second = grown(this.second, new Int32Array(capacity));
    this.offsets = grown(this.offsets, new Uint32Array(capacity));
  }
}

function grown<Numbers extends Uint16Array | Int32Array | Uint32Array>(
  from: Numbers,
  into: Numbers,
): Numbers {
  into.set(from);
  return into;
}
