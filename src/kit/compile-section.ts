/**
 * Takes a custom section out of a module. The compiler appends the URL of the source map, which says
 * nothing about the program and would change the module's id with the name of a file.
 *
 * @module
 */

import { concatBytes, utf8Text } from "../base/bytes.ts";

const headerBytes = 8;
const customSection = 0;

/** The module without its custom sections of that name; all other bytes stay as they are. */
export function dropSection(wasm: Uint8Array, name: string): Uint8Array {
  const kept: Uint8Array[] = [wasm.subarray(0, headerBytes)];
  for (let at = headerBytes; at < wasm.length; ) {
    const size = readUnsigned(wasm, at + 1);
    const end = size.end + size.value;
    if (wasm[at] !== customSection || sectionName(wasm, size.end) !== name) {
      kept.push(wasm.subarray(at, end));
    }
    at = end;
  }
  return concatBytes(...kept);
}

function sectionName(wasm: Uint8Array, at: number): string | null {
  const length = readUnsigned(wasm, at);
  return utf8Text(wasm.subarray(length.end, length.end + length.value));
}

/** An unsigned LEB128 integer below 2^32 and where it ends. */
function readUnsigned(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  return { value, end: at };
}
