/**
 * The zkVM's translator and register machine as an engine of the conformance tests: every call is a
 * program of its own, on the state that the calls before left.
 *
 * @module
 */

import { i64Type, type ValueType } from "../../src/wasm/binary/module.ts";
import type { Value } from "../../src/wasm/interpreter/value-stack.ts";
import type { ValidatedModule } from "../../src/wasm/validate/validated-module.ts";
import { Machine } from "../../src/zkvm/machine/execute.ts";
import { imageAfter, type StateImage } from "../../src/zkvm/machine/image-after.ts";
import type { RunRecord } from "../../src/zkvm/machine/run-record.ts";
import { Assembler, constant, frame } from "../../src/zkvm/program/assembler.ts";
import { BodyAssembler } from "../../src/zkvm/program/body-assembler.ts";
import type { SlotProgram } from "../../src/zkvm/program/entry-stub.ts";
import { returnCellOf } from "../../src/zkvm/program/function-frame.ts";
import type { Program } from "../../src/zkvm/program/program.ts";
import { emitCall } from "../../src/zkvm/program/routines.ts";
import { translate } from "../../src/zkvm/program/translate.ts";
import { nothingCarried } from "../../src/zkvm/registers.ts";
import { segmentRowsMax } from "../../src/zkvm/segment-limits.ts";
import { type ConstraintTally, type MachineSegment, segmentFaults } from "./constraint-check.ts";
import type { Engine, EngineInstance, EngineLimits, EngineOutcome } from "./engine.ts";
import { interpreterEngine } from "./interpreter-engine.ts";

/** Cells below the function's frame, for nothing: no function may reach them. */
const argumentCell = 16;

/** Told of every segment of every call. */
export type SegmentObserver = (segment: MachineSegment) => void;

/** The engine, whose every segment is shown to the observer while its record is good. */
export function observedMachineEngine(observe: SegmentObserver): Engine {
  return {
    name: "register machine",
    instantiate(validated, limits) {
      const shadow = interpreterEngine.instantiate(validated, limits);
      if (shadow === null) return null;
      return new RegisterMachineInstance(validated, limits, { shadow, observe });
    },
  };
}

export const registerMachineEngine: Engine = observedMachineEngine(() => undefined);

/** The engine; one call in `each` also goes through all constraints and buses. */
export function constrainedMachineEngine(tally: ConstraintTally, each = 1): Engine {
  let calls = 0;
  return observedMachineEngine((segment) => {
    const { run, index } = segment;
    if (index === 0) calls++;
    if (calls % each !== 0) return;
    if (run.border === null) tally.calls++;
    if (run.border === null && run.end !== "done") tally.failedCalls++;
    tally.rows += run.steps.length;
    tally.faults.push(...segmentFaults(segment));
  });
}

function halvesOf(value: Value): bigint {
  return BigInt.asUintN(64, BigInt(value));
}

/**
 * What a failed call leaves is undone in a process, and the register machine may then have made half
 * a store of 64 bits. The suite goes on with that state: it is taken from the interpreter.
 */
class RegisterMachineInstance implements EngineInstance {
  readonly #shadow: EngineInstance;
  readonly #observe: SegmentObserver;
  readonly #validated: ValidatedModule;
  readonly #limits: EngineLimits;
  readonly #program: Program;
  #image: StateImage;
  #gas: number | null = null;

  constructor(
    validated: ValidatedModule,
    limits: EngineLimits,
    parts: { readonly shadow: EngineInstance; readonly observe: SegmentObserver },
  ) {
    const { shadow, observe } = parts;
    this.#shadow = shadow;
    this.#observe = observe;
    this.#validated = validated;
    this.#limits = limits;
    this.#program = translate(validated, limits.memoryPagesMax);
    this.#image = imageOf(shadow);
  }

  invoke(name: string, args: readonly Value[]): EngineOutcome {
    const { exports } = this.#validated.module;
    const index = exports.find((each) => each.name === name)!.index;
    const { type } = this.#validated.functions[index]!;
    const rows = new Assembler(this.#program.rows.length);
    const body = new BodyAssembler({ rows, trap: { place: this.#program.trap }, scratchBase: 0 });
    let at = argumentCell;
    args.forEach((value, i) => {
      body.move(frame(at++), constant(Number(halvesOf(value) & 0xffff_ffffn)));
      if (type.parameters[i] === i64Type) {
        body.move(frame(at++), constant(Number(halvesOf(value) >> 32n)));
      }
    });
    const label = { place: this.#program.functions[index]! };
    emitCall(rows, { label, at: argumentCell, returnCell: returnCellOf(type) });
    const [low, high] = [frame(argumentCell), frame(argumentCell + 1)];
    rows.emit({ flags: ["halt"], operation: 0, a: low, b: high });
    const program = {
      rows: this.#program.rows.concat(rows.finish()),
      start: this.#program.rows.length,
      stackLimit: this.#limits.stackSlots,
    };
    const { run, image } = this.#run(program);
    this.#gas = run.gas;
    this.#shadow.invoke(name, args);
    if (run.end !== "done") {
      this.#image = imageOf(this.#shadow);
      return { ok: false, reason: run.end };
    }
    this.#image = image;
    return { ok: true, results: type.results.map((result) => resultOf(result, run.returned)) };
  }

  /** The run's last segment, and the state that it leaves. */
  #run(program: SlotProgram): { readonly run: RunRecord; readonly image: StateImage } {
    const { gasLimit } = this.#limits;
    const inbox = new Uint8Array();
    const machine = new Machine({ program, image: this.#image, inbox, gasLimit });
    let [image, carried] = [this.#image, nothingCarried];
    for (let index = 0; ; index++) {
      const run = machine.run(segmentRowsMax);
      this.#observe({ program, run, image, carried, index, gasLimit });
      image = imageAfter(image, run);
      if (run.border === null) return { run, image };
      carried = run.border.carried;
    }
  }

  get(name: string): Value {
    const { exports, globals } = this.#validated.module;
    const { index } = exports.find((each) => each.name === name && each.kind === "global")!;
    const global = globals[index]!;
    if (global.mutable) {
      const position = globals.slice(0, index).filter(({ mutable }) => mutable).length;
      return this.globals()[position]!;
    }
    const { first, second } = global.initial;
    return global.type === i64Type
      ? (BigInt(second[0]!) << 32n) | BigInt(first[0]! >>> 0)
      : first[0]!;
  }

  memory(): Uint8Array {
    return this.#image.memory;
  }

  globals(): readonly Value[] {
    const mutable = this.#validated.module.globals.filter((global) => global.mutable);
    return mutable.map(({ type }, i) => {
      const value = this.#image.globals[i]!;
      return type === i64Type ? BigInt.asIntN(64, value) : Number(BigInt.asIntN(32, value));
    });
  }

  gasUsed(): number | null {
    return this.#gas;
  }
}

function imageOf(instance: EngineInstance): StateImage {
  const globals = instance
    .globals()
    .map((value) => (typeof value === "number" ? BigInt(value >>> 0) : BigInt.asUintN(64, value)));
  return { memory: instance.memory().slice(), globals: BigUint64Array.from(globals) };
}

function resultOf(
  type: ValueType,
  { length, pointer }: { length: number; pointer: number },
): Value {
  if (type !== i64Type) return length | 0;
  return BigInt.asIntN(64, BigInt(length) | (BigInt(pointer) << 32n));
}
