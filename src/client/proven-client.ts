/**
 * A scheduler's verified chains of proofs (spec/09-http.md §5.4) as functions: how far one is, what
 * showed a slot, and the two steps in which a slot is handed in.
 *
 * @module
 */

import { mediaTypes } from "../protocol/http.ts";
import { type Digest, idText } from "../protocol/ids.ts";
import { provenSlotBytesMax, slotProofBytesMax } from "../protocol/limits.ts";
import { type ProvenStand, provenSlotRecord, provenStandRecord } from "../protocol/proven-slot.ts";
import { nullIfUnknown } from "./scheduler-client.ts";
import { jsonOf, type UnitCaller } from "./unit-call.ts";

/** A signature check waits for its turn, and a verification for those before it. */
const verificationMs = 65_000;

/** What showed a slot: canonical `provenSlot` and `slotProof`. */
export interface SlotEvidence {
  readonly slot: Uint8Array;
  /** Null where the rules alone show the result. */
  readonly proof: Uint8Array | null;
}

/** How far a process is verified there; null of a scheduler that verifies no chains. */
export async function provenStand(unit: UnitCaller, process: Digest): Promise<ProvenStand | null> {
  const path = `/proven/${idText(process)}`;
  const answer = await nullIfUnknown(unit.call({ method: "GET", path }));
  return answer === null ? null : provenStandRecord.decode(answer.body);
}

/** What showed a slot there, or null where it is not verified. Nothing of it is believed. */
export async function provenSlot(
  unit: UnitCaller,
  process: Digest,
  slot: number,
): Promise<SlotEvidence | null> {
  const path = pathOf(process, slot);
  const request = { method: "GET", path, answerBytesMax: provenSlotBytesMax } as const;
  const answer = await nullIfUnknown(unit.call(request));
  if (answer === null) return null;
  const { proofHash } = provenSlotRecord.decode(answer.body);
  if (proofHash === null) return { slot: answer.body, proof: null };
  const proof = await unit.call({
    ...{ method: "GET", path: `${path}/proof` },
    answerBytesMax: slotProofBytesMax,
  });
  return { slot: answer.body, proof: proof.body };
}

/** Announces a slot. True where its proof is awaited, false where it is verified already. */
export async function announceProvenSlot(
  unit: UnitCaller,
  place: { readonly process: Digest; readonly slot: number },
  bytes: Uint8Array,
): Promise<boolean> {
  const answer = await unit.call({
    method: "PUT",
    path: pathOf(place.process, place.slot),
    body: bytes,
    contentType: mediaTypes.canonical,
    accept: mediaTypes.json,
    timeoutMs: verificationMs,
  });
  return jsonOf<{ readonly state: string }>(answer).state === "announced";
}

/** Hands in the proof of an announced slot; resolves when it is verified. */
export async function putProof(
  unit: UnitCaller,
  place: { readonly process: Digest; readonly slot: number },
  proof: Uint8Array,
): Promise<void> {
  await unit.call({
    method: "PUT",
    path: `${pathOf(place.process, place.slot)}/proof`,
    body: proof,
    contentType: mediaTypes.canonical,
    accept: mediaTypes.json,
    timeoutMs: verificationMs,
  });
}

function pathOf(process: Digest, slot: number): string {
  return `/proven/${idText(process)}/${slot}`;
}
