/**
 * Attested results of one process for tests of evidence (spec/16-evidence.md §2): its spawn, its module, and a result
 * that is honest but for what a test changes of it.
 *
 * @module
 */

import type { Identity } from "../crypto/identity.ts";
import { attest, attestationRecord } from "../protocol/attestation.ts";
import { contentIdOf, type Digest, messageIdOf } from "../protocol/ids.ts";
import { type Result, resultRecord } from "../protocol/result.ts";
import { encodeModule } from "../wasm/binary/encode.ts";
import { genesisRoot } from "../zkvm/genesis-root.ts";
import { EntryWriter } from "./honest-entries.ts";
import { minimalProcess } from "./minimal-process.ts";
import { type Composed, testIdentity } from "./sender.ts";

/** The compute units that the spawn names. */
export const namedUnits: readonly Identity[] = [testIdentity(5), testIdentity(8)];

export function fill(byte: number): Digest {
  return new Uint8Array(32).fill(byte);
}

export const module: Uint8Array = encodeModule(minimalProcess());
const authors = { network: fill(5), scheduler: fill(6), owner: testIdentity(3) };
export const spawn: Composed = new EntryWriter(authors).sender.spawn({
  module: contentIdOf(module),
  scheduler: authors.scheduler,
  compute: namedUnits.map(({ address }) => address),
});
const id = messageIdOf(spawn.body);

export const honestResult: Result = {
  ...{ rules: 1, process: id, slot: 0, entryHash: fill(7), messageId: id },
  ...{ module: contentIdOf(module), preRoot: genesisRoot(module), postRoot: fill(9) },
  ...{ inboxHash: fill(10), outputHash: null, outboxRoot: null, outboxCount: 0 },
  ...{ gasUsed: 5, exit: 0 },
};

/** A result with a unit's attestation, in a batch with others. */
export function attestedResult(
  changes: Partial<Result> = {},
  by: Identity = testIdentity(5),
): { readonly result: Uint8Array; readonly attestation: Uint8Array } {
  const result = resultRecord.encode({ ...honestResult, ...changes });
  const [, attestation] = attest(by, [fill(1), result, fill(2)]);
  if (attestation === undefined) throw new RangeError("a batch of three has three");
  return { result, attestation: attestationRecord.encode(attestation) };
}
