/**
 * The calls that led to a failure, innermost first, at their lines of the source. Calls within libraries
 * and the generated entry are left out: nobody looks for a mistake there.
 *
 * @module
 */

import type { Diagnostic } from "../protocol/judge.ts";
import { decodeModule } from "../wasm/binary/decode.ts";
import { shortName } from "./compile-debug.ts";
import { createLocator, type SourceLocation } from "./compile-locate.ts";
import { isDevelopers, moduleOffsetsOf } from "./failure-place.ts";

/** One call. */
export interface StackFrame extends SourceLocation {
  /** `receive`, `Ledger#transfer`; null where the build tells no names. */
  readonly function: string | null;
}

/** What is known of the module that failed. */
export interface KnownModule {
  readonly wasm: Uint8Array;
  readonly sourceMap: string;
  /** By function index, where nothing was inlined: else a function's code is also that of others. */
  readonly functions: readonly string[] | null;
}

/** The frames of a diagnostic that names bytes of the module. */
export function stackFrames(diagnostic: Diagnostic, known: KnownModule): readonly StackFrame[] {
  const offsets = moduleOffsetsOf(diagnostic);
  if (offsets.length === 0) return [];
  const locate = createLocator(known.sourceMap);
  const nameOf = functionNames(known);
  return offsets.flatMap((offset) => {
    const place = locate(offset);
    if (place === null || !isDevelopers(place.file)) return [];
    return [{ ...place, function: nameOf(offset) }];
  });
}

function functionNames({ wasm, functions }: KnownModule): (offset: number) => string | null {
  if (functions === null) return () => null;
  const bodies = decodeModule(wasm).functions;
  return (offset) => {
    const index = bodies.findLastIndex((body) => body.offset <= offset);
    const name = functions[index];
    return name === undefined ? null : shortName(name);
  };
}

/** `    at transfer (assembly/ledger.ts:12:3)`, a line each. */
export function stackText(frames: readonly StackFrame[]): string {
  return frames
    .map(({ function: name, file, line, column }) => {
      const place = `${file}:${line}:${column}`;
      return name === null ? `    at ${place}` : `    at ${name} (${place})`;
    })
    .join("\n");
}
