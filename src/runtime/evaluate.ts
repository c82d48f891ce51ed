/**
 * One message through the machine and the judge (spec/06-execution.md §3 to §7): the result that is
 * committed, all returned bytes, and the diagnostics beside it. Compute unit, replay and test kit
 * all run this.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import { CodedError } from "../base/error.ts";
import { type Digest, parseId } from "../protocol/ids.ts";
import { inboxHashOf } from "../protocol/inbox.ts";
import type { Diagnostic, MachineOutcome, Verdict } from "../protocol/judge.ts";
import { judge, resultOf } from "../protocol/judge.ts";
import { bodyRecord } from "../protocol/message.ts";
import { exits, resultRecord } from "../protocol/result.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import { imageRoot } from "../state/image-root.ts";
import type { EvaluationInput, EvaluationOutput } from "./evaluation-input.ts";
import { HostFault } from "./host-fault.ts";
import type { Process } from "./process.ts";
import type { RunOutcome } from "./run-outcome.ts";

/** A process in memory, and where in its log it stands. */
export interface HotProcess {
  readonly process: Process;
  /** The slot that it evaluates next. */
  next: number;
  /** The root after the last committed slot. */
  root: Uint8Array;
}

/** Why every later slot of a process fails whose slot 0 failed. */
export const stillbornDiagnostic: Diagnostic = {
  reason: "stillborn",
  text: "slot 0 of this process failed, so it has no state to run on",
  file: null,
  line: null,
  column: null,
};

/**
 * What slot 0 of a process fails with whose module was refused, and its root, that of no state at
 * all. Throws again what is no refusal: a host fault is nobody's answer.
 */
export function refusalOf(error: unknown): {
  readonly diagnostic: Diagnostic;
  readonly root: Uint8Array;
} {
  if (!(error instanceof CodedError) || error instanceof HostFault) throw error;
  return {
    diagnostic: { reason: "module", text: error.message, file: null, line: null, column: null },
    root: imageRoot({ memory: new Uint8Array(0), globals: new BigUint64Array(0) }),
  };
}

/** A message that ran, before the roots around it are known. */
interface Ran {
  readonly input: EvaluationInput;
  readonly verdict: Verdict;
  readonly returned: Uint8Array | null;
  readonly memoryBytes: number;
}

/**
 * Evaluates and commits the next messages of a process, as long as `mayGoOn` says so, and the first
 * in any case. Their roots are computed together at the end: one by one, four fifths of the kernel's
 * lanes were idle above the blocks. A host fault is thrown, never a result, and nothing of the run
 * is to be kept then.
 */
export function evaluateRun(
  hot: HotProcess,
  process: string,
  terms: SpawnTerms,
  {
    inputs,
    mayGoOn,
  }: { readonly inputs: readonly EvaluationInput[]; readonly mayGoOn: () => boolean },
): EvaluationOutput[] {
  const id = parseId(process);
  // What nobody took of earlier commits is none of these.
  hot.process.takeRoots();
  const ran: Ran[] = [];
  for (const input of inputs) {
    if (ran.length > 0 && !mayGoOn()) break;
    const one = run(hot, id, terms, { input, gasLimit: terms.gasLimit });
    if (one.verdict.exit === exits.ok) hot.process.commit();
    hot.next = input.slot + 1;
    ran.push({ input, ...one, memoryBytes: hot.process.memory.length });
  }
  const roots = hot.process.takeRoots().values();
  return ran.map(({ input, verdict, returned, memoryBytes }) => {
    const preRoot = hot.root;
    if (verdict.exit === exits.ok) {
      const { value } = roots.next();
      assert(value !== undefined, "a root for each commit");
      hot.root = value;
    }
    const around = { preRoot, postRoot: hot.root };
    const parts = { process: id, terms, input, verdict, returned, roots: around };
    return outputOf({ ...parts, memoryBytes });
  });
}

