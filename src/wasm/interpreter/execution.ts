/**
 * The state of a running machine (WebAssembly §4.2): the store's parts, the operand and label
 * stacks, the open calls. Calls are records in an array, so the depth of the guest's recursion never
 * meets the host's stack. Everything that costs gas or slots is counted here
 * (spec/07-metering.md); gas only ever falls, hence stopping at the first overdraft and looking at
 * the end decide alike which runs succeed.
 *
 * @module
 */

import type { Code } from "../binary/module.ts";
import type { LinearMemory } from "./linear-memory.ts";
import { Trap } from "./trap.ts";
import { type Value, ValueStack } from "./value-stack.ts";

/** Carries out one instruction; `first` and `second` are its immediates as `Code` keeps them. */
export type Step = (execution: Execution, first: number, second: number) => void;

/** A function made ready to run. */
export interface Routine {
  readonly code: Code;
  readonly steps: readonly Step[];
  /** Static gas of each instruction. */
  readonly gas: Uint8Array;
  readonly entryGas: number;
  readonly stackCharge: number;
  readonly parameterCount: number;
  /** Locals beyond the parameters. */
  readonly localCount: number;
  readonly operandsMax: number;
  readonly resultCount: number;
  /** Equal numbers mean equal signatures. */
  readonly signature: number;
}

/** A call that waits for its callee. */
interface Caller {
  readonly routine: Routine;
  readonly position: number;
  readonly base: number;
  readonly labelBase: number;
}

/** What stays the same, or lives on, between two invocations of a machine. */
export interface Store {
  readonly routines: readonly Routine[];
  readonly memory: LinearMemory;
  readonly globals: Value[];
  /** Function indices; null where the table is empty. */
  readonly table: readonly (number | null)[];
  /** For each type index, the number of its signature. */
  readonly signatures: readonly number[];
}

/** What an execution begins with. */
export interface ExecutionOptions {
  readonly store: Store;
  readonly gas: number;
  readonly stackSlots: number;
}

export class Execution {
  readonly store: Store;
  readonly stack: ValueStack = new ValueStack();
  /** Index of the next instruction of the present function; a branch sets it. */
  position = 0;
  /** Cell of the present function's local 0. */
  base = 0;
  gas: number;
  #slots: number;
  #routine: Routine | null = null;
  readonly #callers: Caller[] = [];
  #labelBase = 0;
  #labelCount = 0;
  readonly #labelTargets: number[] = [];
  readonly #labelHeights: number[] = [];
  readonly #labelArities: number[] = [];

  constructor(options: ExecutionOptions) {
    this.store = options.store;
    this.gas = options.gas;
    this.#slots = options.stackSlots;
  }

  /** Runs a function whose arguments lie on the stack, until it has returned. */
  run(functionIndex: number): void {
    this.enter(functionIndex);
    for (let routine = this.#routine; routine !== null; routine = this.#routine) {
      const { code, steps, gas } = routine;
      // While the function stays the same, so do its arrays.
      while (this.#routine === routine) {
        const at = this.position++;
        this.charge(gas[at]!);
        steps[at]!(this, code.first[at]!, code.second[at]!);
      }
    }
  }

  charge(gas: number): void {
    this.gas -= gas;
    if (this.gas < 0) throw new Trap("GAS_EXHAUSTED");
  }

  /** Calls a function: its arguments are the uppermost operands and become its first locals. */
  enter(functionIndex: number): void {
    const routine = this.store.routines[functionIndex]!;
    this.charge(routine.entryGas);
    this.#slots -= routine.stackCharge;
    if (this.#slots < 0) throw new Trap("STACK_EXHAUSTED");
    if (this.#routine !== null) {
      this.#callers.push({
        routine: this.#routine,
        position: this.position,
        base: this.base,
        labelBase: this.#labelBase,
      });
    }
    this.#routine = routine;
    this.position = 0;
    this.base = this.stack.height - routine.parameterCount;
    this.#labelBase = this.#labelCount;
    this.stack.reserve(routine.localCount + routine.operandsMax);
    this.stack.pushZeros(routine.localCount);
  }

  /** Ends the present call: its results replace its locals and operands. */
  leave(): void {
    const routine = this.#routine!;
    this.stack.unwind(this.base, routine.resultCount);
    this.#labelCount = this.#labelBase;
    this.#slots += routine.stackCharge;
    const caller = this.#callers.pop();
    this.#routine = caller?.routine ?? null;
    this.position = caller?.position ?? 0;
    this.base = caller?.base ?? 0;
    this.#labelBase = caller?.labelBase ?? 0;
  }

  /** Opens a block: a branch to it keeps `arity` operands and goes on at `target`. */
  pushLabel(target: number, arity: number): void {
    const index = this.#labelCount++;
    this.#labelTargets[index] = target;
    this.#labelHeights[index] = this.stack.height;
    this.#labelArities[index] = arity;
  }

  popLabel(): void {
    this.#labelCount--;
  }

  /** Branches out of `depth` blocks and to the next one's label, or returns if there is none. */
  branch(depth: number): void {
    const label = this.#labelCount - 1 - depth;
    if (label < this.#labelBase) {
      this.leave();
      return;
    }
    this.stack.unwind(this.#labelHeights[label]!, this.#labelArities[label]!);
    this.position = this.#labelTargets[label]!;
    this.#labelCount = label;
  }

  /** Index of the instruction being carried out. */
  get current(): number {
    return this.position - 1;
  }

  get code(): Code {
    return this.#routine!.code;
  }
}
