/**
 * Bugs that the simulation must find: each wraps something that a unit stands on so that it breaks its
 * contract. No unit has a switch for them.
 *
 * @module
 */

import type { EvaluationAnswer, EvaluationPool } from "../../compute-unit/index.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import type { StoreEngine } from "../../src/node/store/engine.ts";
import { type Result, resultRecord } from "../../src/protocol/result.ts";
import { type PlantedBug, replaced, rewired } from "./planted-bug.ts";
import { fencingBugs } from "./planted-fencing-bugs.ts";
import { lyingBugs } from "./planted-lies.ts";
import { person } from "./workload.ts";

/** The scheduler's tables without any memory of messages. */
function forgetful(engine: StoreEngine): StoreEngine {
  return rewired(engine, (tables) => ({
    get: (table, key) => (table === "seen" ? null : tables.get(table, key)),
  }));
}

/** An evaluation whose results are others. */
function falsified(pool: EvaluationPool, change: (result: Result) => Result): EvaluationPool {
  return {
    run: async (key, job) => {
      const answer: EvaluationAnswer = await pool.run(key, job);
      if (answer.kind !== "evaluated") return answer;
      const outputs = answer.outputs.map((output) => ({
        ...output,
        result: resultRecord.encode(change(resultRecord.decode(output.result))),
      }));
      return { ...answer, outputs };
    },
  };
}

/** What the scheduler and its database do wrong. */
const schedulerBugs: readonly PlantedBug[] = [
  {
    name: "acknowledges a slot before it is durable",
    isQuick: true,
    scheduler: (stores, { clock }) => ({
      ...stores,
      log: replaced(stores.log, {
        append: async (requests) => {
          clock
            .sleep(25)
            .then(() => stores.log.append(requests))
            .catch(() => undefined);
          return requests.map(({ expectedSlot: slot }) => ({
            kind: "appended",
            slot,
            treeIndex: 1,
          }));
        },
      }),
    }),
  },
  {
    name: "forgets which messages have a slot",
    isQuick: true,
    engine: (engine, role) => (role === "scheduler" ? forgetful(engine) : engine),
  },
  {
    name: "lets the time of a log fall",
    scheduler: (stores) => ({
      ...stores,
      log: replaced(stores.log, {
        head: async (process) => {
          const head = await stores.log.head(process);
          return head === null ? null : { ...head, timestamp: 0 };
        },
      }),
    }),
  },
  {
    name: "signs heads of the log in another order",
    scheduler: (stores) => ({
      ...stores,
      log: replaced(stores.log, {
        leaves: async (...of) => (await stores.log.leaves(...of)).toReversed(),
      }),
    }),
  },
  {
    name: "serves a log with a hole",
    isQuick: true,
    scheduler: (stores) => ({
      ...stores,
      log: replaced(stores.log, {
        range: async (...of) => {
          const entries = await stores.log.range(...of);
          return entries.filter((_, i) => entries.length < 3 || i !== 1);
        },
      }),
    }),
  },
];

/** What the messenger and its stores do wrong. */
const messengerBugs: readonly PlantedBug[] = [
  {
    name: "pushes before it is written down what there is to push",
    messenger: (stores, { clock }) => ({
      ...stores,
      pushes: replaced(stores.pushes, {
        record: async (record) => {
          clock
            .sleep(1_000)
            .then(() => stores.pushes.record(record))
            .catch(() => undefined);
          return "recorded";
        },
      }),
    }),
  },
  {
    name: "gives up a push that met a failure",
    messenger: (stores) => ({
      ...stores,
      pushes: replaced(stores.pushes, { retry: (claim) => stores.pushes.done([claim]) }),
    }),
  },
  {
    name: "never looks for pushes that another clock had put off",
    messenger: (stores) => ({
      ...stores,
      pushes: replaced(stores.pushes, { hurry: async () => 0 }),
    }),
  },
  {
    name: "loses the last message of an outbox of three",
    isQuick: true,
    messenger: (stores) => ({
      ...stores,
      pushes: replaced(stores.pushes, {
        record: (record) => stores.pushes.record({ ...record, items: record.items.slice(0, 2) }),
      }),
    }),
  },
  {
    name: "lets messages to one target overtake each other",
    messenger: (stores) => ({
      ...stores,
      pushes: replaced(stores.pushes, {
        record: (record) => {
          const items = record.items.map((item) =>
            equalBytes(item.target, person) ? item : { ...item, target: item.messageId },
          );
          return stores.pushes.record({ ...record, items });
        },
      }),
    }),
  },
  {
    name: "forgets at a restart which results it waits for",
    isQuick: true,
    messenger: (stores) => ({
      ...stores,
      messages: replaced(stores.messages, { unevaluated: async () => [] }),
    }),
  },
  {
    name: "forgets at a restart what has no slot",
    messenger: (stores) => ({
      ...stores,
      messages: replaced(stores.messages, { unassigned: async () => [] }),
    }),
  },
  {
    name: "acknowledges before it has noted the slot",
    messenger: (stores, { clock }) => ({
      ...stores,
      messages: replaced(stores.messages, {
        assign: async (...of) => {
          clock
            .sleep(1_000)
            .then(() => stores.messages.assign(...of))
            .catch(() => undefined);
          return true;
        },
      }),
    }),
  },
];

/** What compute units and their machines do wrong, and what everyone may. */
const computeBugs: readonly PlantedBug[] = [
  {
    name: "believes every signature",
    isQuick: true,
    verifier: { verify: async (claims) => claims.map(() => true) },
  },
  {
    name: "comes to another state than the other unit",
    pool: (pool, { name }) =>
      name === "compute-1"
        ? falsified(pool, (result) => ({ ...result, postRoot: result.postRoot.map((b) => b ^ 1) }))
        : pool,
  },
  {
    name: "counts half the gas, so that a budget lasts twice",
    isQuick: true,
    pool: (pool) =>
      falsified(pool, (result) => ({ ...result, gasUsed: Math.floor(result.gasUsed / 2) })),
  },
  {
    name: "moves its cursor one slot too far",
    isQuick: true,
    compute: (stores) => ({
      ...stores,
      results: replaced(stores.results, {
        put: (batch, { cursor, ...together } = {}) =>
          stores.results.put(batch, {
            ...together,
            ...(cursor && { cursor: { ...cursor, nextSlot: cursor.nextSlot + 1 } }),
          }),
      }),
    }),
  },
  {
    name: "attests before a head covers the entry",
    isQuick: true,
    gate: (gate) => ({ covered: () => Promise.resolve(true), stop: () => gate.stop() }),
  },
  {
    name: "loses the last attestation of a batch",
    isQuick: true,
    compute: (stores) => ({
      ...stores,
      results: replaced(stores.results, {
        attest: (batch) => stores.results.attest(batch.length < 2 ? batch : batch.slice(0, -1)),
      }),
    }),
  },
];

export const plantedBugs: readonly PlantedBug[] = [
  ...schedulerBugs,
  ...fencingBugs,
  ...lyingBugs,
  ...messengerBugs,
  ...computeBugs,
];
