/**
 * Blocks while a function is translated (spec/14-zkvm.md §4): where a branch goes, and where it must
 * leave its result. Code behind a branch is not translated.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { Code, ValueType } from "../../wasm/binary/module.ts";
import { Op } from "../../wasm/binary/op.ts";
import type { Label } from "./assembler.ts";
import type { BodyAssembler } from "./body-assembler.ts";
import type { Cells } from "./lower-numbers.ts";
import { cellsOf, type OperandStack } from "./operand-stack.ts";

interface Block {
  readonly kind: "function" | "block" | "loop" | "if" | "dead";
  /** Where a branch goes: a loop's begin, else the end. */
  readonly label: Label;
  /** Where an `if` goes on if its condition is zero; null once that is placed. */
  otherwise: Label | null;
  /** Operands below the block. */
  readonly height: number;
  readonly result: ValueType | null;
  /** Whether some branch goes to the end. */
  used: boolean;
}

export class ControlStack {
  readonly #body: BodyAssembler;
  readonly #operands: OperandStack;
  readonly #code: Code;
  readonly #blocks: Block[] = [];
  /** Whether the next instruction can be reached. */
  reachable = true;

  constructor(body: BodyAssembler, operands: OperandStack, code: Code) {
    this.#body = body;
    this.#operands = operands;
    this.#code = code;
  }

  get depth(): number {
    return this.#blocks.length;
  }

  begin(result: ValueType | null): void {
    this.#push("function", result);
  }

  open(opcode: number, at: number, result: ValueType | null): void {
    assert(this.#code.opcodes[at] === opcode, "the block's own instruction");
    this.#operands.settleSources();
    const block = this.#push(opcode === Op.loop ? "loop" : "block", result);
    if (opcode === Op.loop) this.#body.rows.bind(block.label);
  }

  /** An `if`: `branchIfZero` branches to what it is given where the condition, popped, is zero. */
  openIf(at: number, result: ValueType | null, branchIfZero: (label: Label) => void): void {
    assert(this.#code.opcodes[at] === Op.if, "the block's own instruction");
    const otherwise = this.#body.rows.label();
    this.#operands.settleSources();
    branchIfZero(otherwise);
    this.#push("if", result).otherwise = otherwise;
  }

  /** A block that nothing reaches. */
  openDead(at: number): void {
    assert(at >= 0, "an instruction's index");
    this.#push("dead", null);
  }

  /** `else`. */
  turn(): void {
    const block = this.#blocks.at(-1)!;
    if (block.kind === "dead") return;
    if (this.reachable) {
      this.#leaveResult(block);
      this.#body.jump(block.label);
      block.used = true;
    }
    this.#operands.cut(block.height);
    if (block.otherwise !== null) this.#body.rows.bind(block.otherwise);
    block.otherwise = null;
    this.reachable = true;
  }

  /** `end` of a block. */
  close(): void {
    const block = this.#blocks.pop()!;
    if (block.kind === "dead") return;
    const joins = block.used && block.kind !== "loop";
    const isOpenIf = block.otherwise !== null;
    // With one way to the end nothing has to be anywhere: the operands stay as they are.
    if (this.reachable && !joins && !isOpenIf) return;
    if (this.reachable) this.#leaveResult(block);
    if (block.otherwise !== null) this.#body.rows.bind(block.otherwise);
    if (joins) this.#body.rows.bind(block.label);
    this.reachable = this.reachable || joins || isOpenIf;
    this.#operands.cut(block.height);
    if (this.reachable && block.result !== null) this.#operands.push(block.result);
  }

  /** `end` of the function; whether it is reached. */
  closeFunction(): boolean {
    const block = this.#blocks.pop()!;
    assert(block.kind === "function", "the last block is the function");
    return this.reachable;
  }

  /** What follows is not reached. */
  leave(): void {
    this.reachable = false;
  }

  /** An unconditional branch. */
  branch(depth: number, giveBack: (result: Cells) => void): void {
    this.branchKeeping(depth, giveBack);
    this.leave();
  }

  /** Rows of a branch; the operands stay, for the way that does not branch. */
  branchKeeping(depth: number, giveBack: (result: Cells) => void): void {
    const block = this.#target(depth);
    const result = this.#resultOf(block);
    if (block.kind === "function") {
      giveBack(result);
      return;
    }
    this.#moveResult(block, result);
    block.used = true;
    this.#body.jump(block.label);
  }

  /** Whether a branch needs more than a jump. */
  branchMoves(depth: number): boolean {
    const block = this.#target(depth);
    return block.kind === "function" || (block.kind !== "loop" && block.result !== null);
  }

  /** Where a branch goes that needs nothing but a jump. */
  target(depth: number): Label {
    const block = this.#target(depth);
    block.used = true;
    return block.label;
  }

  #target(depth: number): Block {
    return this.#blocks[this.#blocks.length - 1 - depth]!;
  }

  #push(kind: Block["kind"], result: ValueType | null): Block {
    const block: Block = {
      kind,
      label: this.#body.rows.label(),
      otherwise: null,
      height: this.#operands.length,
      result,
      used: false,
    };
    this.#blocks.push(block);
    return block;
  }

  /** The cells of a block's result, the topmost operand, which stays. */
  #resultOf(block: Block): Cells {
    if (block.result === null || block.kind === "loop") return [];
    return this.#operands.peek();
  }

  #leaveResult(block: Block): void {
    if (block.result === null) return;
    this.#moveResult(block, this.#operands.peek());
  }

  #moveResult(block: Block, result: Cells): void {
    const home = cellsOf(block.result ?? 0x7f, this.#operands.homeAt(block.height));
    result.forEach((cell, half) => {
      this.#body.move(home[half]!, cell);
    });
  }
}
