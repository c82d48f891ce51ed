/**
 * Verified chains of proofs over an engine; see the port for the contract.
 *
 * @module
 */

import type { ProvenTip } from "../../../client/proven-chain.ts";
import type { VerifiedSlot } from "../../../client/proven-chains.ts";
import { ProtocolError } from "../../../protocol/errors.ts";
import type { StoreEngine, TableReader } from "../engine.ts";
import type { ProvenEvidence, ProvenStore } from "../ports/proven-store.ts";
import { packRow, unpackRow } from "../rows.ts";
import { messageKey, slotKey } from "../schema.ts";
import { addToCounter, readCounter } from "./counters.ts";

type TipRow = readonly [
  spawn: Uint8Array,
  slot: number,
  timestamp: number,
  epoch: number,
  entryHash: Uint8Array,
  root: Uint8Array,
  isStillborn: boolean,
];
/** The digest names entry hash and root as well; they stand here for whoever looks into the store. */
type SlotRow = readonly [digest: Uint8Array, entryHash: Uint8Array, root: Uint8Array];
type EvidenceRow = readonly [slot: Uint8Array, proof: Uint8Array | null];

/** See `ProvenStore`. */
export class KeyedProvenStore implements ProvenStore {
  readonly #engine: StoreEngine;
  readonly #evidenceBytesMax: number | null;

  constructor(options: {
    readonly engine: StoreEngine;
    /** Null: nothing is kept of what showed a slot. */
    readonly evidenceBytesMax: number | null;
  }) {
    this.#engine = options.engine;
    this.#evidenceBytesMax = options.evidenceBytesMax;
  }

  tip(process: Uint8Array): Promise<ProvenTip | null> {
    return this.#engine.read((tables) => readTip(tables, process));
  }

  digest(process: Uint8Array, slot: number): Promise<Uint8Array | null> {
    return this.#engine.read((tables) => {
      const row = tables.get("proven-slot", slotKey(process, slot));
      return row === null ? null : unpackRow<SlotRow>(row, 3)[0];
    });
  }

  hasMessage(process: Uint8Array, messageId: Uint8Array): Promise<boolean> {
    const key = messageKey(process, messageId);
    return this.#engine.read((tables) => tables.get("proven-message", key) !== null);
  }

  extend({ claim, messageId, tip, evidence }: VerifiedSlot): Promise<boolean> {
    const { process, slot, digest } = claim;
    const bytesMax = this.#evidenceBytesMax;
    return this.#engine.update((tables) => {
      const last = readTip(tables, process)?.tip.slot ?? -1;
      if (slot !== last + 1) return false;
      const key = slotKey(process, slot);
      if (bytesMax !== null) {
        const size = evidence.slot.length + (evidence.proof?.length ?? 0);
        const kept = readCounter(tables, "proven-bytes");
        if (kept + size > bytesMax) {
          throw new ProtocolError("OVERLOADED", { expected: "room for proofs", got: kept });
        }
        tables.put("proven-evidence", key, packRow([evidence.slot, evidence.proof]));
        addToCounter(tables, "proven-bytes", size);
      }
      const { timestamp, epoch, entryHash } = tip.tip;
      const { spawn, root, isStillborn } = tip;
      const row = [spawn, slot, timestamp, epoch, entryHash, root, isStillborn];
      tables.put("proven", process, packRow(row));
      tables.put("proven-slot", key, packRow([digest, entryHash, root]));
      tables.put("proven-message", messageKey(process, messageId), packRow([slot]));
      return true;
    });
  }

  evidence(process: Uint8Array, slot: number): Promise<ProvenEvidence | null> {
    return this.#engine.read((tables) => {
      const row = tables.get("proven-evidence", slotKey(process, slot));
      if (row === null) return null;
      const [bytes, proof] = unpackRow<EvidenceRow>(row, 2);
      return { slot: bytes, proof };
    });
  }

  evidenceBytes(): Promise<number> {
    return this.#engine.read((tables) => readCounter(tables, "proven-bytes"));
  }
}

function readTip(tables: TableReader, process: Uint8Array): ProvenTip | null {
  const row = tables.get("proven", process);
  if (row === null) return null;
  const [spawn, slot, timestamp, epoch, entryHash, root, isStillborn] = unpackRow<TipRow>(row, 7);
  return { spawn, tip: { slot, timestamp, epoch, entryHash }, root, isStillborn };
}
