/**
 * Takes chains of proofs of other processes (spec/09-http.md §5.4): a slot is announced, its proof
 * follows, and each is verified once, by one thread of low priority. Whoever uploads is believed
 * nothing: a proof is read only for an announced slot, which is in its scheduler's signed log and
 * attested by its process's own units. What is announced, and by whom, is bounded.
 *
 * @module
 */

import type { Clock } from "../src/base/clock.ts";
import type { AnnouncedSlot, ProvenChains } from "../src/client/proven-chains.ts";
import { RateLimiter } from "../src/node/http/rate-limit.ts";
import { remoteKey } from "../src/node/http/remote.ts";
import type { ContentStore } from "../src/node/store/ports/content-store.ts";
import type { ProvenEvidence, ProvenStore } from "../src/node/store/ports/proven-store.ts";
import { ProtocolError } from "../src/protocol/errors.ts";
import { contentIdOf, type Digest, idText } from "../src/protocol/ids.ts";
import { slotProofBytesMax } from "../src/protocol/limits.ts";
import type { ProvenStand } from "../src/protocol/proven-slot.ts";

/** Bounds of what is announced and not verified yet. */
export interface ProvenLimits {
  /** In all, and their proofs together in bytes: one of the longest fits. */
  readonly announcedMax: number;
  readonly announcedBytesMax: number;
  /** Of one address, and of one process: others may announce the same slot, with a better proof. */
  readonly perRemoteMax: number;
  readonly perProcessMax: number;
  /** Milliseconds until an announcement without its proof is forgotten. */
  readonly announcedMs: number;
  /** Announcements a second of one address, and at once after a rest. */
  readonly perSecond: number;
  readonly burst: number;
  /**
   * As many announcements does a proof count that is refused, or never comes. All of it is taken in
   * advance and given back for a good one: whoever has it not cannot owe it.
   */
  readonly refusedCost: number;
}

export const provenLimitDefaults: ProvenLimits = {
  announcedMax: 64,
  announcedBytesMax: 2 * slotProofBytesMax,
  perRemoteMax: 16,
  perProcessMax: 4,
  announcedMs: 60_000,
  perSecond: 32,
  burst: 1024,
  refusedCost: 64,
};

/** Addresses whose announcements are counted. */
const remotesMax = 100_000;

interface Announced {
  readonly slot: AnnouncedSlot;
  readonly process: string;
  readonly remote: string;
  readonly size: number;
  readonly expiresAt: number;
}

/** What became of an announcement: `size` bytes of proof are awaited, or none. */
export type AnnouncementOutcome =
  | { readonly kind: "verified" }
  | { readonly kind: "announced"; readonly size: number };

export interface ProvenSlotsOptions {
  readonly chains: ProvenChains;
  readonly store: ProvenStore;
  readonly content: Pick<ContentStore, "refer">;
  readonly clock: Clock;
  readonly limits?: Partial<ProvenLimits>;
}

/** See the module comment. */
export class ProvenSlots {
  readonly #options: ProvenSlotsOptions;
  readonly #limits: ProvenLimits;
  readonly #limiter: RateLimiter;
  /** By address, process and slot, oldest first. */
  readonly #announced = new Map<string, Announced>();
  /** By process. */
  readonly #verifying = new Map<string, Promise<void>>();
  #bytes = 0;

  constructor(options: ProvenSlotsOptions) {
    this.#options = options;
    this.#limits = { ...provenLimitDefaults, ...options.limits };
    const { perSecond, burst } = this.#limits;
    const { clock } = options;
    this.#limiter = new RateLimiter({ clock, perSecond, burst, peersMax: remotesMax });
  }

  /** Announced slots whose proofs have not come. */
  get announcedCount(): number {
    return this.#announced.size;
  }

  /** How far a process is verified here. */
  async stand(process: Digest): Promise<ProvenStand> {
    const tip = await this.#options.store.tip(process);
    if (tip === null) return { process, next: 0, entryHash: null, root: null };
    const { slot, entryHash } = tip.tip;
    return { process, next: slot + 1, entryHash, root: tip.root };
  }

  /** What showed a slot. Rejects with `SLOT_UNKNOWN` where it is not verified here. */
  async evidence(process: Digest, slot: number): Promise<ProvenEvidence> {
    const found = await this.#options.store.evidence(process, slot);
    if (found !== null) return found;
    throw new ProtocolError("SLOT_UNKNOWN", { process: idText(process), slot });
  }

