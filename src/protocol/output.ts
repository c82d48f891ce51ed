/**
 * The output (spec/06-execution.md §5): what `handle` returns, canonical bytes that the host judges.
 *
 * @module
 */

import { taggedHash } from "../crypto/hash.ts";
import { ProtocolError } from "./errors.ts";
import type { Digest } from "./ids.ts";
import { hashTags, kinds } from "./kinds.ts";
import { dataBytesMax, logBytesMax, outboxItemsMax, outputBytesMax } from "./limits.ts";
import { type Tag, tagsField } from "./message.ts";
import { bytes, digest, list, nullable, type RecordType, record, struct, text } from "./record.ts";

/** A message that a process sends. The host sets everything else of its body. */
export interface OutputMessage {
  readonly target: Digest;
  readonly tags: readonly Tag[];
  readonly data: Uint8Array | null;
}

/** A process that a process spawns. */
export interface OutputSpawn {
  readonly tags: readonly Tag[];
  readonly data: Uint8Array | null;
}

/** Everything that one evaluation returns. */
export interface Output {
  readonly output: Uint8Array;
  readonly messages: readonly OutputMessage[];
  readonly spawns: readonly OutputSpawn[];
  readonly logs: readonly string[];
}

const data = nullable(bytes(dataBytesMax));

const outputFields: RecordType<Output> = record<Output>(
  { name: "output", kind: kinds.output, bytesMax: outputBytesMax },
  {
    output: bytes(outputBytesMax),
    messages: list(
      struct<OutputMessage>({ target: digest, tags: tagsField, data }),
      outboxItemsMax,
    ),
    spawns: list(struct<OutputSpawn>({ tags: tagsField, data }), outboxItemsMax),
    logs: list(text(logBytesMax), logBytesMax),
  },
);

/** Kind 7, with the bounds that span fields. */
export const outputRecord: RecordType<Output> = {
  ...outputFields,
  decode: (received) => {
    const output = outputFields.decode(received);
    const items = output.messages.length + output.spawns.length;
    if (items > outboxItemsMax) {
      throw new ProtocolError("RECORD_FIELD", {
        field: "output.messages and output.spawns",
        expected: `at most ${outboxItemsMax} in all`,
        got: items,
      });
    }
    const logBytes = output.logs.reduce(
      (sum, line) => sum + new TextEncoder().encode(line).length,
      0,
    );
    if (logBytes > logBytesMax) {
      throw new ProtocolError("RECORD_FIELD", {
        field: "output.logs",
        expected: `at most ${logBytesMax} bytes in all`,
        got: logBytes,
      });
    }
    return output;
  },
};

/** The hash of all returned bytes. */
export function outputHashOf(output: Uint8Array): Digest {
  return taggedHash(hashTags.output, output);
}
