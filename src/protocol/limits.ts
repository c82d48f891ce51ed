/**
 * Every bound of the protocol (spec/11-limits.md), in one place. Sizes are bytes, times are
 * milliseconds, gas is gas. Rules version 1.
 *
 * @module
 */

/** The rules version of this build: profile, ABI, prices, stack formula and limits (spec/06-execution.md). */
export const rulesVersion = 1;

/** Nesting of canonical bytes: the outermost value is at depth 1. */
export const codecDepthMax = 8;
/** A canonical value that arrives from outside, unless its record says less. */
export const canonicalBytesMax: number = 9 * 1024 * 1024;
/** Values in a canonical value, itself and arrays included: what is made before anything is checked. */
export const canonicalValuesMax = 131_072;
export const digestBytes = 32;

export const anchorBytesMax = 32;
export const tagCountMax = 64;
export const tagNameBytesMax = 64;
export const tagValueBytesMax = 3072;
export const dataBytesMax: number = 256 * 1024;
export const bodyBytesMax: number = 64 * 1024;
/** A provenance holds a spawn body, a result and up to `computeUnitsMax` attestations. */
export const authorisationBytesMax: number = 192 * 1024;
export const envelopeBytesMax: number = bodyBytesMax + authorisationBytesMax + dataBytesMax + 64;
export const bundleMessagesMax = 1024;
export const bundleBytesMax: number = 8 * 1024 * 1024;
export const batchEnvelopesMax = 1024;
export const batchBytesMax: number = 8 * 1024 * 1024;
export const treePathMax = 32;
export const computeUnitsMax = 8;
export const trustedUnitsMax = 16;
export const witnessesMax = 16;

export const moduleBytesMax: number = 1024 * 1024;
export const contentBytesMax: number = 8 * 1024 * 1024;

export const outputBytesMax: number = 1024 * 1024;
export const outboxItemsMax = 256;
export const logBytesMax: number = 16 * 1024;

export const memoryPageBytes = 65_536;
export const memoryLimitDefault: number = 16 * 1024 * 1024;
export const memoryLimitMax: number = 256 * 1024 * 1024;
export const gasLimitDefault = 8_000_000;
export const gasLimitMax = 64_000_000;
export const proveGasLimitDefault = 8_000_000;
export const proveGasLimitMax = 64_000_000;
/** Gas that an evaluation must at least afford: a smaller `Gas-Limit` is refused. */
export const gasLimitMin = 1_000;

/** How many messages may follow from one signed message, one below the other. */
export const depthMax = 1024;
export const budgetMax = 1_000_000_000_000;
/** What the client library gives a message that names no budget. */
export const budgetDefault = 10_000_000;
/** What a message costs at least of its sender's budget; a smaller share stops as `stopped(budget)`. */
export const messageGasMin = 20_000;
/** `not after` that the client library sets: ten minutes from signing. */
export const notAfterDefaultMs: number = 10 * 60 * 1000;

export const logPageEntriesMax = 256;
export const processPageMax = 500;
export const resultPageMax = 256;
export const historyPointsMax = 256;
export const proofQueueMax = 256;
export const messagePageMax = 100;
export const waitMaxMs = 60_000;

/** A proof with what it says: 64 segments of 700 KiB, and what they open of the state. */
export const slotProofBytesMax: number = 48 * 1024 * 1024;
/** A slot that is to be proven, without its proof. */
export const provenSlotBytesMax: number = 1024 * 1024;
/** Processes that one message's sender may hang on, each because the one before demands `proven`. */
export const provenDepthMax = 64;
export const receiptEntriesMax = 65_536;
export const receiptBytesMax: number = 64 * 1024 * 1024;
export const attestationBatchMax = 1024;
export const unclaimedRetryMaxMs: number = 7 * 24 * 60 * 60 * 1000;

/** Signature lines below a note, and a note with them: a line of ML-DSA-44 has 3.4 KB. */
export const noteSignaturesMax = 32;
export const noteBytesMax: number = 128 * 1024;
/** A head-key record, and an entry's receipt with head and cosignatures. */
export const headKeyBytesMax: number = 16 * 1024;
export const logReceiptBytesMax: number = 160 * 1024;
/** Entries whose receipts are asked for at once, and the answer: paths, a head, keys of witnesses. */
export const receiptPlacesMax = 1024;
export const receiptsQueryBytesMax: number = 64 * 1024;
export const logReceiptsBytesMax: number = 1536 * 1024;
/** Hashes of a consistency proof. */
export const consistencyHashesMax = 63;
/** A witness's request: a head with its signatures, and 63 hashes. */
export const addCheckpointBytesMax: number = 136 * 1024;
/** Parts of evidence. */
export const evidencePartsMax = 8;
/** Evidence against a log's keeper: at most two entries with receipts, or one with its message. */
export const logEvidenceBytesMax: number = 512 * 1024;
/** Evidence against a compute unit: at most a receipt, and an attested result. */
export const unitEvidenceBytesMax: number = receiptBytesMax + 32 * 1024;
