/**
 * What the end of a run means (spec/14-zkvm.md §5): ok, failed, or no end that a proof may have.
 *
 * @module
 */

import { memoryPageBytes, outputBytesMax } from "../protocol/limits.ts";
import { hostKinds } from "./chips/buses.ts";
import type { HostRow } from "./evidence.ts";
import { Halt } from "./program/program.ts";

/** The returned bytes' place in memory, or that the step failed. */
export type EndOfStep =
  | { readonly ok: true; readonly pointer: number; readonly length: number }
  | { readonly ok: false };

/** Null where the row shows no end: a run that is cut off has used more than its gas, or goes on. */
export function judgeEnd(end: HostRow, gasLimit: number): EndOfStep | null {
  const failures: readonly number[] = [hostKinds.outOfBounds, hostKinds.outOfStack];
  if (failures.includes(end.kind)) return { ok: false };
  if (end.kind === hostKinds.outOfGas) return end.gas > gasLimit ? { ok: false } : null;
  if (end.kind !== hostKinds.halt) return null;
  if (end.operation === Halt.trap) return { ok: false };
  if (end.operation !== Halt.done) return null;
  if ([end.aLow, end.aHigh, end.bLow, end.bHigh].some((limb) => limb > 0xffff)) return null;
  const length = end.aLow + 65_536 * end.aHigh;
  const pointer = end.bLow + 65_536 * end.bHigh;
  const fits = pointer + length <= end.pages * memoryPageBytes && length <= outputBytesMax;
  return end.gas <= gasLimit && fits ? { ok: true, pointer, length } : { ok: false };
}
