/**
 * What the build says to a developer: a code, a file, a line and a column, and the line itself with
 * the place underlined. Never a position in generated code.
 *
 * @module
 */

/** One finding. Lines and columns count from 1. */
export interface CompileDiagnostic {
  readonly severity: "error" | "warning";
  /**
   * `AS<number>` of the compiler; `ENTRY_NOT_FOUND`, `ENTRY_SHAPE`; `LINT_…`; or the code of the
   * process profile.
   */
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The source line with the place underlined; empty where there is no source. */
  readonly frame: string;
}

/** A place in a source text. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place of a character. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}

/** The line at `place` with `length` characters underlined. */
export function frameOf(text: string, place: Place, length: number): string {
  const line = text.split("\n")[place.line - 1] ?? "";
  const gutter = `${place.line} | `;
  const blank = " ".repeat(String(place.line).length);
  const underlined = Math.max(1, Math.min(length, line.length - place.column + 1));
  // Tabs are kept, so that the mark stands under its place in any terminal.
  const indent = line.slice(0, place.column - 1).replace(/[^\t]/g, " ");
  return `${gutter}${line}\n${blank} | ${indent}${"^".repeat(underlined)}`;
}

/** One line, then the frame: what a terminal shows. */
export function formatDiagnostic(diagnostic: CompileDiagnostic): string {
  const { file, line, column, severity, code, message, frame } = diagnostic;
  const head = `${file}:${line}:${column} ${severity} ${code}: ${message}`;
  return frame === "" ? head : `${head}\n${frame}`;
}
