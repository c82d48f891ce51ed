/**
 * Builds programs for the kernels' interpreter (`assembly/program.ts`): values get registers of one
 * slot (a base element) or four (an extension element), and at the end each register gets a place
 * that it shares with others which are not alive at the same time.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { Extension } from "../../field/extension.ts";
import { toMontgomery } from "./kernel-host.ts";

const slotBytes = 256;
const operations = {
  add: 1,
  sub: 2,
  mul: 3,
  loadColumns: 4,
  mulExtensions: 5,
  sum: 6,
  setConstant: 7,
  storePacked: 8,
  storeVector: 9,
  loadVector: 10,
  storePlain: 11,
  copyExtension: 12,
  clearExtension: 13,
} as const;

type OperationName = keyof typeof operations;

/** A value of one slot: a register, or one of a register's four slots. */
export interface Slot {
  readonly register: number;
  readonly index: number;
}

/** A part of an instruction: a slot, a register, or a number as it is. */
type Part = Slot | number;

interface Instruction {
  readonly operation: OperationName;
  readonly target: Slot | null;
  readonly parts: readonly Part[];
}

/** A program ready to run, and how much scratch its slots take. */
export interface KernelProgram {
  readonly code: Uint32Array;
  readonly constants: Uint32Array;
  readonly slotBytes: number;
}

/** The slot numbers that are taken, given out lowest first. */
class Places {
  readonly #taken: boolean[] = [];
  most = 0;

  take(size: number): number {
    let start = 0;
    let free = 0;
    for (let place = 0; free < size; place++) {
      free = this.#taken[place] === true ? 0 : free + 1;
      if (free === size) start = place - size + 1;
    }
    for (let i = 0; i < size; i++) this.#taken[start + i] = true;
    this.most = Math.max(this.most, start + size);
    return start;
  }

  give(start: number, size: number): void {
    for (let i = 0; i < size; i++) this.#taken[start + i] = false;
  }
}

export class ProgramBuilder {
  readonly #sizes: number[] = [];
  readonly #instructions: Instruction[] = [];
  readonly #constants: number[] = [];

  #register(size: 1 | 4): number {
    this.#sizes.push(size);
    return this.#sizes.length - 1;
  }

  #emit(operation: OperationName, target: Slot | null, ...parts: readonly Part[]): void {
    this.#instructions.push({ operation, target, parts });
  }

  /** The four slots of an extension register. */
  slotsOf(register: number): readonly [Slot, Slot, Slot, Slot] {
    const slot = (index: number): Slot => ({ register, index });
    return [slot(0), slot(1), slot(2), slot(3)];
  }

  #addConstants(values: readonly number[]): number {
    const at = 4 * this.#constants.length;
    this.#constants.push(...values.map(toMontgomery));
    return at;
  }

  /** a + b, a - b or a * b, in a new slot. */
  arithmetic(operation: "add" | "sub" | "mul", a: Slot, b: Slot): Slot {
    const target = { register: this.#register(1), index: 0 };
    this.#emit(operation, target, a, b);
    return target;
  }

  /** The same into a slot that exists. */
  update(operation: "add" | "sub" | "mul", target: Slot, a: Slot, b: Slot): void {
    this.#emit(operation, target, a, b);
  }

  constant(value: number): Slot {
    const target = { register: this.#register(1), index: 0 };
    this.#emit("setConstant", target, this.#addConstants([value]));
    return target;
  }

  extensionConstant(value: Extension): number {
    const register = this.#register(4);
    for (const slot of this.slotsOf(register)) {
      this.#emit("setConstant", slot, this.#addConstants([value[slot.index]!]));
    }
    return register;
  }

  extensionZero(): number {
    const register = this.#register(4);
    this.#emit("clearExtension", { register, index: 0 });
    return register;
  }

  /** Four columns from `column` on, a multiple of four, of a source. */
  loadColumns(source: number, column: number): number {
    const register = this.#register(4);
    this.#emit("loadColumns", { register, index: 0 }, source, 4 * column);
    return register;
  }

  loadVector(source: number): Slot {
    const target = { register: this.#register(1), index: 0 };
    this.#emit("loadVector", target, source, 0);
    return target;
  }

  copyExtension(from: number): number {
    const register = this.#register(4);
    this.#emit("copyExtension", { register, index: 0 }, { register: from, index: 0 });
    return register;
  }

  mulExtensions(a: number, b: number): number {
    const register = this.#register(4);
    const slot = (of: number): Slot => ({ register: of, index: 0 });
    this.#emit("mulExtensions", slot(register), slot(a), slot(b));
    return register;
  }

  /** target += sum of slot times extension constant, over any number of terms. */
  addSum(
    target: number,
    terms: readonly { readonly slot: Slot; readonly factor: Extension }[],
  ): void {
    for (let at = 0; at < terms.length; at += 4) {
      const some = terms.slice(at, at + 4);
      // Missing terms are any slot times zero.
      const filled = [0, 1, 2, 3].map(
        (i) => some[i] ?? { slot: some[0]!.slot, factor: [0, 0, 0, 0] },
      );
      const constants = this.#addConstants(filled.flatMap(({ factor }) => [...factor]));
      const slots = filled.map(({ slot }) => slot);
      this.#emit("sum", { register: target, index: 0 }, constants, 0, ...slots);
    }
  }

  storePacked(register: number, destination: number): void {
    this.#emit("storePacked", null, { register, index: 0 }, destination);
  }

  storePlain(register: number, destination: number): void {
    this.#emit("storePlain", null, { register, index: 0 }, destination);
  }

  storeVector(slot: Slot, destination: number): void {
    this.#emit("storeVector", null, slot, destination);
  }

  /** The last instruction that names each register. */
  #lastUses(): number[] {
    const last: number[] = [];
    this.#instructions.forEach(({ target, parts }, at) => {
      if (target !== null) last[target.register] = at;
      for (const part of parts) if (typeof part !== "number") last[part.register] = at;
    });
    return last;
  }

  finish(): KernelProgram {
    const last = this.#lastUses();
    const places = new Places();
    const starts: number[] = [];
    const code: number[] = [];
    this.#instructions.forEach(({ operation, target, parts }, at) => {
      const named = [target, ...parts].filter((part) => typeof part === "object" && part !== null);
      for (const { register } of named as Slot[]) {
        starts[register] ??= places.take(this.#sizes[register]!);
      }
      const encode = (part: Part): number =>
        typeof part === "number" ? part : slotBytes * (starts[part.register]! + part.index);
      code.push(operations[operation], target === null ? 0 : encode(target));
      const encoded = parts.map(encode);
      code.push(encoded[0] ?? 0, encoded[1] ?? 0, ...encoded.slice(2));
      for (const register of new Set((named as Slot[]).map((slot) => slot.register))) {
        if (last[register] === at) places.give(starts[register]!, this.#sizes[register]!);
      }
    });
    code.push(0, 0, 0, 0);
    assert(code.length % 4 === 0, "instructions of whole records");
    return {
      code: Uint32Array.from(code),
      constants: Uint32Array.from(this.#constants),
      slotBytes: slotBytes * places.most,
    };
  }
}
