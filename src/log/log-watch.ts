/**
 * What whoever meets heads and receipts does with them (spec/16-evidence.md §3): holds each against
 * those that came before, whatever log they are of. Nothing is a lie here that its judge does not
 * convict of, so that an honest scheduler is never accused.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { checked } from "../protocol/errors.ts";
import { headKeyClaim, headKeyRecord } from "../protocol/head-key.ts";
import { evidenceTypes, type LogEvidence, logEvidenceRecord } from "../protocol/log-evidence.ts";
import { type LogReceipt, logReceiptRecord } from "../protocol/log-receipt.ts";
import { checkEvidence } from "./check-evidence.ts";
import { checkHead, checkLogReceipt } from "./check-log-receipt.ts";
import { type Conviction, ownerOf } from "./evidence-judge.ts";
import { parseHead } from "./head.ts";
import { SeenEntries, type Suspicion } from "./seen-entries.ts";
import { referenceSignatures, type Signatures } from "./signatures.ts";

/** Evidence that convicts. */
export interface Accusation {
  readonly conviction: Conviction;
  /** The file. */
  readonly file: Uint8Array;
}

/** The evidence as a file, if its judge convicts. */
export function accusationOf(
  evidence: LogEvidence,
  signatures: Signatures = referenceSignatures,
): Accusation | null {
  const verdict = checked(() => checkEvidence(evidence, signatures));
  if (!verdict.ok) return null;
  return { conviction: verdict.value, file: logEvidenceRecord.encode(evidence) };
}

/** The evidence that a suspicion makes, with receipts of its entries in their order. */
export function suspicionEvidence(
  { type, entries }: Suspicion,
  receipts: readonly Uint8Array[],
): LogEvidence {
  const parts = entries.flatMap(({ leaf }, i) => [leaf, receipts[i] ?? new Uint8Array()]);
  return { type, parts };
}

interface WatchedLog {
  readonly headKey: Uint8Array;
  /** By size: the first head of it, as a note. */
  readonly heads: Map<number, { readonly root: Uint8Array; readonly note: Uint8Array }>;
  readonly entries: SeenEntries;
  /** By place in the tree: the leaf with its receipt. */
  readonly leaves: Map<number, { readonly leaf: Uint8Array; readonly receipt: Uint8Array }>;
}

/** Heads and leaves of one log that are kept; of more the oldest are forgotten. */
const keptMax = 4096;

export class LogWatch {
  readonly #signatures: Signatures;
  readonly #logs = new Map<string, WatchedLog>();

  constructor(signatures: Signatures = referenceSignatures) {
    this.#signatures = signatures;
  }

  /** Takes a head-key record; one that does not hold says nothing about anyone. */
  takeHeadKey(headKey: Uint8Array): Accusation | null {
    const log = this.#logOf(headKey);
    if (log === null || equalBytes(log.headKey, headKey)) return null;
    const parts = [log.headKey, headKey];
    return this.#accuse({ type: evidenceTypes.secondHeadKey, parts });
  }

