/**
 * The reference machine: runs a validated module as the standard describes it (WebAssembly §4),
 * one instruction after the other, with the gas and the stack slots of spec/07-metering.md. It takes
 * the raw module, not the instrumented one, and agrees with the instrumented one in V8 on every run
 * that succeeds: results, memory, globals and gas. Of a run that fails the two agree only in that it
 * fails.
 *
 * A trap leaves memory and globals as they were at that moment; who wants them back keeps a copy.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { type Code, type FunctionType, i32Type } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { gasByOpcode } from "../validate/gas-schedule.ts";
import type { ValidatedFunction, ValidatedModule } from "../validate/validated-module.ts";
import { controlSteps } from "./control-steps.ts";
import {
  Execution,
  type ExecutionOptions,
  type Routine,
  type Step,
  type Store,
} from "./execution.ts";
import { LinearMemory } from "./linear-memory.ts";
import { memorySteps } from "./memory-steps.ts";
import { numberSteps } from "./number-steps.ts";
import { Trap, type TrapKind } from "./trap.ts";
import type { Value } from "./value-stack.ts";

export interface MachineLimits {
  /** Gas for all invocations together, until `refill`. */
  readonly gasLimit: number;
  /** Slots of stack for each invocation; usually the validated module's `stackLimit`. */
  readonly stackSlots: number;
  /** Pages that the memory may grow to; a smaller maximum of the module's own wins. */
  readonly memoryPagesMax: number;
}

export type Outcome =
  | { readonly ok: true; readonly results: readonly Value[] }
  | { readonly ok: false; readonly trap: TrapKind };

const stepsByOpcode: ReadonlyMap<number, Step> = new Map([
  ...controlSteps,
  ...numberSteps,
  ...memorySteps,
]);

/** Makes what carries out one invocation: `Execution` itself, or one that looks on as well. */
export type MakeExecution = (options: ExecutionOptions) => Execution;

/**
 * Makes a machine of a module without imports and start function, its segments written. Throws
 * `Trap` where a segment does not fit; the process profile has ruled that out.
 */
export function instantiate(
  validated: ValidatedModule,
  limits: MachineLimits,
  makeExecution: MakeExecution = (options) => new Execution(options),
): Machine {
  const { module } = validated;
  assert(module.imports.length === 0 && module.start === null, "the machine has no host to call");
  const signatures = numberSignatures(module.types);
  const memoryType = module.memories[0] ?? { minimum: 0, maximum: 0 };
  const declaredMax = memoryType.maximum ?? limits.memoryPagesMax;
  const store: Store = {
    routines: validated.functions.map((each, index) => {
      const { code, typeIndex, localCount } = module.functions[index]!;
      return makeRoutine(each, { code, localCount, signature: signatures[typeIndex]! });
    }),
    memory: new LinearMemory({
      pages: memoryType.minimum,
      pagesMax: Math.min(declaredMax, limits.memoryPagesMax),
    }),
    globals: module.globals.map((global) => constantOf(global.initial)),
    table: fillTable(validated),
    signatures,
  };
  writeData(validated, store.memory);
  return new Machine(validated, store, { ...limits, makeExecution });
}

/** An instance: its state between invocations, and the invocations. */
export class Machine {
  readonly #validated: ValidatedModule;
  readonly #store: Store;
  readonly #stackSlots: number;
  readonly #makeExecution: MakeExecution;
  #gasLimit: number;
  #gasLeft: number;

  constructor(
    validated: ValidatedModule,
    store: Store,
    limits: MachineLimits & { readonly makeExecution: MakeExecution },
  ) {
    this.#validated = validated;
    this.#store = store;
    this.#stackSlots = limits.stackSlots;
    this.#makeExecution = limits.makeExecution;
    this.#gasLimit = limits.gasLimit;
    this.#gasLeft = limits.gasLimit;
  }

