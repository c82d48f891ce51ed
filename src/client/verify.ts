/**
 * The export `nymcompute/verify`: whether a receipt holds, whether a proof shows a result, and whom a file of
 * evidence convicts. Runs in
 * browsers and in Node, asks nobody, and holds no prover. What a proof says stands in docs/proofs.md.
 *
 * @module
 */

export type { Check, CheckStatus } from "./check-lines.ts";
export { type EvidenceVerdict, judgeEvidence } from "./judge-evidence.ts";
export { type ProofVerdict, type ProvenResult, verifyProof } from "./slot-proof.ts";
export {
  type ReceiptExpectation,
  type ReceiptLevel,
  type ReceiptVerdict,
  receiptLevels,
  verifyReceipt as verifyResult,
} from "./verify-receipt.ts";
