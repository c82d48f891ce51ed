/**
 * The zkVM's tables as one system (spec/14-zkvm.md §7), and its verifying key. The key's fixed root is
 * a constant: a test computes it from the fixed columns.
 *
 * @module
 */

import { createVerifyingKey, type VerifyingKey } from "../stark/key.ts";
import { P100 } from "../stark/parameters.ts";
import { compileSystem, type System, type TableInput } from "../stark/system.ts";
import { bitwiseAir } from "./chips/bitwise/constraints.ts";
import { comparisonAir } from "./chips/comparison/constraints.ts";
import { countingAir } from "./chips/counting/constraints.ts";
import { cpuAir } from "./chips/cpu/constraints.ts";
import { fixedAir } from "./chips/fixed/constraints.ts";
import { framesAir } from "./chips/frames/constraints.ts";
import { memoryAir } from "./chips/memory/constraints.ts";
import { multiplicationAir } from "./chips/multiplication/constraints.ts";
import { refreshAir } from "./chips/refresh/constraints.ts";

/** The tables in their order, each with the logarithms of its least and greatest height. */
const tables: readonly TableInput[] = [
  { air: cpuAir, logHeight: { min: 4, max: 18 } },
  { air: memoryAir, logHeight: { min: 4, max: 18 } },
  { air: bitwiseAir, logHeight: { min: 4, max: 18 } },
  { air: comparisonAir, logHeight: { min: 4, max: 18 } },
  { air: countingAir, logHeight: { min: 4, max: 18 } },
  { air: multiplicationAir, logHeight: { min: 4, max: 18 } },
  { air: refreshAir, logHeight: { min: 4, max: 18 } },
  { air: framesAir, logHeight: { min: 4, max: 18 } },
  { air: fixedAir, logHeight: { min: 16, max: 16 } },
];

/** Position of each table. */
export const tableIndex = {
  cpu: 0,
  memory: 1,
  bitwise: 2,
  comparison: 3,
  counting: 4,
  multiplication: 5,
  refresh: 6,
  frames: 7,
  fixed: 8,
} as const;

export type TableName = keyof typeof tableIndex;

/** Most bus terms that one statement has: rows of the program that ran, words of the state. */
export const publicTermsMax: number = 2 ** 21;

export const system: System = compileSystem({ tables, parameters: P100, publicTermsMax });

/** Root over the fixed columns, eight words. */
const fixedRoot: readonly number[] = [
  1_102_191_665, 3_861_422_127, 1_128_334_073, 1_767_167_983, 134_784_823, 4_184_361_740,
  1_245_112_627, 410_865_317,
];

export const verifyingKey: VerifyingKey = createVerifyingKey(system, Uint32Array.from(fixedRoot));
