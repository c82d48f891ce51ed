/**
 * Random expressions for wasm-random-body.ts: typed, so that they always type-check. Depth is
 * bounded; so is size, by the decisions running out.
 *
 * @module
 */

import { CodeBuilder } from "../wasm/binary/code-builder.ts";
import { emptyBlockType, i32Type, type ValueType } from "../wasm/binary/module.ts";
import { Op } from "../wasm/binary/op.ts";
import { instructions } from "../wasm/binary/opcodes.ts";
import type { Decisions, RandomSignatures } from "./wasm-decisions.ts";

export const depthMax = 6;

export interface Form {
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
export const stores: readonly Form[] = integerForms.filter(
  (form) => form.isMemory && form.results === "",
);
const computed: readonly Form[] = integerForms.filter(
  (form) => !form.isMemory && form.results !== "",
);

/** The type that each open label takes; `null` for none. */
export type Label = ValueType | null;

export interface BodyOptions {
  readonly decisions: Decisions;
  readonly signatures: RandomSignatures;
  readonly localTypes: readonly ValueType[];
  /** Index of the function whose body this is. */
  readonly index: number;
}

/** Statements are the subclass's; an arm of an `if` may hold some. */
export abstract class RandomExpressions {
  protected readonly builder: CodeBuilder = new CodeBuilder();
  protected readonly decisions: Decisions;
  protected readonly signatures: RandomSignatures;
  protected readonly localTypes: readonly ValueType[];
  protected readonly index: number;
  protected readonly labels: Label[] = [];
  protected result: Label = null;

  constructor(options: BodyOptions) {
    this.decisions = options.decisions;
    this.signatures = options.signatures;
    this.localTypes = options.localTypes;
    this.index = options.index;
  }

  protected abstract statements(depth: number): void;

  protected emit(opcode: number, first = 0, second = 0): void {
    this.builder.append(opcode, first, second, 0);
  }

  /** Mostly within the first page, so that most programs get past it. */
  protected address(depth: number): void {
    this.expression(i32Type, depth);
    if (this.decisions.below(16) === 15) return;
    this.emit(Op.i32Const, this.decisions.below(8) === 7 ? 0x1_fff8 : 0xfff8);
    this.emit(Op.i32And);
  }

  protected memoryOffset(): number {
    const kind = this.decisions.below(16);
    if (kind < 12) return this.decisions.below(8);
    return this.decisions.choose([4088, 4089, 65_528, 100_000]);
  }

  /** An `if` as a statement (`type` null, `else` optional) or as an expression. */
  protected conditional(type: Label, depth: number): void {
    this.expression(i32Type, depth);
    this.emit(Op.if, type === null ? emptyBlockType : type - 0x80);
    this.labels.push(type);
    this.arm(type, depth);
    if (type !== null || this.decisions.below(2) === 1) {
      this.emit(Op.else);
      this.arm(type, depth);
    }
    this.labels.pop();
    this.emit(Op.end);
  }

  protected arm(type: Label, depth: number): void {
    this.statements(depth + 1);
    if (type !== null) this.expression(type, depth + 1);
  }

  protected depthOf(type: Label): number | null {
    const fitting = this.labels.flatMap((label, index) =>
      label === type ? [this.labels.length - 1 - index] : [],
    );
    return fitting.length === 0 ? null : this.decisions.choose(fitting);
  }

  protected expression(type: ValueType, depth: number): void {
    if (depth > depthMax || this.decisions.isExhausted) {
      this.constant(type);
      return;
    }
    const next = depth + 1;
    const choices = [
      () => this.constant(type),
      () => this.localGet(type),
      () => this.localGet(type),
      () => this.globalGet(type),
      () => this.load(type, next),
      () => this.computed(type, next),
      () => this.computed(type, next),
      () => this.computed(type, next),
      () => this.select(type, next),
      () => this.conditional(type, next),
      () => this.blockValue(type, next),
      () => this.tee(type, next),
      () => this.anyCall(type, next),
      () => this.pages(type, next),
    ];
    this.decisions.choose(choices)();
  }

