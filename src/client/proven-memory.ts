/**
 * Verified chains in memory, for a reader that lives as long as one audit or replay.
 *
 * @module
 */

import { type Digest, idText } from "../protocol/ids.ts";
import type { ProvenTip } from "./proven-chain.ts";
import {
  ProvenChains,
  type ProvenChainsOptions,
  type ProvenStore,
  type VerifiedSlot,
} from "./proven-chains.ts";
import { StepChecker } from "./proven-step.ts";

/** Chains that are remembered for as long as they are in use, their steps checked by the caller's thread. */
export function memoryChains(
  options: Omit<ProvenChainsOptions, "store" | "checkStep">,
): ProvenChains {
  const checker = new StepChecker();
  const store = new MemoryProvenStore();
  return new ProvenChains({ ...options, store, checkStep: async (step) => checker.check(step) });
}

/** See `ProvenStore`. */
export class MemoryProvenStore implements ProvenStore {
  readonly #tips = new Map<string, ProvenTip>();
  readonly #digests = new Map<string, Digest>();
  readonly #messages = new Set<string>();

  async tip(process: Digest): Promise<ProvenTip | null> {
    return this.#tips.get(idText(process)) ?? null;
  }

  async digest(process: Digest, slot: number): Promise<Digest | null> {
    return this.#digests.get(`${idText(process)} ${slot}`) ?? null;
  }

  async hasMessage(process: Digest, messageId: Digest): Promise<boolean> {
    return this.#messages.has(`${idText(process)} ${idText(messageId)}`);
  }

  async extend({ claim, messageId, tip }: VerifiedSlot): Promise<boolean> {
    const key = idText(claim.process);
    const last = this.#tips.get(key)?.tip.slot ?? -1;
    if (claim.slot !== last + 1) return false;
    this.#tips.set(key, tip);
    this.#digests.set(`${key} ${claim.slot}`, claim.digest);
    this.#messages.add(`${key} ${idText(messageId)}`);
    return true;
  }
}
