/**
 * Rewrites a function of the spec suite into one that a machine of integers and single results can
 * run, where that is possible: floats that are only carried travel as their bits, the values of
 * blocks with parameters or several results wait in fresh locals, and those of functions with
 * several results in fresh globals. Test-only. The suite's assertions judge this rewriting along
 * with the engines, so that a mistake here shows as a failed assertion.
 *
 * @module
 */

import { i32, i64, instructionOf, isBlock, opcodes, signedBytes } from "./instructions.ts";
import type { FunctionType, SpecFunction, SpecInstruction, SpecModule } from "./spec-module.ts";

/** Where a value waits: a local or a global. */
export interface Place {
  readonly kind: "local" | "global";
  readonly index: number;
}

/** A block that is open: where its parameters and results wait, and what a branch to it carries. */
interface Label {
  readonly params: readonly Place[];
  readonly results: readonly Place[];
  readonly carried: readonly Place[];
  /** True while this is a rewritten `if` that has met no `else`. */
  lacksElse: boolean;
}

export interface LoweringContext {
  readonly source: SpecModule;
  /** For every type: the globals of its results where they are several, else nothing. */
  readonly resultPlaces: readonly (readonly Place[])[];
}

const blockTypeEmpty = 0x40;

/** The type that carries a value type's bits; reference types have none and stay. */
export function carrierOf(type: number): number {
  return type === 0x7d ? i32 : type === 0x7c ? i64 : type;
}

/** The rewritten function; what cannot be rewritten stays, for the caller to find. */
export function lowerFunction(source: SpecFunction, context: LoweringContext): SpecFunction {
  return new Lowering(source, context).run();
}

class Lowering {
  readonly #function: SpecFunction;
  readonly #context: LoweringContext;
  readonly #labels: Label[] = [];
  readonly #body: SpecInstruction[] = [];
  readonly #newLocals: number[] = [];
  readonly #localCount: number;

  constructor(source: SpecFunction, context: LoweringContext) {
    this.#function = source;
    this.#context = context;
    let count = (context.source.types[source.typeIndex] as FunctionType).params.length;
    for (const run of source.locals) count += run.count;
    this.#localCount = count;
  }

  run(): SpecFunction {
    const results = this.#resultsOf(this.#function.typeIndex);
    this.#labels.push({ params: [], results, carried: results, lacksElse: false });
    for (const instruction of this.#function.body) this.#lower(instruction);
    const locals = this.#function.locals.map((run) => ({ ...run, type: carrierOf(run.type) }));
    const added = this.#newLocals.map((type) => ({ count: 1, type }));
    return { ...this.#function, locals: [...locals, ...added], body: this.#body };
  }

  #resultsOf(typeIndex: number): readonly Place[] {
    return this.#context.resultPlaces[typeIndex] ?? [];
  }

  #lower(instruction: SpecInstruction): void {
    const { opcode, indices } = instruction;
    const first = indices[0] as number;
    if (isBlock(opcode)) this.#open(instruction);
    else if (opcode === opcodes.else) this.#otherwise(instruction);
    else if (opcode === opcodes.end) this.#close(instruction);
    else if (opcode === opcodes.br) this.#store(this.#label(first).carried, instruction);
    else if (opcode === opcodes.brIf || opcode === opcodes.brTable) this.#branchOn(instruction);
    else if (opcode === opcodes.return)
      this.#store((this.#labels[0] as Label).carried, instruction);
    else if (opcode === opcodes.call) this.#call(instruction);
    else this.#carry(instruction);
  }

