/**
 * What a proof says (spec/14-zkvm.md §5): one step of one process, from root to root.
 *
 * @module
 */

import { sha256 } from "../crypto/hash.ts";
import { verifyingKey } from "./system.ts";

/** What the terms of a process allow a slot. */
export interface SlotLimits {
  readonly gasLimit: number;
  /** Pages of 64 KiB. */
  readonly memoryPagesMax: number;
}

/** `StepStatement.exit`, as in results (`src/protocol/result.ts`). */
export const stepExits = { ok: 0, failed: 1 } as const;

/** One step. Digests and roots have 32 bytes. */
export interface StepStatement {
  /** Digest of the verifying key: tables, parameters and version of the translator. */
  readonly key: Uint8Array;
  /** SHA-256 of the module's bytes. */
  readonly module: Uint8Array;
  readonly limits: SlotLimits;
  /** Slot 0: `_start` runs first. */
  readonly first: boolean;
  readonly preRoot: Uint8Array;
  readonly inboxHash: Uint8Array;
  readonly exit: number;
  readonly gasUsed: number;
  /** The pre-root where the step failed. */
  readonly postRoot: Uint8Array;
  /** `outputHashOf` the returned bytes; null where the step failed. */
  readonly returnedHash: Uint8Array | null;
  readonly returnedLength: number;
}

/** Part of the key: another translation of the same module is another machine. */
export const translatorVersion = 1;

/** The digest of the verifying key, with the translator's version. */
export const stepKey: Uint8Array = ((): Uint8Array => {
  const words = Uint32Array.of(translatorVersion, ...verifyingKey.digest);
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  return sha256(bytes);
})();

/** The statement as bytes of fixed places; the context that the proof is bound to. */
export function statementBytes(statement: StepStatement): Uint8Array {
  const { key, module, limits, preRoot, inboxHash, postRoot } = statement;
  const bytes = new Uint8Array(6 * 32 + 7 * 8);
  const returned = statement.returnedHash ?? new Uint8Array(32);
  [key, module, preRoot, inboxHash, postRoot, returned].forEach((digest, i) => {
    bytes.set(digest, 32 * i);
  });
  const view = new DataView(bytes.buffer, 6 * 32);
  const isReturned = statement.returnedHash === null ? 0 : 1;
  const numbers = [
    limits.gasLimit,
    limits.memoryPagesMax,
    statement.first ? 1 : 0,
    statement.exit,
    statement.gasUsed,
    statement.returnedLength,
    isReturned,
  ];
  numbers.forEach((number, i) => {
    view.setBigUint64(8 * i, BigInt(number), true);
  });
  return bytes;
}
