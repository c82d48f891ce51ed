/**
 * Bugs in what keeps two instances of one scheduler apart: leases, epochs, and what an instance knows
 * of a log that another one has written to.
 *
 * @module
 */

import type { StoreEngine } from "../../src/node/store/engine.ts";
import type {
  AppendOutcome,
  AppendRequest,
  LogStore,
  ProcessHead,
} from "../../src/node/store/ports/log-store.ts";
import { packRow, unpackRow } from "../../src/node/store/rows.ts";
import type { StoreRole } from "../../src/node/store/schema.ts";
import { idText } from "../../src/protocol/ids.ts";
import { type PlantedBug, replaced, rewired } from "./planted-bug.ts";

type LeaseRow = readonly [
  holder: string | null,
  epoch: number,
  count: number,
  place: string | null,
];

/** The scheduler's tables in which leases are written otherwise. */
function leasing(
  engine: StoreEngine,
  role: StoreRole,
  change: (row: LeaseRow) => LeaseRow,
): StoreEngine {
  if (role !== "scheduler") return engine;
  return rewired(engine, (tables) => ({
    put: (table, key, value) => {
      const isLease = table === "lease";
      const row = isLease ? packRow([...change(unpackRow<LeaseRow>(value, 4))]) : value;
      tables.put(table, key, row);
    },
  }));
}

/** A log that takes what it must fence, as if it were of the newest epoch. */
function lenient(log: LogStore): LogStore {
  const again = async (outcome: AppendOutcome, request: AppendRequest): Promise<AppendOutcome> => {
    if (outcome.kind !== "fenced") return outcome;
    const [taken] = await log.append([{ ...request, epoch: outcome.epoch }]);
    return taken ?? outcome;
  };
  return replaced(log, {
    append: async (requests) => {
      const outcomes: AppendOutcome[] = [];
      for (const [i, outcome] of (await log.append(requests)).entries()) {
        const request = requests[i];
        outcomes.push(request === undefined ? outcome : await again(outcome, request));
      }
      return outcomes;
    },
  });
}

export const fencingBugs: readonly PlantedBug[] = [
  {
    name: "takes over without a new epoch",
    isQuick: true,
    engine: (engine, role) =>
      leasing(engine, role, ([holder, , count, place]) => [holder, 0, count, place]),
    scheduler: (stores) => ({
      ...stores,
      lease: replaced(stores.lease, {
        acquire: async (...of) => {
          const lease = await stores.lease.acquire(...of);
          return lease === null ? null : { ...lease, epoch: 0 };
        },
        renew: (name, holder) => stores.lease.renew(name, holder, 0),
      }),
    }),
  },
  {
    name: "takes an append of an epoch that is over",
    scheduler: (stores) => ({ ...stores, log: lenient(stores.log) }),
  },
  {
    name: "keeps the head of a log in memory",
    scheduler: (stores) => {
      const kept = new Map<string, ProcessHead>();
      const head = async (process: Uint8Array): Promise<ProcessHead | null> => {
        const known = kept.get(idText(process)) ?? (await stores.log.head(process));
        if (known !== null) kept.set(idText(process), known);
        return known;
      };
      return { ...stores, log: replaced(stores.log, { head }) };
    },
  },
  {
    name: "keeps the next slot of a log through a takeover",
    scheduler: (stores) => {
      const kept = new Map<string, ProcessHead>();
      const note = ({ process, expectedSlot, ...rest }: AppendRequest): void => {
        const { epoch, entryHash, timestamp } = rest;
        kept.set(idText(process), { next: expectedSlot + 1, epoch, entryHash, timestamp });
      };
      const log = replaced(stores.log, {
        head: async (process) => kept.get(idText(process)) ?? (await stores.log.head(process)),
        append: async (requests) => {
          const outcomes = await stores.log.append(requests);
          for (const [i, request] of requests.entries()) {
            if (outcomes[i]?.kind === "appended") note(request);
          }
          return outcomes;
        },
      });
      return { ...stores, log };
    },
  },
  {
    name: "takes its own looks at a lease for signs of life",
    engine: (engine, role) => {
      let looks = 0;
      return role === "scheduler"
        ? rewired(engine, (tables) => ({
            get: (table, key) => {
              const stored = tables.get(table, key);
              if (table !== "lease" || stored === null) return stored;
              const [holder, epoch, , place] = unpackRow<LeaseRow>(stored, 4);
              return packRow([holder, epoch, looks++, place]);
            },
          }))
        : engine;
    },
  },
];
