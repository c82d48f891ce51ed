/**
 * A result as people read it, and its failure with the line of the source.
 *
 * @module
 */

import type { ResultView } from "../client/connect.ts";
import { diagnosticLine, placedDiagnostic } from "../kit/failure-place.ts";
import { type StackFrame, stackFrames, stackText } from "../kit/failure-stack.ts";
import type { Diagnostic } from "../protocol/judge.ts";
import { CliError } from "./cli-error.ts";
import { type BuiltKnowledge, moduleKnowledgeOf } from "./module-maps.ts";

/** What is shown of data at most; `--json` has all of it. */
const textMax = 4000;
const itemsMax = 20;

/** A result as it is shown. */
export type ShownResult = ResultView & {
  /** The calls that led to its failure, innermost first. */
  readonly stack?: readonly StackFrame[];
};

/** The result with the place of its failure and the calls that led there, where they are known here. */
export async function withPlace(result: ResultView): Promise<ShownResult> {
  const diagnostic = diagnosticOf(result);
  if (diagnostic === null) return result;
  const known = await moduleKnowledgeOf(String(result["module"]));
  const stack = framesOf(diagnostic, known);
  return { ...result, diagnostic: { ...placedDiagnostic(diagnostic, known.locate) }, stack };
}

/** The calls that a diagnostic's bytes of the module stand for, before those are taken out of its text. */
export function framesOf(
  diagnostic: Diagnostic,
  { sourceMap }: Pick<BuiltKnowledge, "sourceMap">,
): readonly StackFrame[] {
  if (sourceMap === null) return [];
  // What was inlined bears the name of what it was inlined into: a line alone is right.
  return stackFrames(diagnostic, { wasm: new Uint8Array(0), sourceMap, functions: null });
}

function diagnosticOf(result: ResultView): Diagnostic | null {
  return (result["diagnostic"] ?? null) as Diagnostic | null;
}

/** The failure of an evaluation, or undefined where it was good. */
export function failureIn(result: ResultView, next: string | null = null): CliError | undefined {
  if (result["exit"] === "ok") return undefined;
  const diagnostic = diagnosticOf(result);
  const at = diagnostic === null ? "no diagnostic is kept" : diagnosticLine(diagnostic);
  return new CliError("EVALUATION_FAILED", { at }, next);
}

interface MessageShape {
  readonly target: string | null;
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  readonly data: string | null;
  readonly dataBytes: string | null;
}

/** A result in lines. */
export function resultText(result: ShownResult): string {
  const { exit, gasUsed, output } = result;
  const lines = [`slot ${String(result["slot"])}  ${String(exit)}  ${String(gasUsed)} gas`];
  const diagnostic = diagnosticOf(result);
  if (diagnostic !== null) lines.push(`failed    ${diagnosticLine(diagnostic)}`);
  const { stack = [] } = result;
  // A single frame is the place itself.
  if (stack.length > 1) lines.push(stackText(stack));
  if (output !== null && output !== "") lines.push(`output    ${cut(String(output))}`);
  const outputBytes = String(result["outputBytes"] ?? "");
  if (output === null && outputBytes !== "") lines.push(`output    ${outputBytes.length} bytes`);
  const sent = listOf<MessageShape>(result["messages"]);
  for (const each of sent.slice(0, itemsMax)) lines.push(`message   ${messageText(each)}`);
  if (sent.length > itemsMax) lines.push(`          and ${sent.length - itemsMax} more`);
  const spawns = listOf<MessageShape>(result["spawns"]);
  for (const each of spawns.slice(0, itemsMax)) lines.push(`spawn     ${tagsText(each)}`);
  const logs = listOf<string>(result["logs"]);
  for (const line of logs.slice(0, itemsMax)) lines.push(`log       ${cut(line)}`);
  const { state, reason } = result["proof"] as { state: string; reason: string | null };
  lines.push(`proof     ${state}${reason === null ? "" : ` (${reason})`}`);
  return lines.join("\n");
}

function listOf<Item>(value: unknown): readonly Item[] {
  return Array.isArray(value) ? (value as Item[]) : [];
}

function messageText(message: MessageShape): string {
  const data = message.data ?? (message.dataBytes === null ? "" : "(bytes)");
  return `to ${message.target} ${tagsText(message)} ${cut(data)}`.trimEnd();
}

/** `Action=Credit-Notice Quantity=5`. */
export function tagsText(message: Pick<MessageShape, "tags">): string {
  return message.tags.map(({ name, value }) => `${name}=${cut(value)}`).join(" ");
}

function cut(text: string): string {
  return text.length <= textMax ? text : `${text.slice(0, textMax)}… (${text.length} characters)`;
}
