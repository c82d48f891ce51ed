/**
 * The sizes of a process module and of its run (spec/06-execution.md §2.3, spec/07-metering.md §4).
 *
 * @module
 */

/** Bounds that a process module must keep; the names are the `item` of `LIMIT_EXCEEDED`. */
export const processLimits = {
  moduleBytes: 1_048_576,
  functions: 8192,
  bodyBytes: 131_072,
  parameters: 64,
  locals: 1024,
  operandStack: 1024,
  nesting: 256,
  branchLabels: 4096,
  tableElements: 8192,
  initialPages: 1024,
  globals: 1024,
  dataSegments: 4096,
} as const;

/** The most pages a process may ever have: 256 MiB. */
export const memoryPagesMax = 4096;

/** Slots of stack that one entry from the host may use. */
export const stackSlotsMax = 200_000;

export const pageBytes = 65_536;
