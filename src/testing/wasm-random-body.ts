/**
 * Random function bodies for wasm-arbitrary.ts: statements and typed expressions, written so that
 * they always type-check. Depth is bounded; so is size, by the decisions running out.
 *
 * @module
 */

import { CodeBuilder } from "../wasm/binary/code-builder.ts";
import {
  type Code,
  emptyBlockType,
  type FunctionType,
  i32Type,
  type ValueType,
} from "../wasm/binary/module.ts";
import { Op } from "../wasm/binary/op.ts";
import { instructions } from "../wasm/binary/opcodes.ts";
import type { Decisions, RandomSignatures } from "./wasm-decisions.ts";

const depthMax = 6;

interface Form {
  readonly opcode: number;
  /** Letters of the operands and of the result, as in the instruction table. */
  readonly operands: string;
  readonly results: string;
}

const integerForms: readonly (Form & { readonly isMemory: boolean })[] = instructions.flatMap(
  ({ opcode, immediate, signature, isFloat }) =>
    signature === null || isFloat || (immediate !== "none" && immediate !== "memory")
      ? []
      : [{ opcode, ...signature, isMemory: immediate === "memory" }],
);
const loads: readonly Form[] = integerForms.filter((form) => form.isMemory && form.results !== "");
const stores: readonly Form[] = integerForms.filter((form) => form.isMemory && form.results === "");
const computed: readonly Form[] = integerForms.filter(
  (form) => !form.isMemory && form.results !== "",
);

/** The type that each open label takes; `null` for none. */
type Label = ValueType | null;

export interface BodyOptions {
  readonly decisions: Decisions;
  readonly signatures: RandomSignatures;
  readonly localTypes: readonly ValueType[];
  /** Index of the function whose body this is. */
  readonly index: number;
}

export class RandomBody {
  readonly #builder: CodeBuilder = new CodeBuilder();
  readonly #decisions: Decisions;
  readonly #signatures: RandomSignatures;
  readonly #localTypes: readonly ValueType[];
  readonly #index: number;
  readonly #labels: Label[] = [];
  #result: Label = null;

  constructor(options: BodyOptions) {
    this.#decisions = options.decisions;
    this.#signatures = options.signatures;
    this.#localTypes = options.localTypes;
    this.#index = options.index;
  }

  /** A whole body of the given type. */
  build(type: FunctionType): Code {
    this.#result = type.results[0] ?? null;
    this.#labels.push(this.#result);
    this.#statements(0);
    if (this.#result !== null) this.#expression(this.#result, 0);
    this.#emit(Op.end);
    return this.#builder.take();
  }

  #emit(opcode: number, first = 0, second = 0): void {
    this.#builder.append(opcode, first, second, 0);
  }