  /**
   * Takes an announcement. Rejects with `RATE_LIMITED`, `OVERLOADED`, `MODULE_MISSING`, or what is wrong
   * with the slot.
   */
  async announce(process: Digest, bytes: Uint8Array, remote: string): Promise<AnnouncementOutcome> {
    this.#spend(remote);
    let isOwed = false;
    try {
      const slot = await this.#options.chains.announce(process, bytes);
      if (slot === null) return { kind: "verified" };
      const { terms, proof } = slot.checked;
      if (!(await this.#options.content.refer(terms.module))) {
        throw new ProtocolError("MODULE_MISSING", { module: idText(terms.module) });
      }
      if (proof !== null) {
        isOwed = this.#keep(slot, proof.size, remote);
        return { kind: "announced", size: proof.size };
      }
      isOwed = true;
      await this.#settle(slot, null, remote);
      return { kind: "verified" };
    } finally {
      if (!isOwed) this.#giveBack(remote);
    }
  }

  /** The longest proof that is awaited for a slot; 0 where none is. */
  sizeOf(process: Digest, slot: number): number {
    const place = placeOf(process, slot);
    let most = 0;
    for (const [key, { size }] of this.#announced) {
      if (key.endsWith(place)) most = Math.max(most, size);
    }
    return most;
  }

  /**
   * Verifies the proof of a slot that the same address announced. Rejects with `CONTENT_UNANNOUNCED`,
   * `CONTENT_MISMATCH`, `PROOF_INVALID`, `EVIDENCE_FORK` or `OVERLOADED`.
   */
  async deliver(place: { process: Digest; slot: number }, proof: Uint8Array, remote: string) {
    const { process, slot } = place;
    this.#forgetLate();
    const key = `${remoteKey(remote)}${placeOf(process, slot)}`;
    const announced = this.#announced.get(key);
    const hash = announced?.slot.checked.proof?.hash;
    if (announced === undefined || hash === undefined) {
      const fields = { process: idText(process), slot, expected: "an announcement" };
      throw new ProtocolError("CONTENT_UNANNOUNCED", fields);
    }
    this.#drop(key);
    const got = contentIdOf(proof);
    if (idText(got) !== idText(hash)) {
      throw new ProtocolError("CONTENT_MISMATCH", { expected: idText(hash), got: idText(got) });
    }
    await this.#inTurn(idText(process), async () => {
      // Somebody else's proof of the slot may have been verified meanwhile: one is enough.
      const isOpen = (await this.#options.chains.next(process)) === slot;
      if (isOpen) await this.#settle(announced.slot, proof, remote);
      else this.#giveBack(remote);
    });
  }

  /** One verification of a process at a time: another proof of the slot waits for the first. */
  async #inTurn(process: string, verify: () => Promise<void>): Promise<void> {
    for (let one = this.#verifying.get(process); one !== undefined; ) {
      await one.catch(() => undefined);
      one = this.#verifying.get(process);
    }
    const verifying = verify().finally(() => this.#verifying.delete(process));
    this.#verifying.set(process, verifying);
    await verifying;
  }

  async #settle(slot: AnnouncedSlot, proof: Uint8Array | null, remote: string): Promise<void> {
    try {
      await this.#options.chains.settle(slot, proof);
      this.#giveBack(remote);
    } catch (error) {
      const isRefused = error instanceof ProtocolError && error.code === "PROOF_INVALID";
      if (!isRefused) this.#giveBack(remote);
      throw error;
    }
  }

  /** What a good announcement costs is kept. */
  #giveBack(remote: string): void {
    this.#limiter.giveBack(remote, this.#limits.refusedCost - 1);
  }

  #spend(remote: string): void {
    const waitMs = this.#limiter.take(remote, this.#limits.refusedCost);
    if (waitMs === 0) return;
    const expected = `a pause of ${Math.ceil(waitMs / 1000)} s`;
    throw new ProtocolError("RATE_LIMITED", { expected, got: "too many proofs" });
  }

  /** Keeps a slot until its proof comes; false where it was announced before, and paid for. */
  #keep(slot: AnnouncedSlot, size: number, remote: string): boolean {
    this.#forgetLate();
    const { claim } = slot.checked;
    const process = idText(claim.process);
    const from = remoteKey(remote);
    const key = `${from}${placeOf(claim.process, claim.slot)}`;
    const isRepeated = this.#announced.has(key);
    this.#drop(key);
    const { announcedMax, announcedBytesMax, perRemoteMax, perProcessMax } = this.#limits;
    const all = [...this.#announced.values()];
    const isMany =
      all.filter((one) => one.remote === from).length >= perRemoteMax ||
      all.filter((one) => one.process === process).length >= perProcessMax;
    if (isMany) {
      throw new ProtocolError("RATE_LIMITED", { process, expected: "fewer announced proofs" });
    }
    if (all.length >= announcedMax || this.#bytes + size > announcedBytesMax) {
      throw new ProtocolError("OVERLOADED", { expected: "room for proofs", got: all.length });
    }
    const expiresAt = this.#options.clock.monotonic() + this.#limits.announcedMs;
    this.#announced.set(key, { slot, process, remote: from, size, expiresAt });
    this.#bytes += size;
    return !isRepeated;
  }

  #drop(key: string): void {
    this.#bytes -= this.#announced.get(key)?.size ?? 0;
    this.#announced.delete(key);
  }

  #forgetLate(): void {
    const now = this.#options.clock.monotonic();
    for (const [key, { expiresAt }] of this.#announced) {
      if (expiresAt <= now) this.#drop(key);
    }
  }
}

function placeOf(process: Digest, slot: number): string {
  return ` ${idText(process)} ${slot}`;
}
