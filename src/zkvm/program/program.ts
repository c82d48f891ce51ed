/**
 * Programs of the register machine (spec/14-zkvm.md §3): rows of flags, three operand places and
 * immediates. A program is public: the verifier derives it from the module by the same code.
 *
 * @module
 */

/**
 * What a row does, one bit each. Value rows set w: `add` a + b, `sub` a - b, `equal` and `below`
 * (unsigned) a bit, turned by `negate`; `move` b; `advise` anything; `operate` what a chip says;
 * `load`; `pages`. Others say what happens to the machine: see the constraints of the CPU.
 */
export const flagNames = [
  "add",
  "sub",
  "equal",
  "below",
  "negate",
  "move",
  "advise",
  "operate",
  "load",
  "store",
  "branch",
  "jump",
  "jumpIndexed",
  "call",
  "return",
  "enter",
  "charge",
  "grow",
  "pages",
  "receive",
  "halt",
  "aOn",
  "bOn",
  "wOn",
  "aFrame",
  "bFrame",
  "wFrame",
] as const;

export type FlagName = (typeof flagNames)[number];

/** The bit of each flag. */
export const Flag: Readonly<Record<FlagName, number>> = Object.fromEntries(
  flagNames.map((name, bit) => [name, 2 ** bit]),
) as Record<FlagName, number>;

/** Chips' operations on (a, b); `operation` of a row with `operate`. */
export const Operation = {
  and: 1,
  or: 2,
  xor: 3,
  belowSigned: 4,
  notBelowSigned: 5,
  clz: 6,
  ctz: 7,
  popcnt: 8,
  powerOfTwo: 9,
  multiply: 10,
  multiplyHigh: 11,
  divide: 12,
  remainder: 13,
} as const;

/** `operation` of a load or store: bytes. */
export type AccessBytes = 1 | 2 | 4;

/** `operation` of a halt. */
export const Halt = { done: 0, trap: 1 } as const;

/** What the machine may be advised of: halves of quotient and remainder of 64 bits. */
export const Advice = {
  quotientLow: 0,
  quotientHigh: 1,
  remainderLow: 2,
  remainderHigh: 3,
} as const;

/** The fields of a row, in the order in which they stand on the program bus after the place. */
export const rowFields = [
  "flags",
  "operation",
  "a",
  "b",
  "w",
  "low",
  "high",
  "offset",
  "target",
  "gas",
] as const;

/**
 * One row. Places `a`, `b`, `w` are cells, relative to the frame where their flag says so; `low` and
 * `high` are the limbs of b where b is no place; `offset` is added to a load's or store's address,
 * and counts slots or cells in `enter`, `return` and `call`; `target` is a row.
 */
export type Row = Readonly<Record<(typeof rowFields)[number], number>>;

/** Rows by their place. */
export interface Program {
  readonly rows: readonly Row[];
  /** Where each function of the module begins. */
  readonly functions: readonly number[];
  /** A row that halts with a trap. */
  readonly trap: number;
  /** Slots of stack that one entry of the host may use. */
  readonly stackLimit: number;
}

/** Most rows of a program. */
export const programRowsMax: number = 2 ** 21;

/** A place where no program has a row: what jumps there has no proof. */
export const nowhere: number = 2 ** 24;

/** Gas that may wait for a row; a row costs at most twice that, and 2^20 rows less than 2^28. */
export const rowGasMax = 127;
