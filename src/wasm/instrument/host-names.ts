/**
 * What an instrumented module exports beside the process's own names. No process may use a name
 * that begins with `$`, so these cannot clash.
 *
 * | name | type | meaning |
 * |---|---|---|
 * | `$gas` | mut i64 | gas left; the host sets it, and a negative value at the end is a failure |
 * | `$stack` | mut i32 | slots left; the host sets it to the stack limit before each entry |
 * | `$fault` | mut i32 | 1 if the engine itself refused memory: the host's failure, no result |
 * | `$memoryCap` | mut i32 | pages the memory may grow to; the host sets it |
 * | `$dirty` | mut i64 | only with dirty tracking, see dirty-mask.ts |
 * | `$global0` … | mut | the mutable globals in declared order: with memory, the whole state |
 *
 * @module
 */

export const gasName = "$gas";
export const stackName = "$stack";
export const faultName = "$fault";
export const memoryCapName = "$memoryCap";
export const dirtyName = "$dirty";

/** The name of the mutable global at `position` among the mutable globals. */
export function globalName(position: number): string {
  return `$global${position}`;
}
