/**
 * Looks for the first seed in which something that must never be is seen.
 *
 * @module
 */

import type { Violation } from "./history.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { runSeed } from "./simulation.ts";

/** The seed that showed the bug, and what it showed; null where none did. */
export async function findBug(
  bug: PlantedBug,
  seeds: { readonly from: number; readonly count: number },
): Promise<{ readonly seed: number; readonly violation: Violation } | null> {
  for (let seed = seeds.from; seed < seeds.from + seeds.count; seed++) {
    const { violations } = await runSeed(seed, { bug });
    const [violation] = violations;
    if (violation !== undefined) return { seed, violation };
  }
  return null;
}
