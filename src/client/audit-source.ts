/**
 * Where an audit gets what it checks: the log from a scheduler, results and proofs from compute units,
 * or all of it from a folder. Nothing that a source answers is believed.
 *
 * @module
 */

import type { LogPage } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Evaluation } from "../protocol/evaluation.ts";
import { type Digest, idText, parseId } from "../protocol/ids.ts";
import type { ComputeClient } from "./compute-client.ts";
import type { Connection } from "./connect.ts";
import { getContent } from "./content.ts";
import { headWaitMs } from "./head-lines.ts";
import { provenSlot, type SlotEvidence } from "./proven-client.ts";

/** One that answers results and proofs. */
export interface AuditUnit {
  /** What it says of a slot, with its proof if that comes in time; null where it has nothing, yet. */
  evaluation(slot: number, waitMs: number): Promise<Evaluation | null>;
  /** The canonical proof of a slot; null where there is none. */
  proof(slot: number): Promise<Uint8Array | null>;
}

/** Everything about one process. */
export interface AuditSource {
  /** Whose log it is; null where the source does not know. */
  readonly scheduler: Digest | null;
  /** Entries from a slot on; none where the log ends before it. */
  log(from: number, limit: number): Promise<LogPage>;
  module(id: Digest): Promise<Uint8Array | null>;
  /** The canonical receipt of a slot's entry; null where no head covers it. */
  receipt(slot: number): Promise<Uint8Array | null>;
  /** What showed a slot of a process that sends to one which demands `proven`; null where nothing did. */
  readonly sender?: (process: Digest, slot: number) => Promise<SlotEvidence | null>;
  readonly units: readonly AuditUnit[];
}

/** What the units of a network answer. Rejects with `PROCESS_UNKNOWN` where none serves the process. */
export async function networkSource(
  { schedulers, computes }: Pick<Connection, "schedulers" | "computes">,
  process: Digest,
): Promise<AuditSource> {
  for (const scheduler of schedulers) {
    if ((await scheduler.spawnOf(process)) === null) continue;
    return {
      scheduler: parseId((await scheduler.info()).address, "scheduler"),
      log: (from, limit) => scheduler.log(process, { from, limit }),
      module: (id) => getContent(scheduler.unit, id),
      receipt: (slot) => scheduler.receipt(process, slot, { waitMs: headWaitMs }),
      sender: (sender, slot) => provenSlot(scheduler.unit, sender, slot),
      units: computes.map((compute) => unitOf(compute, process)),
    };
  }
  throw new ProtocolError("PROCESS_UNKNOWN", { process: idText(process) });
}

function unitOf(compute: ComputeClient, process: Digest): AuditUnit {
  return {
    evaluation: (slot, waitMs) => {
      const wait = { timeoutMs: waitMs, until: "proof" } as const;
      return compute.evaluation(process, slot, waitMs > 0 ? wait : undefined);
    },
    proof: (slot) => compute.proof(process, slot),
  };
}
