/**
 * Bugs that make a liar of a scheduler: what it has signed once is not what its log is later. Those who
 * look on must meet them with evidence that convicts.
 *
 * @module
 */

import { type PlantedBug, replaced } from "./planted-bug.ts";

/** Entries from which on a log is read in another order. */
const forkedFrom = 3;

export const lyingBugs: readonly PlantedBug[] = [
  {
    // While it runs its tree is in memory; when it starts again it signs another history.
    name: "forks its log when it starts again",
    scheduler: (stores) => ({
      ...stores,
      log: replaced(stores.log, {
        leaves: async (from, limit) => {
          const leaves = await stores.log.leaves(from, limit);
          const [first, second, ...rest] = leaves;
          const isForked = from === 1 && leaves.length >= forkedFrom;
          if (!isForked || first === undefined || second === undefined) return leaves;
          return [second, first, ...rest];
        },
      }),
    }),
  },
];
