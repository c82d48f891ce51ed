/**
 * Random function bodies for wasm-arbitrary.ts: statements around the expressions of
 * wasm-random-expressions.ts.
 *
 * @module
 */

import {
  type Code,
  emptyBlockType,
  type FunctionType,
  i32Type,
  type ValueType,
} from "../wasm/binary/module.ts";
import { Op } from "../wasm/binary/op.ts";
import { depthMax, RandomExpressions, stores, typeOf } from "./wasm-random-expressions.ts";

/** Writes one body; use it once. */
export class RandomBody extends RandomExpressions {
  /** A whole body of the given type. */
  build(type: FunctionType): Code {
    this.result = type.results[0] ?? null;
    this.labels.push(this.result);
    this.statements(0);
    if (this.result !== null) this.expression(this.result, 0);
    this.emit(Op.end);
    return this.builder.take();
  }

  protected override statements(depth: number): void {
    const count = this.decisions.below(depth === 0 ? 8 : 4);
    for (let k = 0; k < count; k++) this.statement(depth + 1);
  }

  protected statement(depth: number): void {
    if (depth > depthMax || this.decisions.isExhausted) return;
    const choices = [
      () => this.set(depth),
      () => this.setGlobal(depth),
      () => this.store(depth),
      () => this.store(depth),
      () => this.block(Op.block, depth),
      () => this.block(Op.loop, depth),
      () => this.countedLoop(depth),
      () => this.conditional(null, depth),
      () => this.branchIf(depth),
      () => this.branchTable(depth),
      () => this.bulk(depth),
      () => this.dropped(depth),
      () => this.rare(depth),
      () => this.anyCall(null, depth),
    ];
    this.decisions.choose(choices)();
  }

  protected set(depth: number): void {
    const index = this.decisions.below(this.localTypes.length + 1);
    const type = this.localTypes[index];
    if (type === undefined) {
      this.emit(Op.nop);
      return;
    }
    this.expression(type, depth);
    this.emit(Op.localSet, index);
  }

  protected setGlobal(depth: number): void {
    const index = this.decisions.below(this.signatures.globals.length);
    this.expression(this.signatures.globals[index] as ValueType, depth);
    this.emit(Op.globalSet, index);
  }

  protected store(depth: number): void {
    const { opcode, operands } = this.decisions.choose(stores);
    this.address(depth);
    this.expression(typeOf(operands.charAt(1)), depth);
    this.emit(opcode, 0, this.memoryOffset());
  }

  protected block(opcode: number, depth: number): void {
    this.emit(opcode, emptyBlockType);
    this.labels.push(null);
    this.statements(depth);
    this.labels.pop();
    this.emit(Op.end);
  }

  /** `loop … local = local − 1; br_if local` over an i32 local, so that some loops end. */
  protected countedLoop(depth: number): void {
    const index = this.localTypes.indexOf(i32Type);
    if (index < 0) {
      this.block(Op.block, depth);
      return;
    }
    this.emit(Op.i32Const, 1 + this.decisions.below(20));
    this.emit(Op.localSet, index);
    this.emit(Op.loop, emptyBlockType);
    this.labels.push(null);
    this.statements(depth);
    this.emit(Op.localGet, index);
    this.emit(Op.i32Const, 1);
    this.emit(Op.i32Sub);
    this.emit(Op.localTee, index);
    this.emit(Op.i32Const, 31);
    this.emit(Op.i32And);
    this.emit(Op.brIf, 0);
    this.labels.pop();
    this.emit(Op.end);
  }

  protected branchIf(depth: number): void {
    const label = this.depthOf(null);
    if (label === null) {
      this.dropped(depth);
      return;
    }
    this.expression(i32Type, depth);
    this.emit(Op.brIf, label);
  }

  protected branchTable(depth: number): void {
    const labels = Array.from({ length: 1 + this.decisions.below(4) }, () => this.depthOf(null));
    if (labels.includes(null)) {
      this.dropped(depth);
      return;
    }
    this.emit(Op.block, emptyBlockType);
    this.labels.push(null);
    this.expression(i32Type, depth);
    this.labels.pop();
    const deeper = labels.map((label) => (label ?? 0) + 1);
    this.emit(Op.brTable, this.builder.lists.push(Uint32Array.from([0, ...deeper])) - 1);
    this.emit(Op.end);
  }

  protected bulk(depth: number): void {
    const isCopy = this.decisions.below(2) === 0;
    this.address(depth);
    if (isCopy) this.address(depth);
    else this.expression(i32Type, depth);
    this.expression(i32Type, depth);
    this.emit(Op.i32Const, this.decisions.below(8) === 7 ? 0xf_ffff : 0xff);
    this.emit(Op.i32And);
    this.emit(isCopy ? Op.memoryCopy : Op.memoryFill);
  }

  protected dropped(depth: number): void {
    this.expression(this.decisions.below(2) === 0 ? i32Type : 0x7e, depth);
    this.emit(Op.drop);
  }

  /** Leaving in the middle, and the dead code behind it. */
  protected rare(depth: number): void {
    const kind = this.decisions.below(6);
    if (kind === 0) {
      this.emit(Op.nop);
      return;
    }
    const label = this.depthOf(null);
    this.emit(Op.block, emptyBlockType);
    this.labels.push(null);
    if (kind === 1) this.emit(Op.unreachable);
    else if (kind < 4 && label !== null) this.emit(Op.br, label + 1);
    else {
      if (this.result !== null) this.expression(this.result, depth);
      this.emit(Op.return);
    }
    this.statements(depth);
    this.labels.pop();
    this.emit(Op.end);
  }
}
