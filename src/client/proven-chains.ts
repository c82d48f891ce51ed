/**
 * The chains of proofs that a reader has verified itself (spec/09-http.md §5.4): each slot once, in
 * order, from slot 0 on. What was verified is remembered by a store that nobody else writes to; the
 * step itself is checked wherever the caller says, a thread of its own for instance.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import type { SignatureVerifier } from "../crypto/signature.ts";
import type { LogItem } from "../protocol/envelope.ts";
import { checked, ProtocolError } from "../protocol/errors.ts";
import { contentIdOf, type Digest, idText, messageIdOf } from "../protocol/ids.ts";
import { kinds } from "../protocol/kinds.ts";
import { bodyRecord, ownerKinds } from "../protocol/message.ts";
import { provenSlotRecord } from "../protocol/proven-slot.ts";
import { type IsProven, type ProvenClaim, provenClaimOf } from "../protocol/provenance.ts";
import { kindOf } from "../protocol/record.ts";
import { resultDigestOf, resultRecord } from "../protocol/result.ts";
import { type SpawnTerms, spawnTermsOf, termsOfSpawn } from "../protocol/spawn.ts";
import { type CheckedSlot, checkNextSlot, type ProvenTip } from "./proven-chain.ts";
import type { ProvenStep } from "./proven-step.ts";

/** A slot that was verified, with what showed it where that is to be kept. */
export interface VerifiedSlot {
  readonly claim: ProvenClaim;
  readonly messageId: Digest;
  readonly tip: ProvenTip;
  /** Canonical `provenSlot` and `slotProof`. */
  readonly evidence: { readonly slot: Uint8Array; readonly proof: Uint8Array | null };
}

/** What is remembered of chains. */
export interface ProvenStore {
  /** Where the verified chain of a process ends; null where nothing of it is. */
  tip(process: Digest): Promise<ProvenTip | null>;
  /** The digest of the verified result of a slot. */
  digest(process: Digest, slot: number): Promise<Digest | null>;
  /** True if a verified slot has the message. */
  hasMessage(process: Digest, messageId: Digest): Promise<boolean>;
  /**
   * Adds the slot that comes next, durably, in one transaction with the comparison: false, and nothing
   * written, where another is next.
   */
  extend(slot: VerifiedSlot): Promise<boolean>;
}

/** What the chains stand on. */
export interface ProvenChainsOptions {
  readonly network: Digest;
  readonly store: ProvenStore;
  readonly verifier: SignatureVerifier;
  /** Null where the step is shown, else why not. Rejects where there is no verdict. */
  readonly checkStep: (step: ProvenStep) => Promise<string | null>;
  /** The bytes of a module; rejects where they are not there. */
  readonly moduleOf: (module: Digest) => Promise<Uint8Array>;
}

/** A slot that was announced: good but for its step. */
export interface AnnouncedSlot {
  readonly bytes: Uint8Array;
  readonly checked: CheckedSlot;
}

/** See the module comment. */
export class ProvenChains {
  readonly #options: ProvenChainsOptions;

  constructor(options: ProvenChainsOptions) {
    this.#options = options;
  }

  /** The first slot of a process that is not verified. */
  async next(process: Digest): Promise<number> {
    const tip = await this.#options.store.tip(process);
    return tip === null ? 0 : tip.tip.slot + 1;
  }

  /** True where the chain is verified up to exactly this result. */
  async isProven({ process, slot, digest }: ProvenClaim): Promise<boolean> {
    const verified = await this.#options.store.digest(process, slot);
    return verified !== null && equalBytes(verified, digest);
  }

  /** What `checkMessage` asks of one message, looked up beforehand. */
  async lookUp(
    message: Pick<LogItem, "body" | "authorisation">,
    target: SpawnTerms | null,
  ): Promise<IsProven> {
    // What cannot be read is refused by the check that follows, with its own code.
    const found = checked(() => claimOf(message, target));
    const claim = found.ok ? found.value : null;
    const isProven = claim !== null && (await this.isProven(claim));
    return (asked) => isProven && claim !== null && isSame(asked, claim);
  }

  /** What must be proven before an announced slot can be, and is not; null where nothing is. */
  async before(process: Digest, bytes: Uint8Array): Promise<ProvenClaim | null> {
    const tip = await this.#options.store.tip(process);
    const terms = tip === null ? null : termsOfSpawn(tip.spawn);
    const claim = claimOf(provenSlotRecord.decode(bytes), terms);
    return claim === null || (await this.isProven(claim)) ? null : claim;
  }

