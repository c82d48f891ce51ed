/**
 * The compiler's syntax tree, as far as the explaining build reads and changes it.
 *
 * @module
 */

export interface SourceFile {
  /** Without `.ts`; of libraries with `~lib/` before it. */
  readonly internalPath: string;
  readonly statements: readonly object[];
}

export interface SourceRange {
  readonly start: number;
  readonly end: number;
  readonly source: { readonly text: string };
}

/** An expression; which of the fields it has depends on its kind. */
export interface Expression {
  readonly kind: number;
  readonly range: SourceRange;
  readonly operator: number;
  expression: Expression;
  operand: Expression;
  left: Expression;
  right: Expression;
}

export interface Call {
  readonly kind: number;
  readonly range: SourceRange;
  readonly expression: { readonly kind: number; readonly text?: string };
  args: Expression[];
}

/** All calls below some nodes, in the order of the source. */
export function callsIn(nodes: readonly object[], callKind: number | undefined): readonly Call[] {
  const found: Call[] = [];
  const seen = new Set<unknown>();
  const waiting: unknown[] = [...nodes];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (seen.has(next) || !isNode(next)) continue;
    seen.add(next);
    if (next.kind === callKind) found.push(next as Call);
    for (const part of Object.values(next)) waiting.push(...(Array.isArray(part) ? part : [part]));
  }
  return found.sort((left, right) => left.range.start - right.range.start);
}

/** A part of the tree: no place, no file, no number. */
function isNode(part: unknown): part is { readonly kind: number } {
  return typeof part === "object" && part !== null && "kind" in part && "range" in part;
}
