/**
 * Judges evidence from entries against each other (spec/16-evidence.md §1, E2 to E6). Each stands under a
 * signed head, so that its scheduler cannot deny it.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { type Entry, entryHashOf, entryRecord } from "../protocol/entry.ts";
import { headKeyRecord, originOf } from "../protocol/head-key.ts";
import { idText } from "../protocol/ids.ts";
import { evidenceTypes } from "../protocol/log-evidence.ts";
import { logReceiptRecord } from "../protocol/log-receipt.ts";
import { checkLogReceipt, type LogOwner } from "./check-log-receipt.ts";
import {
  type Conviction,
  type EvidenceJudge,
  type LogLie,
  ownerOf,
  partsOf,
  unshown,
} from "./evidence-judge.ts";
import type { Signatures } from "./signatures.ts";

/** A leaf under a signed head. */
export interface BoundLeaf {
  readonly owner: LogOwner;
  readonly leaf: Uint8Array;
  readonly treeIndex: number;
}

/** An entry, and where in the tree it was seen. */
export interface SeenEntry {
  readonly leaf: Uint8Array;
  readonly treeIndex: number;
  readonly entry: Entry;
}

/** An entry under a signed head. */
export type BoundEntry = BoundLeaf & SeenEntry;

function boundLeaf(leaf: Uint8Array, bytes: Uint8Array, signatures: Signatures): BoundLeaf {
  const receipt = logReceiptRecord.decode(bytes);
  const owner = ownerOf(headKeyRecord.decode(receipt.headKey));
  checkLogReceipt(leaf, receipt, owner, signatures);
  return { owner, leaf, treeIndex: receipt.treeIndex };
}

/** An entry and its receipt. Throws a code where either is not good. */
export function boundEntry(
  leaf: Uint8Array,
  receipt: Uint8Array,
  signatures: Signatures,
): BoundEntry {
  return { ...boundLeaf(leaf, receipt, signatures), entry: entryRecord.decode(leaf) };
}

function checkSameLog(one: BoundLeaf, other: BoundLeaf): void {
  const origins = [one, other].map(({ owner }) => originOf(owner.network, owner.scheduler));
  if (origins[0] !== origins[1]) throw unshown("two leaves of one log");
}

/** Two entries of one process in one log; the one with the lower slot first. */
function pairOf(
  parts: readonly Uint8Array[],
  signatures: Signatures,
): readonly [BoundEntry, BoundEntry] {
  const [first, firstReceipt, second, secondReceipt] = partsOf(parts, 4) as [
    ...[Uint8Array, Uint8Array, Uint8Array, Uint8Array],
  ];
  const one = boundEntry(first, firstReceipt, signatures);
  const other = boundEntry(second, secondReceipt, signatures);
  checkSameLog(one, other);
  if (!equalBytes(one.entry.process, other.entry.process)) throw unshown("one process");
  return one.entry.slot <= other.entry.slot ? [one, other] : [other, one];
}

/** What two entries of a process show, the lower slot first; null where nothing is wrong with them. */
export type PairFault = (one: SeenEntry, other: SeenEntry) => string | null;

/** A slot has one entry, and an entry one place. */
export const secondEntryFault: PairFault = (one, other) => {
  if (one.entry.slot !== other.entry.slot) return null;
  if (!equalBytes(one.leaf, other.leaf)) return "has two entries";
  return one.treeIndex === other.treeIndex ? null : "is in the tree twice";
};

/** An entry names the one before it. */
export const brokenChainFault: PairFault = (one, other) => {
  if (other.entry.slot !== one.entry.slot + 1) return null;
  const { previous } = other.entry;
  const isLinked = previous !== null && equalBytes(previous, entryHashOf(one.leaf));
  return isLinked ? null : `does not follow from slot ${one.entry.slot}`;
};

/** A message has one slot of a process. */
export const repeatedMessageFault: PairFault = (one, other) => {
  const isSame = equalBytes(one.entry.messageId, other.entry.messageId);
  return isSame && one.entry.slot !== other.entry.slot
    ? `has the message of slot ${one.entry.slot}`
    : null;
};

/** Time, epoch and place in the tree rise with the slot, and no slot is left out. */
export const wrongOrderFault: PairFault = (one, other) => {
  const [earlier, later] = [one.entry, other.entry];
  if (later.slot <= earlier.slot) return null;
  const than = `than slot ${earlier.slot}`;
  if (later.timestamp < earlier.timestamp) return `has an earlier time ${than}`;
  if (later.epoch < earlier.epoch) return `has an earlier epoch ${than}`;
  if (other.treeIndex < one.treeIndex) return `stands earlier in the tree ${than}`;
  const isNext = later.previous !== null && equalBytes(later.previous, entryHashOf(one.leaf));
  return isNext && later.slot > earlier.slot + 1 ? `follows on slot ${earlier.slot}` : null;
};

/** Slot 0, and no other, has no entry before it. */
export function wrongStart({ slot, previous }: Entry): string | null {
  if ((slot === 0) === (previous === null)) return null;
  return slot === 0 ? "names an entry before it" : "names no entry before it";
}

function convicted(code: LogLie, { entry, owner }: BoundEntry, fault: string): Conviction {
  const detail = `slot ${entry.slot} of ${idText(entry.process)} ${fault}`;
  return { scheduler: owner.scheduler, code, detail };
}

function pairJudge(code: LogLie, faultOf: PairFault, expected: string): EvidenceJudge {
  return (parts, signatures) => {
    const [one, other] = pairOf(parts, signatures);
    const fault = faultOf(one, other);
    if (fault === null) throw unshown(expected);
    return convicted(code, other, fault);
  };
}

const brokenPair = pairJudge(
  "E4",
  brokenChainFault,
  "an entry that does not follow from the other",
);

const brokenChain: EvidenceJudge = (parts, signatures) => {
  if (parts.length !== 2) return brokenPair(parts, signatures);
  const [leaf, receipt] = parts as [Uint8Array, Uint8Array];
  const bound = boundEntry(leaf, receipt, signatures);
  const fault = wrongStart(bound.entry);
  if (fault === null) throw unshown("an entry that begins no chain, or a slot 0 that does not");
  return convicted("E4", bound, fault);
};

const twoLeaves: EvidenceJudge = (parts, signatures) => {
  const [first, firstReceipt, second, secondReceipt] = partsOf(parts, 4) as [
    ...[Uint8Array, Uint8Array, Uint8Array, Uint8Array],
  ];
  const one = boundLeaf(first, firstReceipt, signatures);
  const other = boundLeaf(second, secondReceipt, signatures);
  checkSameLog(one, other);
  if (one.treeIndex !== other.treeIndex) throw unshown("one place");
  if (equalBytes(one.leaf, other.leaf)) throw unshown("two leaves");
  const { network, scheduler } = one.owner;
  const detail = `${originOf(network, scheduler)} has two leaves at ${one.treeIndex}`;
  return { scheduler, code: "E2", detail };
};

/** By type of evidence. */
export const entryJudges: readonly (readonly [number, EvidenceJudge])[] = [
  [evidenceTypes.secondEntry, pairJudge("E3", secondEntryFault, "one slot twice")],
  [evidenceTypes.brokenChain, brokenChain],
  [evidenceTypes.repeatedMessage, pairJudge("E5", repeatedMessageFault, "one message twice")],
  [evidenceTypes.wrongOrder, pairJudge("E6", wrongOrderFault, "an order that falls, or a gap")],
  [evidenceTypes.twoLeaves, twoLeaves],
];