/** Evaluates and commits the next message of a process. A host fault is thrown, never a result. */
export function evaluateNext(
  hot: HotProcess,
  process: string,
  terms: SpawnTerms,
  input: EvaluationInput,
): EvaluationOutput {
  const [output] = evaluateRun(hot, process, terms, { inputs: [input], mayGoOn: () => false });
  assert(output !== undefined, "an output for the input");
  return output;
}

/** Evaluates a message on the newest state and undoes it. */
export function evaluateDry(
  hot: HotProcess,
  process: string,
  terms: SpawnTerms,
  run_: { readonly input: EvaluationInput; readonly gasLimit: number },
): EvaluationOutput {
  const id = parseId(process);
  const { verdict, returned } = run(hot, id, terms, run_);
  if (verdict.exit === exits.ok) hot.process.rollback();
  const roots = { preRoot: hot.root, postRoot: hot.root };
  const memoryBytes = hot.process.memory.length;
  return outputOf({ process: id, terms, input: run_.input, verdict, returned, roots, memoryBytes });
}

/** The result of a slot whose process cannot run: its module was refused, or its slot 0 failed. */
export function failWithoutRun(parts: {
  readonly process: string;
  readonly terms: SpawnTerms;
  readonly input: EvaluationInput;
  readonly diagnostic: Diagnostic;
  readonly root: Uint8Array;
}): EvaluationOutput {
  const { terms, input, diagnostic, root } = parts;
  const process = parseId(parts.process);
  const verdict = judgeOf({ ok: false, diagnostic }, process, terms, input);
  const roots = { preRoot: root, postRoot: root };
  return outputOf({ process, terms, input, verdict, returned: null, roots, memoryBytes: 0 });
}

function run(
  hot: HotProcess,
  process: Digest,
  terms: SpawnTerms,
  { input, gasLimit }: { readonly input: EvaluationInput; readonly gasLimit: number },
): { readonly verdict: Verdict; readonly returned: Uint8Array | null } {
  const first = input.slot === 0;
  const outcome = hot.process.evaluate({ inbox: input.inbox, gasLimit, first });
  const verdict = judgeOf(withOffset(outcome), process, terms, input);
  // The machine was content and the judge was not: the run waits to be undone.
  if (outcome.ok && verdict.exit === exits.failed) hot.process.rollback();
  return { verdict, returned: outcome.ok ? outcome.returned : null };
}

/** Where in the module a failure happened is told in its text: whoever has the source map can use it. */
function withOffset(outcome: RunOutcome): MachineOutcome {
  if (outcome.ok || outcome.moduleOffsets.length === 0) return outcome;
  const { diagnostic, moduleOffsets } = outcome;
  const text = `${diagnostic.text} (module offset ${moduleOffsets.join(", ")})`;
  return { ok: false, diagnostic: { ...diagnostic, text } };
}

function judgeOf(
  outcome: MachineOutcome,
  process: Digest,
  terms: SpawnTerms,
  input: EvaluationInput,
): Verdict {
  const parent = bodyRecord.decode(input.body);
  return judge(outcome, { process, slot: input.slot, terms, parent });
}

function outputOf(parts: {
  readonly process: Digest;
  readonly terms: SpawnTerms;
  readonly input: EvaluationInput;
  readonly verdict: Verdict;
  readonly returned: Uint8Array | null;
  readonly roots: { readonly preRoot: Uint8Array; readonly postRoot: Uint8Array };
  readonly memoryBytes: number;
}): EvaluationOutput {
  const { process, terms, input, verdict, returned, roots, memoryBytes } = parts;
  const result = resultOf(verdict, {
    rules: terms.rules,
    process,
    slot: input.slot,
    entryHash: input.entryHash,
    messageId: input.messageId,
    module: terms.module,
    inboxHash: inboxHashOf(input.inbox),
    ...roots,
  });
  return {
    slot: input.slot,
    result: resultRecord.encode(result),
    output: verdict.exit === exits.ok ? returned : null,
    diagnostic: verdict.diagnostic,
    memoryBytes,
  };
}