  #call(instruction: SpecInstruction): void {
    const callee = this.#context.source.functions[instruction.indices[0] as number];
    this.#body.push(instruction);
    this.#load(this.#resultsOf(callee?.typeIndex ?? 0));
  }

  #open(instruction: SpecInstruction): void {
    const { opcode } = instruction;
    const typeIndex = instruction.indices[0] as number;
    if (typeIndex < 0) {
      const carrier = typeIndex === -64 ? blockTypeEmpty : carrierOf(typeIndex + 128);
      this.#labels.push({ params: [], results: [], carried: [], lacksElse: false });
      this.#body.push(instructionOf(opcode, [carrier], [carrier - 128]));
      return;
    }
    const type = this.#context.source.types[typeIndex] as FunctionType;
    const params = type.params.map((value) => this.#newLocal(value));
    const results = type.results.map((value) => this.#newLocal(value));
    const isIf = opcode === opcodes.if;
    const carried = opcode === opcodes.loop ? params : results;
    const condition = isIf ? [this.#newLocal(i32)] : [];
    this.#labels.push({ params, results, carried, lacksElse: isIf });
    this.#store([...params, ...condition]);
    this.#load(condition);
    this.#body.push(instructionOf(opcode, [blockTypeEmpty], [blockTypeEmpty - 128]));
    this.#load(params);
  }

  #otherwise(instruction: SpecInstruction): void {
    const label = this.#label(0);
    label.lacksElse = false;
    this.#store(label.results, instruction);
    this.#load(label.params);
  }

  #close(instruction: SpecInstruction): void {
    const label = this.#labels.pop() as Label;
    if (label.lacksElse) {
      // An absent `else` hands the parameters on as the results; here that takes code.
      this.#store(label.results, instructionOf(opcodes.else));
      this.#load(label.params);
    }
    this.#store(label.results, instruction);
    // What the function's own end gives stays in the globals, for its caller.
    if (this.#labels.length > 0) this.#load(label.results);
  }

  /** A branch that may fall through: what it carries is put back under the fall-through path. */
  #branchOn(instruction: SpecInstruction): void {
    const targets = instruction.indices.map((depth) => this.#label(depth));
    const first = targets.find((target) => target.carried.length > 0);
    if (first === undefined) {
      this.#body.push(instruction);
      return;
    }
    const selector = this.#newLocal(i32);
    this.#store([...first.carried, selector]);
    for (const target of targets) {
      if (target === first) continue;
      this.#load(first.carried);
      this.#store(target.carried);
    }
    if (targets.some((target) => target.carried.length === 0)) this.#load(first.carried);
    this.#load([selector]);
    this.#body.push(instruction);
    if (instruction.opcode === opcodes.brIf) this.#load(first.carried);
  }

  /** Instructions that only carry a float act on its bits instead; all others pass. */
  #carry(instruction: SpecInstruction): void {
    const { opcode, bytes, indices } = instruction;
    const rest = [...bytes.subarray(1)];
    const carrier = carrierOpcodes.get(opcode);
    if (carrier !== undefined) this.#body.push(instructionOf(carrier, rest, indices));
    else if (opcode === opcodes.f32Const) this.#body.push(constant(opcodes.i32Const, bytes));
    else if (opcode === opcodes.f64Const) this.#body.push(constant(opcodes.i64Const, bytes));
    else if (opcode === opcodes.typedSelect && carrierOf(indices[0] ?? 0) >= i64)
      this.#body.push(instructionOf(opcodes.select));
    else if (!isReinterpretation(opcode)) this.#body.push(instruction);
  }

  #label(depth: number): Label {
    return this.#labels[this.#labels.length - 1 - depth] as Label;
  }

  #newLocal(type: number): Place {
    const index = this.#localCount + this.#newLocals.push(carrierOf(type)) - 1;
    return { kind: "local", index };
  }

  #load(places: readonly Place[]): void {
    for (const place of places) this.#body.push(access(place, "Get"));
  }

  #store(places: readonly Place[], ...then: readonly SpecInstruction[]): void {
    for (const place of places.toReversed()) this.#body.push(access(place, "Set"));
    this.#body.push(...then);
  }
}

/** The loads and stores of floats, with those of the integers of their size. */
const carrierOpcodes: ReadonlyMap<number, number> = new Map([
  [0x2a, 0x28],
  [0x2b, 0x29],
  [0x38, 0x36],
  [0x39, 0x37],
]);

function isReinterpretation(opcode: number): boolean {
  return opcode >= 0xbc && opcode <= 0xbf;
}

function constant(opcode: number, source: Uint8Array): SpecInstruction {
  const view = new DataView(source.buffer, source.byteOffset + 1);
  const wide = opcode === opcodes.i64Const;
  return instructionOf(
    opcode,
    signedBytes(wide ? view.getBigInt64(0, true) : BigInt(view.getInt32(0, true))),
  );
}

function access(place: Place, verb: "Get" | "Set"): SpecInstruction {
  return instructionOf(opcodes[`${place.kind}${verb}`], place.index);
}