  /** Calls an exported function by its name. */
  invoke(name: string, args: readonly Value[]): Outcome {
    const functionIndex = this.#exportOf(name, "function");
    const { type } = this.#validated.functions[functionIndex]!;
    assert(args.length === type.parameters.length, `${name} takes ${type.parameters.length}`);
    const execution = this.#makeExecution({
      store: this.#store,
      gas: this.#gasLeft,
      stackSlots: this.#stackSlots,
    });
    execution.stack.reserve(args.length);
    for (const argument of args) {
      if (typeof argument === "number") execution.stack.pushI32(argument);
      else execution.stack.pushI64(argument);
    }
    try {
      execution.run(functionIndex);
    } catch (error) {
      if (!(error instanceof Trap)) throw error;
      this.#gasLeft = 0;
      return { ok: false, trap: error.kind };
    }
    this.#gasLeft = execution.gas;
    const results = type.results.map((result) =>
      result === i32Type ? execution.stack.popI32() : execution.stack.popI64(),
    );
    return { ok: true, results };
  }

  /** Puts the machine into a state: memory in whole pages, mutable globals in index order. */
  restore(image: { readonly memory: Uint8Array; readonly globals: BigUint64Array }): void {
    this.#store.memory.restore(image.memory);
    let position = 0;
    this.#validated.module.globals.forEach(({ mutable, type }, index) => {
      if (!mutable) return;
      const bits = image.globals[position++]!;
      this.#store.globals[index] =
        type === i32Type ? Number(BigInt.asIntN(32, bits)) : BigInt.asIntN(64, bits);
    });
  }

  /** Gas charged since the last `refill`; all of it after a trap. */
  get gasUsed(): number {
    return this.#gasLimit - this.#gasLeft;
  }

  /** Sets a new limit and forgets what was charged. */
  refill(gasLimit: number): void {
    this.#gasLimit = gasLimit;
    this.#gasLeft = gasLimit;
  }

  /** The memory's bytes, valid until it grows; whoever holds them may write, as the host does. */
  get memory(): Uint8Array {
    return this.#store.memory.bytes;
  }

  get pageCount(): number {
    return this.#store.memory.pages;
  }

  /** Values of all globals, in the order of their indices. */
  get globals(): readonly Value[] {
    return this.#store.globals;
  }

  /** The value of an exported global. */
  globalNamed(name: string): Value {
    return this.#store.globals[this.#exportOf(name, "global")]!;
  }

  #exportOf(name: string, kind: "function" | "global"): number {
    const found = this.#validated.module.exports.find(
      (each) => each.name === name && each.kind === kind,
    );
    assert(found !== undefined, `no exported ${kind} ${name}`);
    return found.index;
  }
}

function makeRoutine(
  from: ValidatedFunction,
  body: Pick<Routine, "code" | "localCount" | "signature">,
): Routine {
  const { code } = body;
  return {
    ...body,
    steps: Array.from(code.opcodes, (opcode) => stepsByOpcode.get(opcode)!),
    gas: Uint8Array.from(code.opcodes, (opcode) => gasByOpcode[opcode]!),
    entryGas: from.entryGas,
    stackCharge: from.stackCharge,
    parameterCount: from.type.parameters.length,
    operandsMax: from.operandsMax,
    resultCount: from.type.results.length,
  };
}

/** Numbers for types that are equal exactly where their signatures are. */
function numberSignatures(types: readonly FunctionType[]): number[] {
  const numbers = new Map<string, number>();
  return types.map(({ parameters, results }) => {
    const text = `${parameters.join()}:${results.join()}`;
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  });
}

/** The value of a constant expression: without imports that is one constant. */
function constantOf({ opcodes, first, second }: Code): Value {
  if (opcodes[0] === Op.i32Const) return first[0]!;
  assert(opcodes[0] === Op.i64Const, "the language has no other constants");
  return (BigInt(second[0]!) << 32n) | BigInt(first[0]! >>> 0);
}

function offsetOf(start: Code | null): number {
  assert(start !== null, "the language has active segments only");
  return Number(constantOf(start)) >>> 0;
}

function fillTable({ module }: ValidatedModule): (number | null)[] {
  const table = new Array<number | null>(module.tables[0]?.minimum ?? 0).fill(null);
  for (const { start, functions } of module.elements) {
    const offset = offsetOf(start);
    if (offset + functions!.length > table.length) throw new Trap("TABLE_OUT_OF_BOUNDS");
    functions!.forEach((functionIndex, position) => {
      table[offset + position] = functionIndex;
    });
  }
  return table;
}

function writeData({ module }: ValidatedModule, memory: LinearMemory): void {
  for (const { start, bytes } of module.data) {
    const offset = offsetOf(start);
    if (offset + bytes.length > memory.bytes.length) throw new Trap("MEMORY_OUT_OF_BOUNDS");
    memory.bytes.set(bytes, offset);
  }
}
