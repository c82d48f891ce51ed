/**
 * What a fault in a log convicts of (spec/16-evidence.md §3): the faulty entry, the one before it and, where a
 * message is there twice, its first slot, each with its scheduler's receipt. A scheduler that gives no
 * receipts of them is not convicted; the log ends before the fault all the same.
 *
 * @module
 */

import type { SchedulerClient } from "../src/client/scheduler-client.ts";
import { type Accusation, LogWatch } from "../src/log/log-watch.ts";
import { type Digest, messageIdOf } from "../src/protocol/ids.ts";

/** Heads follow entries within 250 ms. */
const receiptWaitMs = 2_000;

/** Where a log was found faulty. */
export interface FaultPlace {
  readonly process: Digest;
  readonly slot: number;
  readonly client: SchedulerClient;
  /** The slot of an earlier entry with a message; null where none has it. */
  readonly slotOfMessage: (message: Digest) => Promise<number | null>;
}

/** The evidence that a fault makes; null where nothing convicts. Rejects where the scheduler is away. */
export async function faultEvidence(place: FaultPlace): Promise<Accusation | null> {
  const { process, slot, client } = place;
  const faulty = (await client.log(process, { from: slot, limit: 1 })).items[0];
  if (faulty === undefined) return null;
  const repeated = await place.slotOfMessage(messageIdOf(faulty.body));
  const before = [slot - 1, ...(repeated === null ? [] : [repeated])].filter((each) => each >= 0);
  const watch = new LogWatch();
  for (const each of new Set([...before, slot])) {
    const item = (await client.log(process, { from: each, limit: 1 })).items[0];
    const receipt = await client.receipt(process, each, { waitMs: receiptWaitMs });
    if (item === undefined || receipt === null) continue;
    const found = watch.takeEntry(item.entry, receipt);
    if (found !== null) return found;
    const spawn = each === slot ? await client.spawnOf(process) : null;
    if (spawn === null) continue;
    const wrong = watch.takeMessage({ leaf: item.entry, receipt }, item, spawn.body);
    if (wrong !== null) return wrong;
  }
  return null;
}
