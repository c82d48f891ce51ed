/**
 * The compute unit's proofs over an engine; see the port for the contract.
 *
 * @module
 */

import type { StoreEngine, TableReader, TableWriter } from "../engine.ts";
import type { ProofJob, ProofOutcome, ProofStanding, ProofStore } from "../ports/proof-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { readU64, slotKey } from "../schema.ts";
import { readCounter, writeCounter } from "./counters.ts";

type JobRow = readonly [queuedAt: number, attempts: number];
/** The reason is empty where the slot is proven. */
type OutcomeRow = readonly [isProven: boolean, reason: string];

/** See `ProofStore`. */
export class KeyedProofStore implements ProofStore {
  readonly #engine: StoreEngine;

  constructor(options: { readonly engine: StoreEngine }) {
    this.#engine = options.engine;
  }

  enqueue(jobs: readonly Omit<ProofJob, "attempts">[]): Promise<number> {
    return this.#engine.update((tables) => {
      const before = jobCountOf(tables);
      let count = 0;
      for (const { process, slot, queuedAt } of jobs) {
        const key = slotKey(process, slot);
        if (tables.get("proof-outcome", key) !== null) continue;
        if (tables.get("proof-job", key) !== null) continue;
        tables.put("proof-job", key, packRow([queuedAt, 0]));
        count++;
      }
      if (count > 0) writeCounter(tables, "proof-jobs", before + count);
      return count;
    });
  }

  begin(process: Uint8Array, slot: number): Promise<number> {
    return this.#engine.update((tables) => addAttempts(tables, slotKey(process, slot), 1));
  }

  async release(process: Uint8Array, slot: number): Promise<void> {
    await this.#engine.update((tables) => addAttempts(tables, slotKey(process, slot), -1));
  }

  settle(process: Uint8Array, slot: number, outcome: ProofOutcome): Promise<void> {
    return this.#engine.update((tables) => {
      const key = slotKey(process, slot);
      const before = jobCountOf(tables);
      if (tables.get("proof-job", key) !== null) {
        tables.remove("proof-job", key);
        writeCounter(tables, "proof-jobs", before - 1);
      }
      if (tables.get("proof-outcome", key) !== null) return;
      if (outcome.kind === "proven") tables.put("proof", key, packRow([outcome.proof]));
      const reason = outcome.kind === "proven" ? "" : outcome.reason;
      tables.put("proof-outcome", key, packRow([outcome.kind === "proven", reason]));
    });
  }

  standing(process: Uint8Array, slot: number): Promise<ProofStanding | null> {
    return this.#engine.read((tables) => {
      const key = slotKey(process, slot);
      const value = tables.get("proof-outcome", key);
      if (value === null) return tables.get("proof-job", key) === null ? null : { kind: "queued" };
      const [isProven, reason] = unpackRow<OutcomeRow>(value, 2);
      return isProven ? { kind: "proven" } : { kind: "unprovable", reason };
    });
  }

  proof(process: Uint8Array, slot: number): Promise<Uint8Array | null> {
    return this.#engine.read((tables) => {
      const value = tables.get("proof", slotKey(process, slot));
      return value === null ? null : unpackRow<readonly [Uint8Array]>(value, 1)[0];
    });
  }

  queued(limit: number): Promise<readonly ProofJob[]> {
    return this.#engine.read((tables) => {
      const jobs: ProofJob[] = [];
      for (const { key, value } of tables.range("proof-job", { from: new Uint8Array(0) })) {
        if (jobs.length === limit) break;
        const [queuedAt, attempts] = unpackRow<JobRow>(value, 2);
        jobs.push({ process: key.slice(0, 32), slot: readU64(key, 32), queuedAt, attempts });
      }
      return jobs;
    });
  }

  queuedCount(): Promise<number> {
    return this.#engine.read(jobCountOf);
  }
}

/** A store that is older than the counter is counted, until its first change. */
function jobCountOf(tables: TableReader): number {
  const counted = readCounter(tables, "proof-jobs", -1);
  if (counted >= 0) return counted;
  let count = 0;
  for (const _ of tables.range("proof-job", { from: new Uint8Array(0) })) count++;
  return count;
}

function addAttempts(tables: TableWriter, key: Uint8Array, by: number): number {
  const value = tables.get("proof-job", key);
  if (value === null) return 0;
  const [queuedAt, before] = unpackRow<JobRow>(value, 2);
  const attempts = Math.max(0, before + by);
  tables.put("proof-job", key, packRow([queuedAt, attempts]));
  return attempts;
}
