/**
 * From a place in the instrumented module to the place in the original, and so to a line of source:
 * a source map of a binary module has the byte offset as its column.
 *
 * @module
 */

import { decodeModule } from "../binary/decode.ts";
import type { InstrumentedModule } from "./instrument-module.ts";

/** Pairs of byte offsets in ascending order of `instrumented`, one for each copied instruction. */
export interface OffsetMap {
  readonly instrumented: Uint32Array;
  readonly original: Uint32Array;
}

/** Computes the pairs by decoding the instrumented module: wanted only when something trapped. */
export function offsetMap(instrumented: InstrumentedModule): OffsetMap {
  const from: number[] = [];
  const to: number[] = [];
  decodeModule(instrumented.bytes).functions.forEach(({ code }, index) => {
    const originals = instrumented.module.functions[index]!.code.offsets;
    for (let i = 0; i < code.length; i++) {
      if (originals[i] === 0) continue;
      from.push(code.offsets[i]!);
      to.push(originals[i]!);
    }
  });
  return { instrumented: Uint32Array.from(from), original: Uint32Array.from(to) };
}

/**
 * The original offset for a byte offset that an engine reports: that of the nearest copied
 * instruction at or before it; null before the first one.
 */
export function originalOffset(map: OffsetMap, offset: number): number | null {
  let low = 0;
  let high = map.instrumented.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (map.instrumented[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : map.original[low - 1]!;
}
