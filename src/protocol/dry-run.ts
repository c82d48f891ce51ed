/**
 * A dry run (spec/09-http.md §5): an unsigned message evaluated on the newest state of a process.
 * Nothing is logged, kept or signed; its answer is an evaluation that says so.
 *
 * @module
 */

import { kinds } from "./kinds.ts";
import { dataBytesMax, envelopeBytesMax } from "./limits.ts";
import { type Owner, ownerField, type Tag, tagsField } from "./message.ts";
import { bytes, nullable, type RecordType, record } from "./record.ts";

/** What is asked. The sender is only said to be who it is. */
export interface DryRun {
  readonly owner: Owner;
  readonly tags: readonly Tag[];
  readonly data: Uint8Array | null;
}

/** Kind 18. */
export const dryRunRecord: RecordType<DryRun> = record<DryRun>(
  { name: "dryRun", kind: kinds.dryRun, bytesMax: envelopeBytesMax },
  { owner: ownerField, tags: tagsField, data: nullable(bytes(dataBytesMax)) },
);
