/**
 * Which locals a function may read before it has set them (spec/14-zkvm.md §4): those begin as zero
 * and need a row for it, the others do not. One pass, for control flow is structured: what is set at
 * a loop's header is what is set where it is entered, since a way back has only set more.
 *
 * @module
 */

import type { Code } from "../../wasm/binary/module.ts";
import { Op } from "../../wasm/binary/op.ts";

/** Locals that are surely set; null for code that is never reached. */
type Assigned = Uint8Array | null;

function meet(left: Assigned, right: Assigned): Assigned {
  if (left === null) return right;
  if (right === null) return left;
  return left.map((set, local) => set & right[local]!);
}

interface Block {
  readonly isLoop: boolean;
  /** What is set on all branches to its end so far. */
  atEnd: Assigned;
  /** What is set where an `if` begins, until its `else`. */
  atElse: Assigned;
}

/** One flag a local: 1 if some way reads it before setting it. Parameters are set from the start. */
export function readBeforeSet(
  code: Code,
  shape: { readonly parameterCount: number; readonly localCount: number },
): Uint8Array {
  const read = new Uint8Array(shape.localCount);
  let assigned: Assigned = new Uint8Array(shape.localCount).fill(1, 0, shape.parameterCount);
  const blocks: Block[] = [{ isLoop: false, atEnd: null, atElse: null }];
  const branch = (depth: number): void => {
    const block = blocks[blocks.length - 1 - depth];
    if (block !== undefined && !block.isLoop) {
      block.atEnd = meet(block.atEnd, assigned === null ? null : assigned.slice());
    }
  };
  for (let i = 0; i < code.length; i++) {
    const first = code.first[i]!;
    switch (code.opcodes[i]) {
      case Op.block:
      case Op.loop:
      case Op.if: {
        const isIf = code.opcodes[i] === Op.if;
        const atElse: Assigned = isIf && assigned !== null ? assigned.slice() : null;
        blocks.push({ isLoop: code.opcodes[i] === Op.loop, atEnd: null, atElse });
        break;
      }
      case Op.else: {
        const block = blocks.at(-1)!;
        branch(0);
        assigned = block.atElse;
        block.atElse = null;
        break;
      }
      case Op.end: {
        const block = blocks.pop()!;
        assigned = meet(meet(assigned, block.atEnd), block.atElse);
        break;
      }
      case Op.br:
        branch(first);
        assigned = null;
        break;
      case Op.brIf:
        branch(first);
        break;
      case Op.brTable:
        for (const depth of code.lists[first]!) branch(depth);
        assigned = null;
        break;
      case Op.return:
      case Op.unreachable:
        assigned = null;
        break;
      case Op.localGet:
        if (assigned !== null && assigned[first] === 0) read[first] = 1;
        break;
      case Op.localSet:
      case Op.localTee:
        if (assigned !== null) assigned[first] = 1;
        break;
    }
  }
  return read;
}
