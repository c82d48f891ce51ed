/**
 * The error of a message whose evaluation failed: its text names file, line and column of the source
 * and shows the line, so that a test's report points at the process and not at the test.
 *
 * @module
 */

import { CodedError } from "../base/error.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import { frameOf } from "./compile-diagnostics.ts";
import { createLocator } from "./compile-locate.ts";
import { diagnosticLine, placedDiagnostic } from "./failure-place.ts";
import { type StackFrame, stackText } from "./failure-stack.ts";
import type { KitEvaluation } from "./outcome.ts";

/** Thrown by `send`, `spawn` and `call`; the process's state is as it was before. */
export class EvaluationFailed extends CodedError<"EVALUATION_FAILED"> {
  override readonly name = "EvaluationFailed";
  // Private, so that a report shows the text below and not every field of the evaluation.
  readonly #evaluation: KitEvaluation;
  readonly #diagnostic: Diagnostic;
  readonly #frames: readonly StackFrame[];

  constructor(
    evaluation: KitEvaluation,
    failure: { readonly diagnostic: Diagnostic; readonly stack: readonly StackFrame[] },
    sourceMap: string | null,
  ) {
    super("EVALUATION_FAILED", { slot: evaluation.slot });
    const { diagnostic, stack } = failure;
    this.#evaluation = evaluation;
    this.#diagnostic = diagnostic;
    this.#frames = stack;
    const frame = sourceMap === null ? "" : frameIn(sourceMap, diagnostic);
    const parts = [diagnosticLine(diagnostic), frame, stackText(stack)];
    this.message = parts.filter((part) => part !== "").join("\n");
  }

  get evaluation(): KitEvaluation {
    return this.#evaluation;
  }

  /** The reason with the values of an assertion, and the place in the source. */
  get diagnostic(): Diagnostic {
    return this.#diagnostic;
  }

  /** The calls in the process that led there, innermost first. */
  get frames(): readonly StackFrame[] {
    return this.#frames;
  }
}

/** True for the error of a failed evaluation, whichever copy of this package threw it. */
export function isEvaluationFailed(error: unknown): error is EvaluationFailed {
  return error instanceof Error && error.name === "EvaluationFailed";
}

/** A diagnostic with its place in the source, where a source map knows it. */
export function placed(diagnostic: Diagnostic | null, sourceMap: string | null): Diagnostic | null {
  if (diagnostic === null || sourceMap === null) return diagnostic;
  return placedDiagnostic(diagnostic, createLocator(sourceMap));
}

function frameIn(sourceMap: string, { file, line, column }: Diagnostic): string {
  const map = JSON.parse(sourceMap) as {
    readonly sources: readonly string[];
    readonly sourcesContent?: readonly (string | null)[];
  };
  const text = file === null ? null : map.sourcesContent?.[map.sources.indexOf(file)];
  if (typeof text !== "string" || line === null) return "";
  return frameOf(text, { line, column: column ?? 1 }, 1);
}
