/**
 * From a byte of a module to a line of its source. A source map of the compiler has one line, whose
 * columns are byte offsets in the binary (diagnostics, spec/06-execution.md §7).
 *
 * @module
 */

import { SourceMapConsumer } from "source-map-js";

/** A place in a source file; lines and columns count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Instructions that the optimiser made have no place of their own; one nearby before them has. */
const bytesBackMax = 64;
/** An inlined function lies behind the line that called it. `Map.get`, a long one, is 204 bytes. */
const inlinedBytesMax = 512;

/**
 * The place of a byte of the module, or null where none is known. With `isWanted`, the nearest place
 * before it that is in such a file: from within inlined code, the line that called it.
 */
export type Locate = (
  byteOffset: number,
  isWanted?: (file: string) => boolean,
) => SourceLocation | null;

/** Answers many offsets of one module. */
export function createLocator(sourceMap: string): Locate {
  const consumer = new SourceMapConsumer(JSON.parse(sourceMap));
  return (byteOffset, isWanted) => {
    const bytesBack = isWanted === undefined ? bytesBackMax : inlinedBytesMax;
    const floor = Math.max(0, byteOffset - bytesBack);
    for (let column = byteOffset; column >= floor; column--) {
      const found = consumer.originalPositionFor({ line: 1, column });
      if (found.source === null || found.line === null) continue;
      if (isWanted !== undefined && !isWanted(found.source)) continue;
      return { file: found.source, line: found.line, column: (found.column ?? 0) + 1 };
    }
    return null;
  };
}

/** The source of the instruction at a byte offset of the module, or null where none is known. */
export function locate(sourceMap: string, byteOffset: number): SourceLocation | null {
  return createLocator(sourceMap)(byteOffset);
}
