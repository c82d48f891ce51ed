/**
 * The stores of each unit, put together over one engine.
 *
 * @module
 */

import { utf8Bytes } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import type { StoreEngine } from "./engine.ts";
import { KeyedCheckpointStore } from "./keyed/checkpoint-store.ts";
import { KeyedContentStore } from "./keyed/content-store.ts";
import { KeyedHeadStore } from "./keyed/head-store.ts";
import { type HolderPlace, KeyedLeaseStore } from "./keyed/lease-store.ts";
import { KeyedLogStore } from "./keyed/log-store.ts";
import { KeyedMessageStore } from "./keyed/message-store.ts";
import { KeyedProofStore } from "./keyed/proof-store.ts";
import { KeyedProvenStore } from "./keyed/proven-store.ts";
import { KeyedPushStore } from "./keyed/push-store.ts";
import { KeyedResultStore } from "./keyed/result-store.ts";
import { KeyedWitnessStore } from "./keyed/witness-store.ts";
import type { CheckpointStore } from "./ports/checkpoint-store.ts";
import type { ContentStore } from "./ports/content-store.ts";
import type { HeadStore } from "./ports/head-store.ts";
import type { LeaseStore } from "./ports/lease-store.ts";
import type { LogStore } from "./ports/log-store.ts";
import type { MessageStore } from "./ports/message-store.ts";
import type { ProofStore } from "./ports/proof-store.ts";
import type { ProvenStore } from "./ports/proven-store.ts";
import type { PushStore } from "./ports/push-store.ts";
import type { ResultStore } from "./ports/result-store.ts";
import type { WitnessStore } from "./ports/witness-store.ts";
import { packRow, unpackRow } from "./rows.ts";
import type { StoreRole } from "./schema.ts";
import { StoreError } from "./store-error.ts";

/** What every unit has. */
export interface CommonStores {
  readonly content: ContentStore;
  readonly lease: LeaseStore;
  /** Waits for the writes submitted so far, then lets go of everything. Idempotent. */
  close(): Promise<void>;
}

export interface SchedulerStores extends CommonStores {
  readonly log: LogStore;
  readonly heads: HeadStore;
  readonly proven: ProvenStore;
}

export interface MessengerStores extends CommonStores {
  readonly messages: MessageStore;
  readonly pushes: PushStore;
}

export interface ComputeStores extends CommonStores {
  readonly results: ResultStore;
  readonly checkpoints: CheckpointStore;
  readonly proofs: ProofStore;
  readonly proven: ProvenStore;
  /** The heads that it has seen, which none may contradict. */
  readonly witnessed: WitnessStore;
}

export interface WitnessStores extends CommonStores {
  readonly witnessed: WitnessStore;
}

/** The stores by the unit's role. */
export interface StoresByRole {
  readonly scheduler: SchedulerStores;
  readonly messenger: MessengerStores;
  readonly compute: ComputeStores;
  readonly witness: WitnessStores;
}

/** Bounds that an operator may choose. */
export interface StoreBounds {
  /** Uploaded and announced content together, in bytes; 4 GiB if not given. */
  readonly contentBytesMax?: number;
  /** Undelivered pushes of a messenger; 1,000,000 if not given. */
  readonly pendingPushesMax?: number;
  /** Proofs of other processes that a scheduler keeps, in bytes; 64 GiB if not given. */
  readonly provenBytesMax?: number;
}

const contentBytesMaxDefault = 4 * 1024 ** 3;
const pendingPushesMaxDefault = 1_000_000;
const provenBytesMaxDefault = 64 * 1024 ** 3;

/** Grows whenever rows or keys change their shape. */
const formatVersion = 4;
const formatKey = utf8Bytes("format");

/** The stores of a role over an engine; `close` closes the engine. */
export function unitStores<Role extends StoreRole>(
  role: Role,
  options: {
    readonly engine: StoreEngine;
    readonly clock: Clock;
    readonly bounds: StoreBounds;
    /** Where this runs, as leases tell it; none where units come and go within one process. */
    readonly place?: HolderPlace;
  },
): StoresByRole[Role] {
  const { engine, clock, bounds, place } = options;
  const common: CommonStores = {
    content: new KeyedContentStore({
      engine,
      clock,
      bytesMax: bounds.contentBytesMax ?? contentBytesMaxDefault,
    }),
    lease: new KeyedLeaseStore({ engine, clock, place }),
    close: () => engine.close(),
  };
  const build: { readonly [Each in StoreRole]: () => StoresByRole[Each] } = {
    scheduler: () => ({
      ...common,
      log: new KeyedLogStore({ engine, clock }),
      heads: new KeyedHeadStore({ engine }),
      proven: new KeyedProvenStore({
        engine,
        evidenceBytesMax: bounds.provenBytesMax ?? provenBytesMaxDefault,
      }),
    }),
    messenger: () => ({
      ...common,
      messages: new KeyedMessageStore({ engine }),
      pushes: new KeyedPushStore({
        engine,
        pendingMax: bounds.pendingPushesMax ?? pendingPushesMaxDefault,
      }),
    }),
    witness: () => ({ ...common, witnessed: new KeyedWitnessStore({ engine }) }),
    compute: () => ({
      ...common,
      results: new KeyedResultStore({ engine }),
      checkpoints: new KeyedCheckpointStore({ engine }),
      proofs: new KeyedProofStore({ engine }),
      // A compute unit finds what it verified with the scheduler, and serves none of it.
      proven: new KeyedProvenStore({ engine, evidenceBytesMax: null }),
      witnessed: new KeyedWitnessStore({ engine }),
    }),
  };
  return build[role]();
}

/** What a store says of itself. Rejects with `STORE_FORMAT` where it says nothing. */
export function formatOf(
  engine: StoreEngine,
): Promise<{ readonly role: string; readonly format: number }> {
  return engine.read((tables) => {
    const value = tables.get("meta", formatKey);
    if (value === null) throw new StoreError("STORE_FORMAT", { expected: "a store", got: "none" });
    const [format, role] = unpackRow<readonly [number, string]>(value, 2);
    return { role, format };
  });
}

/**
 * Writes the format and role of a new store, or compares them with those of an old one.
 *
 * @throws StoreError STORE_FORMAT
 */
export function checkFormat(engine: StoreEngine, role: StoreRole): Promise<void> {
  return engine.update((tables) => {
    const value = tables.get("meta", formatKey);
    if (value === null) {
      tables.put("meta", formatKey, packRow([formatVersion, role]));
      return;
    }
    const [version, storedRole] = unpackRow<readonly [number, string]>(value, 2);
    if (version !== formatVersion || storedRole !== role) {
      throw new StoreError("STORE_FORMAT", {
        expected: `${role}, format ${formatVersion}`,
        got: `${storedRole}, format ${version}`,
      });
    }
  });
}
