/**
 * What one run of a process comes to before it is judged (spec/06-execution.md §3 and §7), and the
 * diagnostics of a failed one. Diagnostics are never committed: they may depend on the engine.
 *
 * @module
 */

import type { Diagnostic } from "../protocol/judge.ts";

/** The closed list of diagnostic reasons that the runtime gives. */
export type FailureReason =
  | "gas"
  | "stack"
  | "trap"
  | "abort"
  /** `alloc` or `handle` named bytes that are not in memory, or not aligned. */
  | "memory-range"
  /** The module begins with more memory than its process may have. */
  | "memory-limit"
  /** More bytes were returned than any output may have. */
  | "output";

/** A run; what failed carries why, and where in the raw module if the engine said so. */
export type RunOutcome =
  | { readonly ok: true; readonly returned: Uint8Array; readonly gasUsed: number }
  | {
      readonly ok: false;
      readonly diagnostic: Diagnostic & { readonly reason: FailureReason };
      /**
       * Byte offsets in the raw module, that of the failure first and then those of the calls that led
       * there: columns of a source map of the binary module. Empty where the engine said none.
       */
      readonly moduleOffsets: readonly number[];
    };

export type FailedRun = Extract<RunOutcome, { ok: false }>;

/** A failure with nothing to say but its reason. */
export function failedRun(
  reason: FailureReason,
  text: string,
  moduleOffsets: readonly number[] = [],
): FailedRun {
  const diagnostic = { reason, text: text.slice(0, 1000), file: null, line: null, column: null };
  return { ok: false, diagnostic, moduleOffsets };
}

/** Where `--use abort=` of the SDK leaves its four words, all u32 little-endian. */
const abortRecord = 16;
const abortRecordBytes = 16;

const abortTextUnitsMax = 1000;
const abortFileUnitsMax = 300;

/**
 * What the SDK's abort left at address 16 before it trapped, or null where the record is as it was
 * before the run, so that the trap has another cause. Pointers are the guest's: nothing is trusted.
 */
export function abortedRun(
  live: Uint8Array,
  before: Uint8Array,
  moduleOffsets: readonly number[],
): FailedRun | null {
  const end = abortRecord + abortRecordBytes;
  if (live.length < end) return null;
  let changed = false;
  for (let i = abortRecord; i < end; i++) changed ||= live[i] !== before[i];
  if (!changed) return null;
  const view = new DataView(live.buffer, live.byteOffset, live.length);
  const word = (position: number): number => view.getUint32(abortRecord + 4 * position, true);
  const file = stringAt(live, word(1), abortFileUnitsMax);
  return {
    ok: false,
    diagnostic: {
      reason: "abort",
      text: stringAt(live, word(0), abortTextUnitsMax) ?? "abort",
      file,
      line: file === null ? null : word(2),
      column: file === null ? null : word(3),
    },
    moduleOffsets,
  };
}

/** An AssemblyScript string: UTF-16 at the pointer, its byte length in the word before. */
function stringAt(memory: Uint8Array, pointer: number, unitsMax: number): string | null {
  if (pointer < 4 || pointer > memory.length) return null;
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const byteLength = view.getUint32(pointer - 4, true);
  if (byteLength % 2 !== 0 || pointer + byteLength > memory.length) return null;
  const units = memory.subarray(pointer, pointer + Math.min(byteLength, 2 * unitsMax));
  // Lone surrogates become U+FFFD, so that the text has UTF-8 bytes.
  return new TextDecoder("utf-16le").decode(units);
}

/**
 * The byte offsets in the instrumented module of the frames, innermost first, that are of the first
 * `functionCount` functions (the process's own), from an engine's stack text, which names ten at most.
 */
export function trapOffsets(stack: string | undefined, functionCount: number): readonly number[] {
  const frames = (stack ?? "").matchAll(/wasm-function\[(\d+)\]:0x([0-9a-f]+)/g);
  return [...frames]
    .filter(([, index]) => Number(index) < functionCount)
    .map(([, , offset]) => Number.parseInt(offset ?? "", 16));
}
