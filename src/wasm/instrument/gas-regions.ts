/**
 * Where to charge gas, and how much (spec/07-metering.md §3). A *region* is a set of instructions of
 * a function body that a successful run executes equally often, charged at once where the first of
 * them stands. Regions are larger than basic blocks: what follows a block belongs to the region
 * before it unless something inside may leave the block for a place beyond its end.
 *
 * Charging early is safe: gas taken at any moment of a run that succeeds is at most what the whole
 * run takes, so an early charge stops only runs that would fail. Sums over successful runs are
 * exactly those of charging instruction by instruction.
 *
 * @module
 */

import type { Code } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { gasByOpcode } from "../validate/gas-schedule.ts";

export interface GasRegions {
  /** Charge on entering the function. */
  readonly entry: number;
  /** Charge before the instruction of that index. */
  readonly before: Uint32Array;
  /** Charge at the header of the loop whose `loop` has that index. */
  readonly header: Uint32Array;
}

const none = -1;

/** Divides a body into regions. `entryGas` belongs to the first of them. */
export function gasRegions(code: Code, entryGas: number): GasRegions {
  return new RegionPass(code).run(entryGas);
}

/**
 * A region is named by the number of its cost cell: cell 0 is the entry, 1 + 2i the place before
 * instruction i, 2 + 2i the header of the loop at i. The control stack holds the current region of
 * each open block, or `none` where the next priced instruction opens a new one.
 */
class RegionPass {
  readonly #code: Code;
  readonly #costs: Uint32Array;
  readonly #regions: number[] = [0];

  constructor(code: Code) {
    this.#code = code;
    this.#costs = new Uint32Array(1 + 2 * code.length);
  }

  run(entryGas: number): GasRegions {
    const { length, opcodes } = this.#code;
    const costs = this.#costs;
    costs[0] = entryGas;
    for (let i = 0; i < length; i++) {
      const opcode = opcodes[i]!;
      const price = gasByOpcode[opcode]!;
      if (price > 0) costs[this.#regionAt(i)]! += price;
      if (opcode <= Op.return) this.#control(opcode, i);
    }
    const before = new Uint32Array(length);
    const header = new Uint32Array(length);
    for (let i = 0; i < length; i++) {
      before[i] = costs[1 + 2 * i]!;
      header[i] = costs[2 + 2 * i]!;
    }
    return { entry: costs[0], before, header };
  }

  /** The current region of the innermost block, opened before instruction `i` if there is none. */
  #regionAt(i: number): number {
    const regions = this.#regions;
    const innermost = regions.length - 1;
    if (regions[innermost] === none) regions[innermost] = 1 + 2 * i;
    return regions[innermost]!;
  }

  #control(opcode: number, i: number): void {
    const regions = this.#regions;
    switch (opcode) {
      case Op.block:
        regions.push(this.#regionAt(i));
        break;
      case Op.loop:
        this.#regionAt(i);
        regions.push(2 + 2 * i);
        break;
      case Op.if:
        regions.push(none);
        break;
      case Op.else:
        regions[regions.length - 1] = none;
        break;
      case Op.end:
        regions.pop();
        break;
      case Op.br:
      case Op.brIf:
        this.#branch(this.#code.first[i]!);
        break;
      case Op.brTable:
        this.#branch(this.#code.lists[this.#code.first[i]!]!.reduce((a, b) => Math.max(a, b), 0));
        break;
      case Op.return:
        this.#branch(regions.length - 1);
        break;
    }
  }

  /** After a branch, what is left of every block up to the label's is run only if it is not taken. */
  #branch(depth: number): void {
    const regions = this.#regions;
    for (let k = regions.length - 1 - depth; k < regions.length; k++) regions[k] = none;
  }
}
