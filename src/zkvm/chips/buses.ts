/**
 * The buses between the tables (spec/14-zkvm.md §7), and what the CPU shows on the host's.
 *
 * @module
 */

/** Bus numbers; the tuple of each is described in the specification. */
export const buses = {
  /** place, flags, operation, a, b, w, low, high, offset, target, gas. */
  program: 0,
  /** cell, time, low, high. */
  memory: 1,
  /** a number below 2^16. */
  range: 2,
  /** two bytes and their conjunction. */
  bytes: 3,
  /** a 16-bit number, its counts of zeros and ones, its power of two. */
  count: 4,
  /** operation, a, b, w by limbs. */
  operation: 5,
  /** bytes, is load, clock, address and value by limbs, pages. */
  access: 6,
  /**
   * kind, operation, clock, a and b by limbs, gas, pages; at a border place, frame and slots are
   * where the operation and b's limbs are.
   */
  host: 7,
} as const;

/** Kinds on the host's bus. */
export const hostKinds = {
  receive: 1,
  halt: 2,
  outOfBounds: 4,
  outOfStack: 8,
  outOfGas: 16,
  /** The run goes on in another segment. */
  pause: 32,
} as const;
