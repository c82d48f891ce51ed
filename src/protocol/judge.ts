/**
 * The judge (spec/06-execution.md §7): the one pure function that turns what the machine did into what
 * is committed. Compute unit, replay and verifier use this same function.
 *
 * @module
 */

import { ProtocolError } from "./errors.ts";
import type { Digest } from "./ids.ts";
import { type OutboxItem, type OutboxSource, outboxOf, outboxRootOf } from "./outbox.ts";
import { type Output, outputHashOf, outputRecord } from "./output.ts";
import { exits, type Result } from "./result.ts";

/** Why an evaluation failed: served beside the result, never committed. */
export interface Diagnostic {
  /** A word that programs may switch on, such as `gas`, `stack`, `trap` or `output`. */
  readonly reason: string;
  /** For people: a trap's name, an abort's message. */
  readonly text: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** What the machine did with one message. */
export type MachineOutcome =
  | { readonly ok: true; readonly returned: Uint8Array; readonly gasUsed: number }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/** What an evaluation commits, but for the roots. A failed one leaves the state as it was. */
export type Verdict =
  | {
      readonly exit: typeof exits.ok;
      readonly output: Output;
      readonly outputHash: Digest;
      readonly outbox: readonly OutboxItem[];
      readonly outboxRoot: Digest;
      readonly gasUsed: number;
      readonly diagnostic: null;
    }
  | {
      readonly exit: typeof exits.failed;
      readonly output: null;
      readonly outputHash: null;
      readonly outbox: readonly [];
      readonly outboxRoot: null;
      readonly gasUsed: number;
      readonly diagnostic: Diagnostic;
    };

/** Judges an outcome. Malformed or over-limit output is a failure like any trap. Never throws on guest bytes. */
export function judge(outcome: MachineOutcome, source: Omit<OutboxSource, "gasUsed">): Verdict {
  if (!outcome.ok) return failed(source, outcome.diagnostic);
  const { gasUsed, returned } = outcome;
  try {
    const output = outputRecord.decode(returned);
    const outbox = outboxOf(output, { ...source, gasUsed });
    return {
      exit: exits.ok,
      output,
      outputHash: outputHashOf(returned),
      outbox,
      outboxRoot: outboxRootOf(outbox.map((item) => item.bodyBytes)),
      gasUsed,
      diagnostic: null,
    };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return failed(source, {
      reason: "output",
      text: error.message,
      file: null,
      line: null,
      column: null,
    });
  }
}

function failed(source: Omit<OutboxSource, "gasUsed">, diagnostic: Diagnostic): Verdict {
  return {
    exit: exits.failed,
    output: null,
    outputHash: null,
    outbox: [],
    outboxRoot: null,
    gasUsed: source.terms.gasLimit,
    diagnostic,
  };
}

/** The result that a verdict commits to, in its place in the log and between its roots. */
export function resultOf(
  verdict: Verdict,
  place: Pick<
    Result,
    | "rules"
    | "process"
    | "slot"
    | "entryHash"
    | "messageId"
    | "module"
    | "inboxHash"
    | "preRoot"
    | "postRoot"
  >,
): Result {
  return {
    ...place,
    postRoot: verdict.exit === exits.ok ? place.postRoot : place.preRoot,
    outputHash: verdict.outputHash,
    outboxRoot: verdict.outboxRoot,
    outboxCount: verdict.outbox.length,
    gasUsed: verdict.gasUsed,
    exit: verdict.exit,
  };
}