  /** Takes a head with the record of its key. */
  takeHead(note: Uint8Array, headKey: Uint8Array): Accusation | null {
    const second = this.takeHeadKey(headKey);
    if (second !== null) return second;
    const log = this.#logOf(headKey);
    if (log === null) return null;
    const owner = ownerOf(headKeyRecord.decode(headKey));
    const head = checked(() => checkHead({ head: note, headKey }, owner, this.#signatures));
    if (!head.ok) return this.#accuse({ type: evidenceTypes.secondOrigin, parts: [headKey, note] });
    const { size, root } = head.value.signed.head;
    const known = log.heads.get(size);
    if (known === undefined) keep(log.heads, size, { root, note });
    if (known === undefined || equalBytes(known.root, root)) return null;
    return this.#accuse({ type: evidenceTypes.twoRoots, parts: [headKey, known.note, note] });
  }

  /** Takes an entry with its receipt. */
  takeEntry(leaf: Uint8Array, receipt: Uint8Array): Accusation | null {
    const read = this.#receiptOf(leaf, receipt);
    if (read === null) return null;
    const forked = this.takeHead(read.head, read.headKey);
    if (forked !== null) return forked;
    const log = this.#logOf(read.headKey);
    if (log === null) return null;
    const { treeIndex } = read;
    const known = log.leaves.get(treeIndex);
    if (known !== undefined) {
      if (equalBytes(known.leaf, leaf)) return null;
      const parts = [known.leaf, known.receipt, leaf, receipt];
      return this.#accuse({ type: evidenceTypes.twoLeaves, parts });
    }
    keep(log.leaves, treeIndex, { leaf, receipt });
    const suspicion = checked(() => log.entries.take(leaf, treeIndex));
    return suspicion.ok && suspicion.value !== null ? this.#held(log, suspicion.value) : null;
  }

  /**
   * Takes an entry back that was taken before and kept: its signatures were looked at then. Should it be
   * another one, it convicts nobody, because its judge looks again. False where it cannot be read.
   */
  remember(leaf: Uint8Array, receipt: Uint8Array): boolean {
    return checked(() => {
      const { head, headKey, treeIndex } = logReceiptRecord.decode(receipt);
      const { size, root } = parseHead(head).head;
      const log = this.#logOf(headKey);
      if (log === null || log.leaves.has(treeIndex)) return;
      if (!log.heads.has(size)) keep(log.heads, size, { root, note: head });
      keep(log.leaves, treeIndex, { leaf, receipt });
      log.entries.take(leaf, treeIndex);
    }).ok;
  }

  /** The newest head of a log that was seen; null where none was. */
  newestHead(headKey: Uint8Array): Uint8Array | null {
    const log = this.#logOf(headKey);
    const newest = log === null ? 0 : Math.max(0, ...log.heads.keys());
    return log?.heads.get(newest)?.note ?? null;
  }

  /** Takes the message that an entry names; `spawn` is the body of its process's spawn. */
  takeMessage(
    { leaf, receipt }: { readonly leaf: Uint8Array; readonly receipt: Uint8Array },
    message: { readonly body: Uint8Array; readonly authorisation: Uint8Array },
    spawn: Uint8Array,
  ): Accusation | null {
    const { body, authorisation } = message;
    const foreign = { type: evidenceTypes.foreignProcess, parts: [leaf, receipt, spawn] };
    const parts = [leaf, receipt, body, authorisation, spawn];
    return this.#accuse(foreign) ?? this.#accuse({ type: evidenceTypes.wrongMessage, parts });
  }

  #receiptOf(leaf: Uint8Array, bytes: Uint8Array): LogReceipt | null {
    const read = checked(() => {
      const receipt = logReceiptRecord.decode(bytes);
      const owner = ownerOf(headKeyRecord.decode(receipt.headKey));
      checkLogReceipt(leaf, receipt, owner, this.#signatures);
      return receipt;
    });
    return read.ok ? read.value : null;
  }

  #held(log: WatchedLog, suspicion: Suspicion): Accusation | null {
    const receipts = suspicion.entries.map(
      ({ treeIndex }) => log.leaves.get(treeIndex)?.receipt ?? new Uint8Array(),
    );
    return this.#accuse(suspicionEvidence(suspicion, receipts));
  }

  /** The log that a record states; null where the record is not good. */
  #logOf(headKey: Uint8Array): WatchedLog | null {
    const statement = checked(() => headKeyRecord.decode(headKey));
    if (!statement.ok) return null;
    const known = this.#logs.get(statement.value.origin);
    if (known !== undefined) return known;
    if (!this.#isGood(headKey)) return null;
    const leaves: WatchedLog["leaves"] = new Map();
    const entries = new SeenEntries((treeIndex) => leaves.get(treeIndex)?.leaf ?? new Uint8Array());
    const log = { headKey, heads: new Map(), leaves, entries };
    this.#logs.set(statement.value.origin, log);
    return log;
  }

  #isGood(headKey: Uint8Array): boolean {
    const holds = checked(() => {
      const statement = headKeyRecord.decode(headKey);
      return this.#signatures.claim(headKeyClaim(statement, ownerOf(statement)));
    });
    return holds.ok && holds.value;
  }

  #accuse(evidence: LogEvidence): Accusation | null {
    return accusationOf(evidence, this.#signatures);
  }
}

function keep<Value>(map: Map<number, Value>, key: number, value: Value): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > keptMax && oldest !== undefined) map.delete(oldest);
}