  #statements(depth: number): void {
    const count = this.#decisions.below(depth === 0 ? 8 : 4);
    for (let k = 0; k < count; k++) this.#statement(depth + 1);
  }

  #statement(depth: number): void {
    if (depth > depthMax || this.#decisions.isExhausted) return;
    const choices = [
      () => this.#set(depth),
      () => this.#setGlobal(depth),
      () => this.#store(depth),
      () => this.#store(depth),
      () => this.#block(Op.block, depth),
      () => this.#block(Op.loop, depth),
      () => this.#countedLoop(depth),
      () => this.#if(null, depth),
      () => this.#branchIf(depth),
      () => this.#branchTable(depth),
      () => this.#bulk(depth),
      () => this.#dropped(depth),
      () => this.#rare(depth),
      () => this.#anyCall(null, depth),
    ];
    this.#decisions.choose(choices)();
  }

  #set(depth: number): void {
    const index = this.#decisions.below(this.#localTypes.length + 1);
    const type = this.#localTypes[index];
    if (type === undefined) {
      this.#emit(Op.nop);
      return;
    }
    this.#expression(type, depth);
    this.#emit(Op.localSet, index);
  }

  #setGlobal(depth: number): void {
    const index = this.#decisions.below(this.#signatures.globals.length);
    this.#expression(this.#signatures.globals[index] as ValueType, depth);
    this.#emit(Op.globalSet, index);
  }

  #store(depth: number): void {
    const { opcode, operands } = this.#decisions.choose(stores);
    this.#address(depth);
    this.#expression(typeOf(operands.charAt(1)), depth);
    this.#emit(opcode, 0, this.#memoryOffset());
  }

  /** Mostly within the first page, so that most programs get past it. */
  #address(depth: number): void {
    this.#expression(i32Type, depth);
    if (this.#decisions.below(16) === 15) return;
    this.#emit(Op.i32Const, this.#decisions.below(8) === 7 ? 0x1_fff8 : 0xfff8);
    this.#emit(Op.i32And);
  }

  #memoryOffset(): number {
    const kind = this.#decisions.below(16);
    if (kind < 12) return this.#decisions.below(8);
    return this.#decisions.choose([4088, 4089, 65_528, 100_000]);
  }

  #block(opcode: number, depth: number): void {
    this.#emit(opcode, emptyBlockType);
    this.#labels.push(null);
    this.#statements(depth);
    this.#labels.pop();
    this.#emit(Op.end);
  }

  /** `loop … local = local − 1; br_if local` over an i32 local, so that some loops end. */
  #countedLoop(depth: number): void {
    const index = this.#localTypes.indexOf(i32Type);
    if (index < 0) {
      this.#block(Op.block, depth);
      return;
    }
    this.#emit(Op.i32Const, 1 + this.#decisions.below(20));
    this.#emit(Op.localSet, index);
    this.#emit(Op.loop, emptyBlockType);
    this.#labels.push(null);
    this.#statements(depth);
    this.#emit(Op.localGet, index);
    this.#emit(Op.i32Const, 1);
    this.#emit(Op.i32Sub);
    this.#emit(Op.localTee, index);
    this.#emit(Op.i32Const, 31);
    this.#emit(Op.i32And);
    this.#emit(Op.brIf, 0);
    this.#labels.pop();
    this.#emit(Op.end);
  }

  /** An `if` as a statement (`type` null, `else` optional) or as an expression. */
  #if(type: Label, depth: number): void {
    this.#expression(i32Type, depth);
    this.#emit(Op.if, type === null ? emptyBlockType : type - 0x80);
    this.#labels.push(type);
    this.#arm(type, depth);
    if (type !== null || this.#decisions.below(2) === 1) {
      this.#emit(Op.else);
      this.#arm(type, depth);
    }
    this.#labels.pop();
    this.#emit(Op.end);
  }

  #arm(type: Label, depth: number): void {
    this.#statements(depth + 1);
    if (type !== null) this.#expression(type, depth + 1);
  }

  #depthOf(type: Label): number | null {
    const fitting = this.#labels.flatMap((label, index) =>
      label === type ? [this.#labels.length - 1 - index] : [],
    );
    return fitting.length === 0 ? null : this.#decisions.choose(fitting);
  }

  #branchIf(depth: number): void {
    const label = this.#depthOf(null);
    if (label === null) {
      this.#dropped(depth);
      return;
    }
    this.#expression(i32Type, depth);
    this.#emit(Op.brIf, label);
  }

  #branchTable(depth: number): void {
    const labels = Array.from({ length: 1 + this.#decisions.below(4) }, () => this.#depthOf(null));
    if (labels.includes(null)) {
      this.#dropped(depth);
      return;
    }
    this.#emit(Op.block, emptyBlockType);
    this.#labels.push(null);
    this.#expression(i32Type, depth);
    this.#labels.pop();
    const deeper = labels.map((label) => (label ?? 0) + 1);
    this.#emit(Op.brTable, this.#builder.lists.push(Uint32Array.from([0, ...deeper])) - 1);
    this.#emit(Op.end);
  }

  #bulk(depth: number): void {
    const isCopy = this.#decisions.below(2) === 0;
    this.#address(depth);
    if (isCopy) this.#address(depth);
    else this.#expression(i32Type, depth);
    this.#expression(i32Type, depth);
    this.#emit(Op.i32Const, this.#decisions.below(8) === 7 ? 0xf_ffff : 0xff);
    this.#emit(Op.i32And);
    this.#emit(isCopy ? Op.memoryCopy : Op.memoryFill);
  }

  #dropped(depth: number): void {
    this.#expression(this.#decisions.below(2) === 0 ? i32Type : 0x7e, depth);
    this.#emit(Op.drop);
  }

  /** Leaving in the middle, and the dead code behind it. */
  #rare(depth: number): void {
    const kind = this.#decisions.below(6);
    if (kind === 0) {
      this.#emit(Op.nop);
      return;
    }
    const label = this.#depthOf(null);
    this.#emit(Op.block, emptyBlockType);
    this.#labels.push(null);
    if (kind === 1) this.#emit(Op.unreachable);
    else if (kind < 4 && label !== null) this.#emit(Op.br, label + 1);
    else {
      if (this.#result !== null) this.#expression(this.#result, depth);
      this.#emit(Op.return);
    }
    this.#statements(depth);
    this.#labels.pop();
    this.#emit(Op.end);
  }

  #expression(type: ValueType, depth: number): void {
    if (depth > depthMax || this.#decisions.isExhausted) {
      this.#constant(type);
      return;
    }
    const next = depth + 1;
    const choices = [
      () => this.#constant(type),
      () => this.#localGet(type),
      () => this.#localGet(type),
      () => this.#globalGet(type),
      () => this.#load(type, next),
      () => this.#computed(type, next),
      () => this.#computed(type, next),
      () => this.#computed(type, next),
      () => this.#select(type, next),
      () => this.#if(type, next),
      () => this.#blockValue(type, next),
      () => this.#tee(type, next),
      () => this.#anyCall(type, next),
      () => this.#pages(type, next),
    ];
    this.#decisions.choose(choices)();
  }

  #constant(type: ValueType): void {
    const low = this.#decisions.bits32();
    if (type === i32Type) this.#emit(Op.i32Const, low);
    else
      this.#emit(Op.i64Const, low, this.#decisions.below(2) === 0 ? 0 : this.#decisions.bits32());
  }

  #localGet(type: ValueType): void {
    const fitting = this.#localTypes.flatMap((each, index) => (each === type ? [index] : []));
    if (fitting.length === 0) {
      this.#constant(type);
      return;
    }
    this.#emit(Op.localGet, this.#decisions.choose(fitting));
  }

  #globalGet(type: ValueType): void {
    const index = this.#signatures.globals.indexOf(type);
    if (index < 0) {
      this.#constant(type);
      return;
    }
    this.#emit(Op.globalGet, index);
  }

  #load(type: ValueType, depth: number): void {
    const fitting = loads.filter(({ results }) => typeOf(results) === type);
    this.#address(depth);
    const { opcode } = this.#decisions.choose(fitting);
    this.#emit(opcode, 0, this.#memoryOffset());
  }

  #computed(type: ValueType, depth: number): void {
    const fitting = computed.filter(({ results }) => typeOf(results) === type);
    const { opcode, operands } = this.#decisions.choose(fitting);
    for (const letter of operands) this.#expression(typeOf(letter), depth);
    this.#emit(opcode);
  }

  #select(type: ValueType, depth: number): void {
    this.#expression(type, depth);
    this.#expression(type, depth);
    this.#expression(i32Type, depth);
    this.#emit(Op.select);
  }

  /** A block with a result that a conditional branch may bring early. */
  #blockValue(type: ValueType, depth: number): void {
    this.#emit(Op.block, type - 0x80);
    this.#labels.push(type);
    this.#expression(type, depth);
    const label = this.#depthOf(type);
    if (label !== null) {
      this.#expression(i32Type, depth);
      this.#emit(Op.brIf, label);
    }
    this.#labels.pop();
    this.#emit(Op.end);
  }

  #tee(type: ValueType, depth: number): void {
    const index = this.#localTypes.lastIndexOf(type);
    this.#expression(type, depth);
    if (index >= 0) this.#emit(Op.localTee, index);
  }

  /** A call of a function with the result `type`, or something simpler where there is none. */
  #anyCall(type: Label, depth: number): void {
    const { types, functions, elements } = this.#signatures;
    const isIndirect = this.#decisions.below(3) === 2;
    const callees = isIndirect ? elements : functions.map((_, index) => index);
    // Mostly forwards, so that most programs do not recurse without end.
    const first = this.#decisions.below(16) === 15 ? 0 : this.#index + 1;
    const candidates = callees.flatMap((callee, position) => {
      const typeIndex = functions[callee] ?? 0;
      const fits = callee >= first && (types[typeIndex]?.results[0] ?? null) === type;
      return fits ? [{ typeIndex, position }] : [];
    });
    if (candidates.length === 0) {
      if (type !== null) this.#constant(type);
      return;
    }
    const { typeIndex, position } = this.#decisions.choose(candidates);
    for (const parameter of types[typeIndex]?.parameters ?? []) {
      this.#expression(parameter, depth + 1);
    }
    if (isIndirect) this.#callIndirect(typeIndex, position, depth);
    else this.#emit(Op.call, position);
  }

  /** Mostly by the element that fits, else by any: null and foreign signatures trap. */
  #callIndirect(typeIndex: number, position: number, depth: number): void {
    if (this.#decisions.below(8) === 7) {
      this.#expression(i32Type, depth + 1);
      this.#emit(Op.i32Const, 7);
      this.#emit(Op.i32And);
    } else {
      this.#emit(Op.i32Const, position + 1);
    }
    this.#emit(Op.callIndirect, typeIndex);
  }

  /** The size of memory, or its growth by a page or so. */
  #pages(type: ValueType, depth: number): void {
    if (type !== i32Type) {
      this.#constant(type);
      return;
    }
    if (this.#decisions.below(2) === 0) {
      this.#emit(Op.memorySize);
      return;
    }
    this.#expression(i32Type, depth);
    this.#emit(Op.i32Const, 1);
    this.#emit(Op.i32And);
    this.#emit(Op.memoryGrow);
  }
}

function typeOf(letter: string): ValueType {
  return letter === "i" ? i32Type : 0x7e;
}