  /**
   * Checks an announced slot but for its step. Rejects with `EVIDENCE_GAP` where another slot comes
   * next, `EVIDENCE_FORK` where another result of the slot is verified, or what is wrong with it; null
   * where it is verified already.
   */
  async announce(process: Digest, bytes: Uint8Array): Promise<AnnouncedSlot | null> {
    const { network, store, verifier } = this.#options;
    const item = provenSlotRecord.decode(bytes);
    const tip = await store.tip(process);
    const { slot } = resultRecord.decode(item.result);
    const place = { process, slot, digest: resultDigestOf(item.result) };
    const next = tip === null ? 0 : tip.tip.slot + 1;
    if (place.slot > next) {
      throw new ProtocolError("EVIDENCE_GAP", { expected: next, got: place.slot });
    }
    if (place.slot < next) {
      if (await this.isProven(place)) return null;
      const fields = { process: idText(process), slot: place.slot };
      throw new ProtocolError("EVIDENCE_FORK", { ...fields, expected: "the verified result" });
    }
    const isSeen = await store.hasMessage(process, messageIdOf(item.body));
    const terms = tip === null ? null : termsOfSpawn(tip.spawn);
    const isProven = await this.lookUp(item, terms);
    const good = checkNextSlot(bytes, { network, process, tip, seen: () => isSeen, isProven });
    await checkSignatures(verifier, good);
    return { bytes, checked: good };
  }

  /**
   * Has the step of an announced slot checked, and remembers it. Rejects with `CONTENT_MISMATCH`,
   * `PROOF_INVALID`, or `EVIDENCE_FORK` where another was verified meanwhile.
   */
  async settle({ bytes, checked }: AnnouncedSlot, proof: Uint8Array | null): Promise<void> {
    const { store, checkStep, moduleOf } = this.#options;
    const { claim, step, terms, messageId, tip } = checked;
    checkProofBytes(checked, proof);
    const module = await moduleOf(terms.module);
    const wrong = await checkStep({ ...step, module, proof });
    if (wrong !== null) {
      const fields = { process: idText(claim.process), slot: claim.slot };
      throw new ProtocolError("PROOF_INVALID", { ...fields, got: wrong });
    }
    const evidence = { slot: bytes, proof };
    if (await store.extend({ claim, messageId, tip, evidence })) return;
    if (await this.isProven(claim)) return;
    throw new ProtocolError("EVIDENCE_FORK", { process: idText(claim.process), slot: claim.slot });
  }
}

/** All at once, by whoever verifies for this unit. */
async function checkSignatures(verifier: SignatureVerifier, slot: CheckedSlot): Promise<void> {
  const { claim, under, claims } = slot;
  const all = [
    ...under.headKey.map((one) => ["HEAD_KEY_INVALID", one] as const),
    ...under.head.map((one) => ["HEAD_INVALID", one] as const),
    ...claims.map((one) => ["SIGNATURE_INVALID", one] as const),
  ];
  const verdicts = await verifier.verify(all.map(([, one]) => one));
  const failed = all.find((_, i) => verdicts[i] !== true);
  if (failed === undefined) return;
  throw new ProtocolError(failed[0], { process: idText(claim.process), slot: claim.slot });
}

function checkProofBytes({ proof: announced }: CheckedSlot, proof: Uint8Array | null): void {
  if (announced === null && proof === null) return;
  const id = proof === null ? null : contentIdOf(proof);
  const isSize = proof?.length === announced?.size;
  if (announced !== null && id !== null && isSize && equalBytes(id, announced.hash)) return;
  throw new ProtocolError("CONTENT_MISMATCH", {
    expected: announced === null ? "no proof" : idText(announced.hash),
    got: id === null ? "no proof" : idText(id),
  });
}

/** What must be proven before a message is good; null where nothing must. Throws a decoder's code. */
export function claimOf(
  { body: bytes, authorisation }: Pick<LogItem, "body" | "authorisation">,
  target: SpawnTerms | null,
): ProvenClaim | null {
  const body = bodyRecord.decode(bytes);
  const terms = body.target === null ? spawnTermsOf(body) : target;
  if (terms?.evidence !== "proven" || body.owner.kind !== ownerKinds.process) return null;
  return kindOf(authorisation) === kinds.provenance ? provenClaimOf(authorisation) : null;
}

function isSame(one: ProvenClaim, other: ProvenClaim): boolean {
  return (
    one.slot === other.slot &&
    equalBytes(one.process, other.process) &&
    equalBytes(one.digest, other.digest)
  );
}
