/**
 * What a sender is told of a message that was sent (spec/09-http.md §3.1). A receipt is passed on only when it was
 * checked here: a messenger is not believed about the log.
 *
 * @module
 */

import type { Acceptance } from "../protocol/acceptance.ts";
import { evaluationRecord } from "../protocol/evaluation.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import {
  type EvaluationView,
  evaluationView,
  type LogReceiptView,
  logReceiptView,
} from "../protocol/view.ts";
import type { PlacedMessage, PlacementCheck } from "./check-placement.ts";
import type { SchedulerClient } from "./scheduler-client.ts";

/** Where a message came to stand. */
export interface Sent {
  readonly id: string;
  readonly process: string;
  readonly slot: number | null;
  /** Null unless it was waited for and came in time. */
  readonly result: EvaluationView | null;
  /** Its place under a signed head, checked; null where none was waited for, came in time, or can be checked. */
  readonly receipt: LogReceiptView | null;
  /** The entry and its receipt as they came, to be held against what else was seen of the log. */
  readonly received: { readonly entry: Uint8Array; readonly receipt: Uint8Array } | null;
}

/** Makes of a messenger's answers what its sender is told. Rejects with the code of what is not so. */
export function sentMessages(
  network: Digest,
  schedulers: readonly Pick<SchedulerClient, "spawnOf">[],
): (message: PlacedMessage, acceptance: Acceptance) => Promise<Sent> {
  let check: PlacementCheck | null = null;
  return async (message, acceptance) => {
    if (acceptance.assignment === null) return sentOf(acceptance, false);
    // What verifies heads is loaded with the first slot: a page begins without it.
    const { PlacementCheck } = await import("./check-placement.ts");
    check ??= new PlacementCheck({
      network,
      spawnOf: (process) => spawnBody(schedulers, process),
    });
    return sentOf(acceptance, await check.holds(message, acceptance));
  };
}

/** What a process was made by, as the first of the schedulers says that has it. */
async function spawnBody(
  schedulers: readonly Pick<SchedulerClient, "spawnOf">[],
  process: Digest,
): Promise<Uint8Array | null> {
  for (const scheduler of schedulers) {
    const spawn = await scheduler.spawnOf(process).catch(() => null);
    if (spawn !== null) return spawn.body;
  }
  return null;
}

/** A receipt that was not checked is none. */
function sentOf(acceptance: Acceptance, isChecked: boolean): Sent {
  const { assignment: entry, evaluation } = acceptance;
  const receipt = isChecked ? acceptance.receipt : null;
  return {
    id: idText(acceptance.id),
    process: idText(acceptance.process),
    slot: acceptance.slot,
    result: evaluation === null ? null : evaluationView(evaluationRecord.decode(evaluation)),
    receipt: receipt === null ? null : logReceiptView(receipt),
    received: receipt === null || entry === null ? null : { entry, receipt },
  };
}
