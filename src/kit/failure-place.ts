/**
 * Where in the source an evaluation failed: an abort says it itself, of a trap only bytes of the
 * module are known, and a source map turns those into lines. What counts is the developer's own line:
 * where a library failed, the call that led into it.
 *
 * @module
 */

import type { Diagnostic } from "../protocol/judge.ts";
import type { Locate, SourceLocation } from "./compile-locate.ts";
import { generatedEntry } from "./compile-sources.ts";

const offsetsText = / \(module offset (\d+(?:, \d+)*)\)$/;
const libraryPrefix = "~lib/";

/** The bytes of the module that a diagnostic names, that of the failure first. */
export function moduleOffsetsOf(diagnostic: Diagnostic): readonly number[] {
  const found = offsetsText.exec(diagnostic.text);
  return (found?.[1] ?? "").split(", ").filter(Boolean).map(Number);
}

/** The diagnostic with its place in the source, as far as `locate` knows it. */
export function placedDiagnostic(diagnostic: Diagnostic, locate: Locate): Diagnostic {
  const offsets = moduleOffsetsOf(diagnostic);
  const places = offsets.map((offset) => locate(offset)).filter((place) => place !== null);
  const said = ownPlace(diagnostic);
  const called = places.find(({ file }) => isDevelopers(file));
  const own = said ?? called ?? inlinedCallOf(offsets, locate);
  const text = diagnostic.text.replace(offsetsText, "");
  const { file, line } = diagnostic;
  if (own === null) {
    // No line of the developer's is near: then the library's is all there is.
    const known = file === null ? places[0] : { file };
    return known === undefined ? diagnostic : { ...diagnostic, ...known, text };
  }
  const within = said === null && file !== null ? ` (in ${file}:${line})` : "";
  // Below the first line an assertion tells its values.
  const [reason = "", ...values] = text.split("\n");
  return { ...diagnostic, ...own, text: [reason + within, ...values].join("\n") };
}

/**
 * The line before inlined library code. The outermost function that the generated entry called is the
 * developer's own; further in, what stands before a library's byte may be another function's end.
 */
function inlinedCallOf(offsets: readonly number[], locate: Locate): SourceLocation | null {
  const isBelowEntry = (offset: number): boolean => {
    const place = locate(offset);
    return place !== null && place.file !== generatedEntry;
  };
  const outermost = offsets.findLast(isBelowEntry);
  return outermost === undefined ? null : locate(outermost, isDevelopers);
}

/** A file of the project, and no library's. */
export function isDevelopers(file: string): boolean {
  return !file.startsWith(libraryPrefix) && file !== generatedEntry;
}

/** The place that an abort itself names, if it is in the developer's files. */
function ownPlace({ file, line, column }: Diagnostic): SourceLocation | null {
  if (file === null || line === null || !isDevelopers(file)) return null;
  return { file, line, column: column ?? 1 };
}

/** `file:line:column reason: text`, as editors and terminals understand it. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  const { file, line, column, reason, text } = diagnostic;
  const place = file === null ? "" : `${file}:${line ?? 1}:${column ?? 1} `;
  return `${place}${reason}: ${text}`;
}