  protected constant(type: ValueType): void {
    const low = this.decisions.bits32();
    if (type === i32Type) this.emit(Op.i32Const, low);
    else this.emit(Op.i64Const, low, this.decisions.below(2) === 0 ? 0 : this.decisions.bits32());
  }

  protected localGet(type: ValueType): void {
    const fitting = this.localTypes.flatMap((each, index) => (each === type ? [index] : []));
    if (fitting.length === 0) {
      this.constant(type);
      return;
    }
    this.emit(Op.localGet, this.decisions.choose(fitting));
  }

  protected globalGet(type: ValueType): void {
    const index = this.signatures.globals.indexOf(type);
    if (index < 0) {
      this.constant(type);
      return;
    }
    this.emit(Op.globalGet, index);
  }

  protected load(type: ValueType, depth: number): void {
    const fitting = loads.filter(({ results }) => typeOf(results) === type);
    this.address(depth);
    const { opcode } = this.decisions.choose(fitting);
    this.emit(opcode, 0, this.memoryOffset());
  }

  protected computed(type: ValueType, depth: number): void {
    const fitting = computed.filter(({ results }) => typeOf(results) === type);
    const { opcode, operands } = this.decisions.choose(fitting);
    for (const letter of operands) this.expression(typeOf(letter), depth);
    this.emit(opcode);
  }

  protected select(type: ValueType, depth: number): void {
    this.expression(type, depth);
    this.expression(type, depth);
    this.expression(i32Type, depth);
    this.emit(Op.select);
  }

  /** A block with a result that a conditional branch may bring early. */
  protected blockValue(type: ValueType, depth: number): void {
    this.emit(Op.block, type - 0x80);
    this.labels.push(type);
    this.expression(type, depth);
    const label = this.depthOf(type);
    if (label !== null) {
      this.expression(i32Type, depth);
      this.emit(Op.brIf, label);
    }
    this.labels.pop();
    this.emit(Op.end);
  }

  protected tee(type: ValueType, depth: number): void {
    const index = this.localTypes.lastIndexOf(type);
    this.expression(type, depth);
    if (index >= 0) this.emit(Op.localTee, index);
  }

  /** A call of a function with the result `type`, or something simpler where there is none. */
  protected anyCall(type: Label, depth: number): void {
    const { types, functions, elements } = this.signatures;
    const isIndirect = this.decisions.below(3) === 2;
    const callees = isIndirect ? elements : functions.map((_, index) => index);
    // Mostly forwards, so that most programs do not recurse without end.
    const first = this.decisions.below(16) === 15 ? 0 : this.index + 1;
    const candidates = callees.flatMap((callee, position) => {
      const typeIndex = functions[callee] ?? 0;
      const fits = callee >= first && (types[typeIndex]?.results[0] ?? null) === type;
      return fits ? [{ typeIndex, position }] : [];
    });
    if (candidates.length === 0) {
      if (type !== null) this.constant(type);
      return;
    }
    const { typeIndex, position } = this.decisions.choose(candidates);
    for (const parameter of types[typeIndex]?.parameters ?? []) {
      this.expression(parameter, depth + 1);
    }
    if (isIndirect) this.callIndirect(typeIndex, position, depth);
    else this.emit(Op.call, position);
  }

  /** Mostly by the element that fits, else by any: null and foreign signatures trap. */
  protected callIndirect(typeIndex: number, position: number, depth: number): void {
    if (this.decisions.below(8) === 7) {
      this.expression(i32Type, depth + 1);
      this.emit(Op.i32Const, 7);
      this.emit(Op.i32And);
    } else {
      this.emit(Op.i32Const, position + 1);
    }
    this.emit(Op.callIndirect, typeIndex);
  }

  /** The size of memory, or its growth by a page or so. */
  protected pages(type: ValueType, depth: number): void {
    if (type !== i32Type) {
      this.constant(type);
      return;
    }
    if (this.decisions.below(2) === 0) {
      this.emit(Op.memorySize);
      return;
    }
    this.expression(i32Type, depth);
    this.emit(Op.i32Const, 1);
    this.emit(Op.i32And);
    this.emit(Op.memoryGrow);
  }
}

export function typeOf(letter: string): ValueType {
  return letter === "i" ? i32Type : 0x7e;
}
