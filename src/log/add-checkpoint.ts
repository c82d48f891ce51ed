/**
 * What a log asks of a witness (spec/15-heads.md §8; C2SP tlog-witness, `add-checkpoint`): from which
 * size it goes on, the consistency proof, and the head.
 *
 * @module
 */

import { fromBase64, toBase64 } from "../base/base64.ts";
import { utf8Bytes, utf8Text } from "../base/bytes.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { addCheckpointBytesMax } from "../protocol/limits.ts";
import { parseHead, type SignedHead } from "./head.ts";

/** Hashes of a consistency proof. */
const proofHashesMax = 63;

export interface AddCheckpoint {
  /** The size that the witness is thought to know, 0 where none. */
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly signed: SignedHead;
  /** The head's own bytes. */
  readonly note: Uint8Array;
}

function malformed(expected: string, got: string): ProtocolError {
  return new ProtocolError("REQUEST_INVALID", { expected, got: got.slice(0, 80) });
}

export function formatAddCheckpoint(
  request: Pick<AddCheckpoint, "oldSize" | "proof" | "note">,
): Uint8Array {
  const lines = [`old ${request.oldSize}`, ...request.proof.map(toBase64), ""];
  return utf8Bytes(`${lines.join("\n")}\n${utf8Text(request.note) ?? ""}`);
}

/** Reads a request. Throws `REQUEST_INVALID`, `NOTE_MALFORMED` or `HEAD_MALFORMED`. */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  const text = body.length > addCheckpointBytesMax ? null : utf8Text(body);
  if (text === null) throw malformed(`UTF-8 of at most ${addCheckpointBytesMax} bytes`, "other");
  const end = text.indexOf("\n\n");
  const [old, ...hashes] = text.slice(0, Math.max(0, end)).split("\n");
  const size = /^old (0|[1-9][0-9]{0,15})$/.exec(old ?? "")?.[1];
  if (size === undefined || !Number.isSafeInteger(Number(size))) {
    throw malformed("old <size>", old ?? "");
  }
  if (hashes.length > proofHashesMax)
    throw malformed(`${proofHashesMax} hashes`, `${hashes.length}`);
  const proof = hashes.map((hash) => {
    const bytes = fromBase64(hash);
    if (bytes === null || bytes.length !== 32) throw malformed("a hash of 32 bytes", hash);
    return bytes;
  });
  const note = utf8Bytes(text.slice(end + 2));
  const signed = parseHead(note);
  if (Number(size) > signed.head.size) throw malformed(`at most ${signed.head.size}`, size);
  return { oldSize: Number(size), proof, signed, note };
}
