/**
 * What stood in the way of slots that are to be proven, since the unit began: how often, and for how long
 * each rests before it is tried again. Bounded by the slots that wait.
 *
 * @module
 */

import { CodedError } from "../src/base/error.ts";
import { type Digest, idText } from "../src/protocol/ids.ts";
import type { QueuedSlot } from "./proof-order.ts";

/** Failures that count against a slot: then it is called unprovable. */
export const failuresMax = 3;
const restMinMs = 1000;
const restMaxMs = 60_000;

/** Bytes that nobody gives now, a full disk, a thread that does not start: they say nothing of the slot. */
const innocentCodes: ReadonlySet<string> = new Set([
  ...["UNAVAILABLE", "STORE_FULL", "STORE_BUSY", "STORE_IO"],
  ...["WORKER_START_FAILED", "WORKER_POOL_CLOSED"],
]);

interface Trouble {
  readonly tries: number;
  readonly failures: number;
  readonly code: string;
}

/** See the module comment. */
export class ProofTroubles {
  readonly #bySlot = new Map<string, Trouble>();

  /** Notes one. Answers how long the slot rests, and whether it counts against the slot. */
  note(slot: QueuedSlot, error: unknown): { readonly restMs: number; readonly counts: boolean } {
    const code = error instanceof CodedError ? error.code : "failure";
    const counts = !innocentCodes.has(code);
    const key = keyOf(slot.process, slot.slot);
    const { tries, failures } = this.#bySlot.get(key) ?? { tries: 0, failures: 0 };
    this.#bySlot.set(key, { tries: tries + 1, failures: failures + (counts ? 1 : 0), code });
    return { restMs: Math.min(restMinMs * 2 ** Math.min(tries, 16), restMaxMs), counts };
  }

  /** True where the slot is not tried again. */
  isHopeless({ process, slot }: QueuedSlot): boolean {
    return (this.#bySlot.get(keyOf(process, slot))?.failures ?? 0) >= failuresMax;
  }

  /** What the last one was; null where there was none. */
  reasonOf(process: Digest, slot: number): string | null {
    return this.#bySlot.get(keyOf(process, slot))?.code ?? null;
  }

  /** The slot is settled. */
  forget({ process, slot }: QueuedSlot): void {
    this.#bySlot.delete(keyOf(process, slot));
  }
}

function keyOf(process: Digest, slot: number): string {
  return `${idText(process)} ${slot}`;
}
