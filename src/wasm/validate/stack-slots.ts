/**
 * The stack table (spec/07-metering.md §4): how many slots a function's frame takes and which
 * functions need not count them. A slot stands for 8 bytes of machine stack; the measured frames of
 * both V8 tiers stay below that, so that V8's own stack check never decides a result.
 *
 * A function is *shallow* if everything that it may reach is known without running: it has no
 * `call_indirect`, all its callees are shallow (hence no recursion), and the deepest chain of
 * frames under it, its own included, has at most `shallowDepthMax` slots. Shallow functions count
 * nothing. The deepest of them is kept free below the budget instead, for all of them at once.
 *
 * @module
 */

import type { Code, WasmModule } from "../binary/module.ts";
import { Op } from "../binary/op.ts";
import { gasByOpcode } from "./gas-schedule.ts";
import { stackSlotsMax } from "./limits.ts";

/** The deepest chain of frames that may go uncounted. */
export const shallowDepthMax = 16_384;

/** Slots of a frame before anything of the function's own. */
export const frameSlotsBase = 16;

export interface FrameShape {
  readonly parameterCount: number;
  /** Declared locals without the parameters. */
  readonly localCount: number;
  readonly operandsMax: number;
  readonly code: Code;
}

/**
 * Frame slots of a function. The last term is for optimising compilers that keep every pure
 * subexpression alive across a call: without it 1,912 bytes a slot were measured, with it 7.
 */
export function frameSlots(shape: FrameShape): number {
  const { parameterCount, localCount, operandsMax, code } = shape;
  const base = frameSlotsBase + 2 * parameterCount + localCount + operandsMax;
  return base + Math.floor(countPriced(code) / 2);
}

/** Instructions whose static price is not 0: those that make a value or use one up. */
function countPriced(code: Code): number {
  let count = 0;
  for (let i = 0; i < code.length; i++) if (gasByOpcode[code.opcodes[i]!] !== 0) count++;
  return count;
}

export interface StackTable {
  /** Slots that each of the module's own functions counts when entered: 0 if shallow. */
  readonly charges: Uint32Array;
  /** What the counted slots of one entry from the host may come to, at most. */
  readonly limit: number;
}

/** The stack table of a module, from the frame slots of its own functions. */
export function stackTable(module: WasmModule, frames: Uint32Array): StackTable {
  const depths = shallowDepths(module, frames);
  let deepest = 0;
  const charges = frames.map((slots, index) => {
    const depth = depths[index]!;
    if (depth === deep) return slots;
    deepest = Math.max(deepest, depth);
    return 0;
  });
  return { charges, limit: stackSlotsMax - deepest };
}

const deep = 0xffff_ffff;

/** The depth of every shallow function in slots, `deep` for the others. */
function shallowDepths(module: WasmModule, frames: Uint32Array): Uint32Array {
  const imported = module.imports.filter((each) => each.description.kind === "function").length;
  const callees = module.functions.map((each) => directCallees(each.code, imported));
  const callers = callees.map((): number[] => []);
  const waitingFor = new Uint32Array(callees.length);
  const depths = new Uint32Array(callees.length).fill(deep);
  const ready: number[] = [];
  callees.forEach((called, index) => {
    if (called === null) return;
    for (const callee of called) callers[callee]!.push(index);
    waitingFor[index] = called.size;
    if (called.size === 0) ready.push(index);
  });
  // From the leaves upwards: a function is decided once all its callees are found shallow. Those
  // on a cycle, or above a deep function, never get there.
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    let below = 0;
    for (const callee of callees[index]!) below = Math.max(below, depths[callee]!);
    if (frames[index]! + below > shallowDepthMax) continue;
    depths[index] = frames[index]! + below;
    for (const caller of callers[index]!) {
      waitingFor[caller]!--;
      if (waitingFor[caller] === 0) ready.push(caller);
    }
  }
  return depths;
}

/** The module's own functions that the code calls, or null if it may call what is not known. */
function directCallees(code: Code, imported: number): Set<number> | null {
  const callees = new Set<number>();
  for (let i = 0; i < code.length; i++) {
    const opcode = code.opcodes[i];
    if (opcode === Op.callIndirect) return null;
    if (opcode !== Op.call) continue;
    const callee = code.first[i]! - imported;
    if (callee < 0) return null;
    callees.add(callee);
  }
  return callees;
}
