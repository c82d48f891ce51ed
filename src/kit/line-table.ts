/**
 * Lines of source for all instructions of a module, read from its source map at once: for those who
 * ask for thousands. A function never takes a line from the one before it.
 *
 * @module
 */

import { SourceMapConsumer } from "source-map-js";
import type { SourceLocation } from "./compile-locate.ts";

/** The place of the instruction at a byte offset in a body that begins at another. */
export type LineOf = (offset: number, bodyOffset: number) => SourceLocation | null;

/** Without a source map nothing has a place. */
export function lineTable(sourceMap: string | null): LineOf {
  if (sourceMap === null) return () => null;
  const columns: number[] = [];
  const places: SourceLocation[] = [];
  new SourceMapConsumer(JSON.parse(sourceMap)).eachMapping((mapping) => {
    const { source, originalLine: line, originalColumn, generatedColumn } = mapping;
    if (source === null || line === null) return;
    columns.push(generatedColumn);
    places.push({ file: source, line, column: (originalColumn ?? 0) + 1 });
  });
  return (offset, bodyOffset) => {
    const at = lastUpTo(columns, offset);
    // Before the first place of its own, code belongs to the function's first line.
    const own =
      at >= 0 && (columns[at] ?? 0) >= bodyOffset ? at : lastUpTo(columns, bodyOffset - 1) + 1;
    return places[own] ?? null;
  };
}

/** The index of the last number that is not above `value`; −1 where all are. */
function lastUpTo(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
