/**
 * The registry of record kinds and of hash tags (spec/02-encoding.md §4 and §5). A number or a tag
 * is never given twice.
 *
 * @module
 */

export const kinds = {
  body: 1,
  signature: 2,
  bundleMember: 3,
  provenance: 4,
  entry: 5,
  inbox: 6,
  output: 7,
  result: 8,
  attestation: 9,
  envelope: 10,
  bundle: 11,
  batch: 12,
  logPage: 13,
  evaluation: 14,
  evaluationPage: 15,
  acceptance: 16,
  acceptances: 17,
  dryRun: 18,
  slotProof: 19,
  receipt: 20,
  headKey: 21,
  logReceipt: 22,
  logEvidence: 23,
  receiptsQuery: 24,
  logReceipts: 25,
  provenSlot: 26,
  unitEvidence: 27,
  provenStand: 28,
} as const;

/** Tags of H(tag, bytes) = SHA-256(tag ‖ 0x00 ‖ bytes). */
export const hashTags = {
  messageId: "nymcompute/message-id/v1",
  data: "nymcompute/data/v1",
  authorisation: "nymcompute/authorisation/v1",
  entry: "nymcompute/entry/v1",
  inbox: "nymcompute/inbox/v1",
  output: "nymcompute/output/v1",
  result: "nymcompute/result/v1",
} as const;
