/**
 * The gas profile of one message: the run of `ProcessInstance` once more, on the reference machine,
 * which agrees with the instrumented module in the gas of every run that succeeds. Of a run that failed
 * only what it took until then is told apart; the rest of its limit is paid for the failure
 * (spec/06-execution.md §7).
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import {
  type CallNode,
  type FunctionGas,
  GasTally,
  type OpenCall,
  TallyingExecution,
} from "../wasm/interpreter/gas-tally.ts";
import { instantiate, type Machine, type Outcome } from "../wasm/interpreter/machine.ts";
import type { Value } from "../wasm/interpreter/value-stack.ts";
import type { ValidatedModule } from "../wasm/validate/validated-module.ts";
import type { RunInput } from "./process-instance.ts";

/** Gas of one stack of calls, outermost first. */
export interface StackGas {
  readonly functions: readonly number[];
  readonly gas: number;
}

export interface GasProfile {
  /** What was taken by instructions: the sums of all the lists below. */
  readonly spent: number;
  readonly functions: readonly FunctionGas[];
  /** By the byte offset of the instruction in the raw module. */
  readonly offsets: readonly (readonly [offset: number, gas: number])[];
  readonly stacks: readonly StackGas[];
  /** The calls that were open when it failed, innermost first; empty where it did not trap. */
  readonly trapped: readonly OpenCall[];
}

/** The state that the message meets. */
export interface ProfiledState {
  readonly memory: Uint8Array;
  readonly globals: BigUint64Array;
}

/** Profiles one message on a state, which stays as it is. */
export function profileRun(
  validated: ValidatedModule,
  state: ProfiledState,
  run: RunInput & { readonly memoryPagesMax: number },
): GasProfile {
  const tally = new GasTally((index) => {
    const { offsets, length } = validated.module.functions[index]!.code;
    return offsets.subarray(0, length);
  });
  let execution: TallyingExecution | null = null;
  const limits = {
    gasLimit: run.gasLimit,
    stackSlots: validated.stackLimit,
    memoryPagesMax: run.memoryPagesMax,
  };
  const machine = instantiate(validated, limits, (options) => {
    execution = new TallyingExecution(options, tally);
    return execution;
  });
  machine.restore(state);
  // More memory than the terms allow: a process that can run nothing takes nothing.
  const mayRun = (validated.module.memories[0]?.minimum ?? 0) <= run.memoryPagesMax;
  if (mayRun) deliver(machine, run);
  const open = (execution as TallyingExecution | null)?.unwind() ?? [];
  return {
    spent: tally.spent,
    functions: tally.functions(),
    offsets: tally.offsets(),
    stacks: stacksOf(tally.root),
    trapped: open,
  };
}

/** What `ProcessInstance` does with a message, as far as it takes gas. */
function deliver(machine: Machine, { inbox, first }: RunInput): void {
  if (first && !machine.invoke("_start", []).ok) return;
  const paddedLength = Math.ceil(inbox.length / 4) * 4;
  const allocated = answerOf(machine.invoke("alloc", [paddedLength]));
  if (allocated === null) return;
  const pointer = Number(allocated) >>> 0;
  if (pointer % 4 !== 0 || pointer + paddedLength > machine.memory.length) return;
  machine.memory.fill(0, pointer, pointer + paddedLength);
  machine.memory.set(inbox, pointer);
  machine.invoke("handle", [inbox.length]);
}

function answerOf(outcome: Outcome): Value | null {
  if (!outcome.ok) return null;
  const [value] = outcome.results;
  assert(value !== undefined, "the profile's function answers a value");
  return value;
}

/** Every node of the tree that took gas itself, with the way to it. The tree may be very deep. */
function stacksOf(root: CallNode): readonly StackGas[] {
  const found: StackGas[] = [];
  const path: number[] = [];
  const open: Iterator<CallNode>[] = [root.children.values()];
  for (let nodes = open.at(-1); nodes !== undefined; nodes = open.at(-1)) {
    const next = nodes.next();
    if (next.done === true) {
      open.pop();
      path.pop();
      continue;
    }
    path.push(next.value.functionIndex);
    if (next.value.gas > 0) found.push({ functions: [...path], gas: next.value.gas });
    open.push(next.value.children.values());
  }
  return found;
}
