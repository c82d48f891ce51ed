/**
 * Holds entries of one log against those that were seen before (spec/16-evidence.md §3): pure, and in
 * whatever order they come. What it finds is a suspicion until a judge has convicted.
 *
 * @module
 */

import { type Entry, entryRecord } from "../protocol/entry.ts";
import { type Digest, idText, parseId } from "../protocol/ids.ts";
import { evidenceTypes } from "../protocol/log-evidence.ts";
import {
  brokenChainFault,
  type PairFault,
  repeatedMessageFault,
  type SeenEntry,
  secondEntryFault,
  wrongOrderFault,
  wrongStart,
} from "./check-entry-evidence.ts";

/** Entries that do not go together, with the type of evidence that they make. */
export interface Suspicion {
  readonly type: number;
  readonly entries: readonly SeenEntry[];
}

interface SeenProcess {
  /** Slots that were seen, rising. */
  readonly slots: number[];
  readonly bySlot: Map<number, number>;
  readonly byMessage: Map<string, number>;
}

const pairFaults: readonly (readonly [number, PairFault])[] = [
  [evidenceTypes.secondEntry, secondEntryFault],
  [evidenceTypes.repeatedMessage, repeatedMessageFault],
  [evidenceTypes.brokenChain, brokenChainFault],
  [evidenceTypes.wrongOrder, wrongOrderFault],
];

export class SeenEntries {
  readonly #leafAt: (treeIndex: number) => Uint8Array;
  readonly #processes = new Map<string, SeenProcess>();

  /** `leafAt` answers the leaves that were taken, so that they need not be kept twice. */
  constructor(leafAt: (treeIndex: number) => Uint8Array) {
    this.#leafAt = leafAt;
  }

  /** The highest slot of a process that was seen; null where none was. */
  newest(process: Uint8Array): number | null {
    return this.#processes.get(idText(process))?.slots.at(-1) ?? null;
  }

  /** Every process that was seen, with the slots that its log has at least. */
  processes(): readonly { readonly process: Digest; readonly slots: number }[] {
    return [...this.#processes].map(([key, { slots }]) => ({
      process: parseId(key),
      slots: (slots.at(-1) ?? -1) + 1,
    }));
  }

  /** Takes an entry that is at that place of the tree. Answers what does not go with it. */
  take(leaf: Uint8Array, treeIndex: number): Suspicion | null {
    const entry = entryRecord.decode(leaf);
    const seen = { leaf, treeIndex, entry };
    const key = idText(entry.process);
    const known = this.#processes.get(key) ?? emptyProcess();
    this.#processes.set(key, known);
    const found = this.#holdAgainst(seen, known);
    note(known, seen);
    return found;
  }

  #holdAgainst(seen: SeenEntry, known: SeenProcess): Suspicion | null {
    if (wrongStart(seen.entry) !== null) {
      return { type: evidenceTypes.brokenChain, entries: [seen] };
    }
    for (const treeIndex of relatedTo(seen.entry, known)) {
      const leaf = this.#leafAt(treeIndex);
      const other = { leaf, treeIndex, entry: entryRecord.decode(leaf) };
      const pair = other.entry.slot <= seen.entry.slot ? [other, seen] : [seen, other];
      const [one, two] = pair as [SeenEntry, SeenEntry];
      const wrong = pairFaults.find(([, faultOf]) => faultOf(one, two) !== null);
      if (wrong !== undefined) return { type: wrong[0], entries: [one, two] };
    }
    return null;
  }
}

function emptyProcess(): SeenProcess {
  return { slots: [], bySlot: new Map(), byMessage: new Map() };
}

/** Where the entries stand that it must go with: its slot's, its message's, and its neighbours. */
function relatedTo({ slot, messageId }: Entry, known: SeenProcess): readonly number[] {
  const place = placeOf(known.slots, slot);
  const above = known.slots[place] === slot ? known.slots[place + 1] : known.slots[place];
  const slots = [slot, known.slots[place - 1], above];
  const places = slots.map((each) => (each === undefined ? undefined : known.bySlot.get(each)));
  const all = [...places, known.byMessage.get(idText(messageId))];
  return all.filter((each) => each !== undefined);
}

/** How many of the rising numbers are below one. Mostly all are. */
function placeOf(slots: readonly number[], slot: number): number {
  if ((slots.at(-1) ?? -1) < slot) return slots.length;
  let [from, to] = [0, slots.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((slots[middle] ?? 0) < slot) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The first that was seen of a slot and of a message stays. */
function note(known: SeenProcess, { entry, treeIndex }: SeenEntry): void {
  const { slot, messageId } = entry;
  if (!known.bySlot.has(slot)) {
    known.slots.splice(placeOf(known.slots, slot), 0, slot);
    known.bySlot.set(slot, treeIndex);
  }
  const message = idText(messageId);
  if (!known.byMessage.has(message)) known.byMessage.set(message, treeIndex);
}
