/**
 * Where a process ends that breaks one of its own rules (spec/06-execution.md §3, abort). The
 * compiler calls this for every failed `assert` and every `throw`: the record is left at a fixed
 * address below the data, the host reads it before it rolls the memory back, and nothing is imported.
 *
 * @module
 */

/** Record at 16: message pointer | file pointer | line | column, each u32 little-endian. */
const abortRecordPointer: usize = 16;

export function aborted(
  message: string | null,
  fileName: string | null,
  line: u32,
  column: u32,
): void {
  store<u32>(abortRecordPointer, <u32>changetype<usize>(message), 0);
  store<u32>(abortRecordPointer, <u32>changetype<usize>(fileName), 4);
  store<u32>(abortRecordPointer, line, 8);
  store<u32>(abortRecordPointer, column, 12);
  unreachable();
}
