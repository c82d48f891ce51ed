/**
 * Bounds of a messenger beside those of the protocol (spec/11-limits.md): what waits, what is
 * remembered, how long. An operator may choose those in `MessengerLimits`.
 *
 * @module
 */

/** Bounds that an operator may choose. Counts are messages. */
export interface MessengerLimits {
  /** What one address on the network may hand in each second, and at once after a rest. */
  readonly remotePerSecond: number;
  readonly remoteBurst: number;
  /** What one owner may have signed each second, and at once after a rest. */
  readonly ownerPerSecond: number;
  readonly ownerBurst: number;
  /** Between the request and the slot; more are refused with `OVERLOADED`. */
  readonly inFlightMax: number;
  /** With a slot and without an evaluation; more are refused with `OVERLOADED`. */
  readonly unevaluatedMax: number;
  /** Event streams at once. */
  readonly streamsMax: number;
  /** Of one address. */
  readonly streamsOfOneMax: number;
}

export const messengerLimitDefaults: MessengerLimits = {
  remotePerSecond: 20_000,
  remoteBurst: 40_000,
  ownerPerSecond: 10_000,
  ownerBurst: 20_000,
  inFlightMax: 16_384,
  unevaluatedMax: 1_000_000,
  streamsMax: 1_000,
  streamsOfOneMax: 250,
};

/** Owners and remotes whose buckets are remembered. */
export const bucketsMax = 100_000;
/** Messages of one remote that are on their way to schedulers before anybody has verified them. */
export const passagesMax = 256;
/** Processes whose place is remembered. */
export const locatedMax = 10_000;
/** That no scheduler serves a process is believed for so long. */
export const unknownProcessMs = 2_000;
/** How long a unit whose address is not known is waited for, where others may do. */
export const learnMs = 1_000;
/** Batches that are under way to one scheduler at a time. */
export const batchesInFlightMax = 4;
/** Messages that travel together although another request might take some of them. */
export const batchShareMin = 24;
/** Bundles that are: each is as large as it is, so there is nothing to wait for. */
export const bundlesInFlightMax = 8;
/** Long polls to compute units at a time. */
export const longPollsMax = 256;
/**
 * How long one long poll waits where nobody else wants its place, and where somebody does: as long as a
 * compute unit takes for the 256 of them. With 1 s each of many spawns was asked for twice.
 */
export const longPollMs = 20_000;
export const longPollSharedMs = 3_000;
/** Pushes under way at a time, and how long a claim of one lasts. */
export const pushesInFlightMax = 512;
export const pushVisibilityMs = 10_000;
/** Back-off of a push: the first wait and the longest. */
export const pushBackoffMinMs = 250;
export const pushBackoffMaxMs = 60_000;
/** Back-off of a push that waits for proofs of its source. */
export const proofBackoffMaxMs = 5_000;
/** How long one try waits for a proof or a head, how many do at a time, and how long one hands in. */
export const proofWaitMs = 2_500;
export const proofWaitsMax = 64;
export const provenTryMs = 5_000;
/** Back-off of a message that no scheduler takes: a notice to a person stays one for days. */
export const unclaimedBackoffMinMs = 2_000;
export const unclaimedBackoffMaxMs: number = 6 * 60 * 60 * 1000;
/** How often what was accepted and has no slot is handed to its scheduler again. */
export const recoveryMs = 30_000;
/** An event stream ends after this time; its reader comes back. */
export const streamMs: number = 30 * 60 * 1000;
