/**
 * Where in the source an evaluation failed: an abort says it itself, of a trap only the byte of the
 * module is known, and a source map turns that into a line.
 *
 * @module
 */

import type { Diagnostic } from "../protocol/judge.ts";
import type { SourceLocation } from "./compile-locate.ts";

const offsetText = / \(module offset (\d+)\)$/;

/** The byte of the module that a diagnostic names; null where it names none, or a line already. */
export function moduleOffsetOf(diagnostic: Diagnostic): number | null {
  if (diagnostic.file !== null) return null;
  const found = offsetText.exec(diagnostic.text);
  return found === null ? null : Number(found[1]);
}

/** The diagnostic with its place in the source. */
export function placedDiagnostic(diagnostic: Diagnostic, place: SourceLocation | null): Diagnostic {
  if (diagnostic.file !== null || place === null) return diagnostic;
  return { ...diagnostic, ...place, text: diagnostic.text.replace(offsetText, "") };
}

/** `file:line:column reason: text`, as editors and terminals understand it. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  const { file, line, column, reason, text } = diagnostic;
  const place = file === null ? "" : `${file}:${line ?? 1}:${column ?? 1} `;
  return `${place}${reason}: ${text}`;
}
