/**
 * Where gas goes (spec/07-metering.md): an execution that looks on. Every charge is written down once,
 * at the instruction that took it, so the sum over instructions, over functions and over stacks is the
 * gas of the run, exactly. Entering a function is counted at its first instruction, the call at the
 * caller's.
 *
 * @module
 */

import { Execution, type ExecutionOptions } from "./execution.ts";

/** A function in the tree of calls, with what it took itself there. */
export interface CallNode {
  readonly functionIndex: number;
  readonly children: Map<number, CallNode>;
  readonly depth: number;
  gas: number;
}

/** A call that has not returned: innermost first in a stack. */
export interface OpenCall {
  readonly functionIndex: number;
  /** Byte offset in the raw module of the instruction that it stands at. */
  readonly offset: number;
}

/** What one function took in all its calls. */
export interface FunctionGas {
  readonly functionIndex: number;
  readonly calls: number;
  /** In its own instructions. */
  readonly self: number;
  /** With what it called; a recursion counts once. */
  readonly total: number;
}

/**
 * Bounds of the tree of calls. Two functions that call each other in every order would have as many
 * nodes as calls; what lies beyond the last node is counted at that node.
 */
const nodesMax = 20_000;
const depthMax = 200;

/** A function while it is counted. */
interface Count {
  /** Gas by instruction. */
  readonly gas: Float64Array;
  calls: number;
  total: number;
  /** Calls of it that have not returned, and what had been spent when the outermost began. */
  open: number;
  begun: number;
}

/** Gas of one or more executions, by instruction, function and stack. */
export class GasTally {
  readonly root: CallNode = { functionIndex: -1, children: new Map(), depth: 0, gas: 0 };
  spent = 0;
  readonly #counts = new Map<number, Count>();
  readonly #offsetsOf: (functionIndex: number) => Uint32Array;
  #nodes = 1;

  /** `offsetsOf` gives a function's instructions by their byte offsets in the raw module. */
  constructor(offsetsOf: (functionIndex: number) => Uint32Array) {
    this.#offsetsOf = offsetsOf;
  }

  /** The counter of a function. */
  countOf(functionIndex: number): Count {
    const known = this.#counts.get(functionIndex);
    if (known !== undefined) return known;
    const gas = new Float64Array(this.#offsetsOf(functionIndex).length);
    const count = { gas, calls: 0, total: 0, open: 0, begun: 0 };
    this.#counts.set(functionIndex, count);
    return count;
  }

  /** The node of a call from `parent`, or `parent` itself where the tree is full. */
  childOf(parent: CallNode, functionIndex: number): CallNode {
    const known = parent.children.get(functionIndex);
    if (known !== undefined) return known;
    const depth = parent.depth + 1;
    if (this.#nodes >= nodesMax || depth > depthMax) return parent;
    this.#nodes++;
    const child: CallNode = { functionIndex, children: new Map(), depth, gas: 0 };
    parent.children.set(functionIndex, child);
    return child;
  }

  /** What each function took that was called at all. */
  functions(): readonly FunctionGas[] {
    return [...this.#counts].map(([functionIndex, { gas, calls, total }]) => {
      return { functionIndex, calls, total, self: gas.reduce((sum, each) => sum + each, 0) };
    });
  }

  /** What each instruction took that took anything, by its byte offset in the raw module. */
  offsets(): readonly (readonly [offset: number, gas: number])[] {
    const found: [number, number][] = [];
    for (const [functionIndex, { gas }] of this.#counts) {
      const offsets = this.#offsetsOf(functionIndex);
      gas.forEach((each, i) => {
        if (each > 0) found.push([offsets[i]!, each]);
      });
    }
    return found;
  }

  offsetAt(functionIndex: number, instruction: number): number {
    return this.#offsetsOf(functionIndex)[instruction] ?? 0;
  }
}

/** An open call as the execution keeps it. */
interface Frame {
  readonly functionIndex: number;
  readonly node: CallNode;
  readonly count: Count;
  /** The instruction of the caller that called. */
  readonly from: number;
}

export class TallyingExecution extends Execution {
  readonly #tally: GasTally;
  readonly #frames: Frame[] = [];
  #node: CallNode;
  #gasAt: Float64Array = new Float64Array(1);
  #isEntering = false;

  constructor(options: ExecutionOptions, tally: GasTally) {
    super(options);
    this.#tally = tally;
    this.#node = tally.root;
  }

  override charge(gas: number): void {
    // What is more than there was left is not charged: it throws.
    super.charge(gas);
    this.#tally.spent += gas;
    this.#node.gas += gas;
    this.#gasAt[this.#isEntering ? 0 : this.current]! += gas;
  }

  override enter(functionIndex: number): void {
    const from = this.current;
    const count = this.#tally.countOf(functionIndex);
    if (count.open++ === 0) count.begun = this.#tally.spent;
    count.calls++;
    this.#node = this.#tally.childOf(this.#node, functionIndex);
    this.#gasAt = count.gas;
    this.#frames.push({ functionIndex, node: this.#node, count, from });
    this.#isEntering = true;
    super.enter(functionIndex);
    this.#isEntering = false;
  }

  override leave(): void {
    super.leave();
    this.#close();
  }

  /** After a trap: the calls that were open, which are closed by this. Empty after a good run. */
  unwind(): readonly OpenCall[] {
    const open: OpenCall[] = [];
    let at = this.#isEntering ? 0 : this.current;
    for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) {
      const { functionIndex } = frame;
      open.push({ functionIndex, offset: this.#tally.offsetAt(functionIndex, at) });
      at = frame.from;
      this.#close();
    }
    return open;
  }

  #close(): void {
    const { count } = this.#frames.pop()!;
    if (--count.open === 0) count.total += this.#tally.spent - count.begun;
    const caller = this.#frames.at(-1);
    this.#node = caller?.node ?? this.#tally.root;
    if (caller !== undefined) this.#gasAt = caller.count.gas;
  }
}
