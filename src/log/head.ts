/**
 * Heads (spec/15-heads.md §3): how large a scheduler's log is and what its root is, as a C2SP
 * checkpoint with ML-DSA-44 cosignatures (tlog-checkpoint, tlog-cosignature). A cosignature covers
 * cosigner, time, origin, size and root, so neither a key nor a line can be moved to another log.
 *
 * @module
 */

import { fromBase64, toBase64 } from "../base/base64.ts";
import { concatBytes, u64be, utf8Bytes } from "../base/bytes.ts";
import { type HeadKey, headSignatureBytes } from "../crypto/head-key.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { referenceSignatures, type Signatures } from "./signatures.ts";
import { type NoteSignature, noteKeyId, parseNote, type SignedNote } from "./signed-note.ts";

/** What a head says. */
export interface TreeHead {
  /** Which log: up to 255 bytes of UTF-8. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** Root of RFC 6962, 32 bytes. */
  readonly root: Uint8Array;
}

/** Who signs: a name and an ML-DSA-44 key (1,312 bytes). */
export interface Cosigner {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

const label = utf8Bytes("subtree/v1\n\0");
const originForm = /^[^\s+]+$/u;
const sizeForm = /^(0|[1-9][0-9]{0,15})$/;
const timeBytes = 8;

function malformed(expected: string, got: string): ProtocolError {
  return new ProtocolError("HEAD_MALFORMED", { expected, got: got.slice(0, 80) });
}

/** A string of 1 to 255 bytes behind its length. */
function short(text: string): Uint8Array {
  const bytes = utf8Bytes(text);
  if (bytes.length === 0 || bytes.length > 255) throw malformed("1 to 255 bytes", text);
  return concatBytes(Uint8Array.of(bytes.length), bytes);
}

/** The note's text: origin, size, root. */
export function headText({ origin, size, root }: TreeHead): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/** Reads a note's text. Extension lines are refused: no cosignature covers them. */
export function parseHeadText(text: string): TreeHead {
  const [origin, size, root, ...more] = text.split("\n");
  if (origin === undefined || size === undefined || root === undefined || more.length !== 1) {
    throw malformed("three lines", text);
  }
  if (!originForm.test(origin)) throw malformed("an origin", origin);
  if (!sizeForm.test(size) || !Number.isSafeInteger(Number(size))) throw malformed("a size", size);
  const bytes = fromBase64(root);
  if (bytes === null || bytes.length !== 32) throw malformed("a root of 32 bytes", root);
  return { origin, size: Number(size), root: bytes };
}

/** A head with the signatures below it. */
export interface SignedHead extends SignedNote {
  readonly head: TreeHead;
}

/** Reads a signed head. Throws `NOTE_MALFORMED` and `HEAD_MALFORMED`. */
export function parseHead(bytes: Uint8Array): SignedHead {
  const note = parseNote(bytes);
  return { ...note, head: parseHeadText(note.text) };
}

/** tlog-cosignature's `cosigned_message` for a whole tree. */
function cosignedBytes(
  name: string,
  seconds: number,
  { origin, size, root }: TreeHead,
): Uint8Array {
  const range = concatBytes(u64be(0), u64be(size));
  return concatBytes(label, short(name), u64be(seconds), short(origin), range, root);
}

/** Signs a head. `seconds` since the Unix epoch. */
export function cosign(
  head: TreeHead,
  signer: { readonly name: string; readonly key: HeadKey; readonly seconds: number },
): NoteSignature {
  const { name, key, seconds } = signer;
  const signature = key.sign(cosignedBytes(name, seconds, head));
  const keyId = noteKeyId(name, key.publicKey);
  return { name, keyId, signature: concatBytes(u64be(seconds), signature) };
}

/** When a cosigner says that it signed this head, in seconds; null where no line of its holds. */
export function cosignedAt(
  signed: SignedHead,
  cosigner: Cosigner,
  verify: Signatures["head"] = referenceSignatures.head,
): number | null {
  const keyId = noteKeyId(cosigner.name, cosigner.publicKey);
  const own = signed.signatures.filter(
    ({ name, keyId: id }) => name === cosigner.name && id.every((byte, i) => byte === keyId[i]),
  );
  const times = own.map(({ signature }) =>
    timeOf(signed.head, cosigner, { line: signature, verify }),
  );
  // A line by a known key that does not hold spoils the note (signed-note, "Signatures").
  if (times.length === 0 || times.includes(null)) return null;
  return times[0] as number;
}

function timeOf(
  head: TreeHead,
  { name, publicKey }: Cosigner,
  { line, verify }: { readonly line: Uint8Array; readonly verify: Signatures["head"] },
): number | null {
  if (line.length !== timeBytes + headSignatureBytes) return null;
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  const seconds = Number(view.getBigUint64(0));
  if (!Number.isSafeInteger(seconds)) return null;
  const signed = cosignedBytes(name, seconds, head);
  const signature = line.subarray(timeBytes);
  return verify({ publicKey, bytes: signed, signature }) ? seconds : null;
}
