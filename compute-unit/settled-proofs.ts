/**
 * The slots that were settled last, for whoever looks on: in memory, since the unit began. What became of
 * any slot is in the store, for ever; when, and how long it took, is not.
 *
 * @module
 */

import type { ProofOutcome } from "../src/node/store/ports/proof-store.ts";
import type { ProofQueue } from "../src/protocol/http.ts";
import { idText } from "../src/protocol/ids.ts";
import type { QueuedSlot } from "./proof-order.ts";

/** Of each kind. */
const keptMax = 256;

/** See the module comment. */
export class SettledProofs {
  readonly #proven: ProofQueue["proven"][number][] = [];
  readonly #unprovable: ProofQueue["unprovable"][number][] = [];

  /** Notes one. `seconds` and `gas` are null where no proof was made, or are not known. */
  note(
    { process, slot }: QueuedSlot,
    outcome: ProofOutcome,
    made: { readonly at: number; readonly seconds: number | null; readonly gas: number | null },
  ): void {
    const { at, seconds, gas: gasUsed } = made;
    const place = { process: idText(process), slot, at };
    if (outcome.kind === "unprovable") {
      keep(this.#unprovable, { ...place, reason: outcome.reason });
    } else {
      const bytes = outcome.proof.length;
      keep(this.#proven, { ...place, seconds: seconds ?? 0, bytes, gasUsed });
    }
  }

  /** The newest, first. */
  newest(limit: number): Pick<ProofQueue, "proven" | "unprovable"> {
    return {
      proven: this.#proven.slice(-limit).reverse(),
      unprovable: this.#unprovable.slice(-limit).reverse(),
    };
  }
}

function keep<Item>(list: Item[], item: Item): void {
  list.push(item);
  if (list.length > keptMax) list.shift();
}
