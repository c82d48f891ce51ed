/**
 * Which slot is proven next (README, "Proofs"): one that somebody waits for goes first, the one waited
 * for longest. Else processes take turns, and each has its oldest slot proven. Pure bookkeeping, bounded.
 *
 * @module
 */

import { type Digest, idText } from "../src/protocol/ids.ts";

/** A slot in the queue. */
export interface QueuedSlot {
  readonly process: Digest;
  readonly slot: number;
}

/** See the module comment. */
export class ProofOrder {
  readonly #max: number;
  /** By process, in the order of their turns; within it by slot. */
  readonly #processes = new Map<string, Map<number, QueuedSlot>>();
  /** How many wait for a slot, in the order in which the first of them came. */
  readonly #waited = new Map<string, number>();
  #size = 0;

  constructor(options: { readonly max: number }) {
    this.#max = options.max;
  }

  get size(): number {
    return this.#size;
  }

  /** How many more it should take; one that somebody waits for is taken beyond that. */
  get room(): number {
    return Math.max(0, this.#max - this.#size);
  }

  /** True where the slot is in. */
  has(process: Digest, slot: number): boolean {
    return this.#processes.get(idText(process))?.has(slot) === true;
  }

  /** True where somebody waits for the slot. */
  isWaited(process: Digest, slot: number): boolean {
    return this.#waited.has(keyOf(process, slot));
  }

  /**
   * How many go before a slot that is in: those waited for longer, and before one that nobody waits for
   * all others.
   */
  before(process: Digest, slot: number): number {
    const own = keyOf(process, slot);
    let before = 0;
    for (const key of this.#waited.keys()) {
      if (key === own) return before;
      if (this.#queued(key) !== undefined) before++;
    }
    return Math.max(0, this.#size - 1);
  }

  /** Takes a slot in. */
  add(queued: QueuedSlot): void {
    const id = idText(queued.process);
    const slots = this.#processes.get(id) ?? new Map<number, QueuedSlot>();
    if (slots.has(queued.slot)) return;
    this.#processes.set(id, slots.set(queued.slot, queued));
    this.#size++;
  }

  /** Somebody waits for a slot from now on, queued or not; the answer ends that. */
  wait(process: Digest, slot: number): () => void {
    const key = keyOf(process, slot);
    this.#waited.set(key, (this.#waited.get(key) ?? 0) + 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const left = (this.#waited.get(key) ?? 1) - 1;
      if (left === 0) this.#waited.delete(key);
      else this.#waited.set(key, left);
    };
  }

  /** The first slots in the order in which they would be taken, were nothing to change. */
  first(limit: number): readonly QueuedSlot[] {
    const queued = [...this.#waited.keys()].flatMap((key) => this.#queued(key) ?? []);
    const first = queued.slice(0, limit);
    const ahead = new Set(queued.map(({ process, slot }) => keyOf(process, slot)));
    // A process whose slot was waited for has its next turn after everybody else's.
    const turns = new Map(this.#processes);
    for (const { process } of first) {
      const id = idText(process);
      const slots = turns.get(id);
      turns.delete(id);
      if (slots !== undefined) turns.set(id, slots);
    }
    const lists: QueuedSlot[][] = [];
    for (const slots of turns.values()) {
      if (lists.length === limit) break;
      const others = [...slots.values()].filter(
        ({ process, slot }) => !ahead.has(keyOf(process, slot)),
      );
      if (others.length > 0) lists.push(others.sort((one, other) => one.slot - other.slot));
    }
    for (let turn = 0; first.length < limit; turn++) {
      const round = lists.flatMap((list) => list[turn] ?? []);
      if (round.length === 0) break;
      first.push(...round.slice(0, limit - first.length));
    }
    return first;
  }

  /** Takes out the slot that is next; null where nothing is queued. */
  take(): QueuedSlot | null {
    for (const key of this.#waited.keys()) {
      const queued = this.#queued(key);
      if (queued !== undefined) return this.#remove(idText(queued.process), queued);
    }
    const [first] = this.#processes;
    if (first === undefined) return null;
    const [id, slots] = first;
    const oldest = Math.min(...slots.keys());
    const queued = slots.get(oldest);
    return queued === undefined ? null : this.#remove(id, queued);
  }

  #queued(key: string): QueuedSlot | undefined {
    const [id = "", slot] = key.split(" ");
    return this.#processes.get(id)?.get(Number(slot));
  }

  #remove(id: string, queued: QueuedSlot): QueuedSlot {
    const slots = this.#processes.get(id) ?? new Map<number, QueuedSlot>();
    slots.delete(queued.slot);
    this.#size--;
    // Its next turn comes after everybody else's.
    this.#processes.delete(id);
    if (slots.size > 0) this.#processes.set(id, slots);
    return queued;
  }
}

function keyOf(process: Digest, slot: number): string {
  return `${idText(process)} ${slot}`;
}
