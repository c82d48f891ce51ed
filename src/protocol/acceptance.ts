/**
 * What a unit answers to a message (spec/09-http.md §3): its id, where it was put, and what is known
 * of it so far. A batch or a bundle answers one of these each, with an error in place of a slot.
 *
 * @module
 */

import type { ProtocolError } from "./errors.ts";
import type { Digest } from "./ids.ts";
import { kinds } from "./kinds.ts";
import { batchEnvelopesMax, logReceiptBytesMax } from "./limits.ts";
import {
  bytes,
  digest,
  list,
  nullable,
  type RecordType,
  record,
  struct,
  text,
  uint,
} from "./record.ts";

/** Why one message of many was refused. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
}

/** Where a message stands. */
export interface Acceptance {
  readonly id: Digest;
  readonly process: Digest;
  /** Nil until the scheduler has given one. */
  readonly slot: number | null;
  /** The canonical entry, as soon as there is a slot. */
  readonly assignment: Uint8Array | null;
  /** The canonical logReceipt, where finality was waited for and came. */
  readonly receipt: Uint8Array | null;
  /** The canonical evaluation, where the result was waited for and is there. */
  readonly evaluation: Uint8Array | null;
  readonly error: Refusal | null;
}

const acceptanceFields = {
  id: digest,
  process: digest,
  slot: nullable(uint()),
  assignment: nullable(bytes(512)),
  receipt: nullable(bytes(logReceiptBytesMax)),
  evaluation: nullable(bytes(20 * 1024 * 1024)),
  error: nullable(struct<Refusal>({ code: text(64), detail: text(2048) })),
};

/** Kind 16. */
export const acceptanceRecord: RecordType<Acceptance> = record<Acceptance>(
  { name: "acceptance", kind: kinds.acceptance, bytesMax: 24 * 1024 * 1024 },
  acceptanceFields,
);

/** Kind 17. */
export const acceptancesRecord: RecordType<{ readonly acceptances: readonly Acceptance[] }> =
  record<{ readonly acceptances: readonly Acceptance[] }>(
    { name: "acceptances", kind: kinds.acceptances, bytesMax: 64 * 1024 * 1024 },
    { acceptances: list(struct<Acceptance>(acceptanceFields), batchEnvelopesMax) },
  );

/** The acceptance of a message that has its slot. */
export function assigned(parts: {
  readonly id: Digest;
  readonly process: Digest;
  readonly slot: number;
  readonly entry: Uint8Array;
}): Acceptance {
  const { id, process, slot, entry } = parts;
  return { id, process, slot, assignment: entry, receipt: null, evaluation: null, error: null };
}

/** The acceptance, or rather refusal, of one message among many. */
export function refused(
  message: { readonly id: Digest; readonly process: Digest },
  error: ProtocolError,
): Acceptance {
  return {
    id: message.id,
    process: message.process,
    slot: null,
    assignment: null,
    receipt: null,
    evaluation: null,
    error: { code: error.code, detail: error.message.slice(0, 500) },
  };
}
