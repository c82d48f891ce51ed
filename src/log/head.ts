/**
 * Heads (spec/15-heads.md §3): how large a scheduler's log is and what its root is, as a C2SP
 * checkpoint with ML-DSA-44 cosignatures (tlog-checkpoint, tlog-cosignature). A cosignature covers
 * cosigner, time, origin, size and root, so neither a key nor a line can be moved to another log.
 *
 * @module
 */

import { fromBase64, toBase64 } from "../base/base64.ts";
import { concatBytes, u64be, utf8Bytes } from "../base/bytes.ts";
import { cosignedBytes, type HeadKey, headSignatureBytes } from "../crypto/head-key.ts";
import { algorithmMlDsa44, type SignatureClaim } from "../crypto/signature.ts";
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

const originForm = /^[^\s+]+$/u;
const sizeForm = /^(0|[1-9][0-9]{0,15})$/;
const timeBytes = 8;

function malformed(expected: string, got: string): ProtocolError {
  return new ProtocolError("HEAD_MALFORMED", { expected, got: got.slice(0, 80) });
}

function checkLengths(...texts: readonly string[]): void {
  for (const text of texts) {
    const { length } = utf8Bytes(text);
    if (length === 0 || length > 255) throw malformed("1 to 255 bytes", text);
  }
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

/** Signs a head. `seconds` since the Unix epoch. */
export function cosign(
  head: TreeHead,
  signer: { readonly name: string; readonly key: HeadKey; readonly seconds: number },
): NoteSignature {
  const { name, key, seconds } = signer;
  checkLengths(name, head.origin);
  const signature = key.sign(cosignedBytes({ name, seconds, ...head }));
  const keyId = noteKeyId(name, key.publicKey);
  return { name, keyId, signature: concatBytes(u64be(seconds), signature) };
}

/** A cosigner's time and signature; nobody has looked whether that holds. */
export interface CosignatureLine {
  /** Since the Unix epoch. */
  readonly seconds: number;
  /** 2,420 bytes. */
  readonly signature: Uint8Array;
}

/** The first line by this name and key; null where there is none of that form. */
export function lineOf(signed: SignedHead, cosigner: Cosigner): CosignatureLine | null {
  const [first] = linesOf(signed, cosigner);
  return first === undefined ? null : readLine(first.signature);
}

/** The signature that must hold for a line by this cosigner; null where there is none of that form. */
export function cosignatureClaim(signed: SignedHead, cosigner: Cosigner): SignatureClaim | null {
  const line = lineOf(signed, cosigner);
  return line === null ? null : claimOf(signed.head, cosigner, line);
}

/** All signatures that must hold: a line by a known key that does not hold spoils the note. Null as above. */
export function cosignatureClaims(
  signed: SignedHead,
  cosigner: Cosigner,
): readonly SignatureClaim[] | null {
  const lines = linesOf(signed, cosigner).map(({ signature }) => readLine(signature));
  if (lines.length === 0 || lines.includes(null)) return null;
  return lines.flatMap((line) => (line === null ? [] : [claimOf(signed.head, cosigner, line)]));
}

function claimOf(
  head: TreeHead,
  { name, publicKey }: Cosigner,
  { seconds, signature }: CosignatureLine,
): SignatureClaim {
  checkLengths(name, head.origin);
  const payload = cosignedBytes({ name, seconds, ...head });
  return { algorithm: algorithmMlDsa44, publicKey, signature, tag: null, payload };
}

/** When a cosigner says that it signed this head, in seconds; null where no line of its holds. */
export function cosignedAt(
  signed: SignedHead,
  cosigner: Cosigner,
  verify: Signatures["head"] = referenceSignatures.head,
): number | null {
  const times = linesOf(signed, cosigner).map(({ signature: line }) =>
    timeOf(signed.head, cosigner, { line, verify }),
  );
  // A line by a known key that does not hold spoils the note (signed-note, "Signatures").
  if (times.length === 0 || times.includes(null)) return null;
  return times[0] as number;
}

function linesOf(signed: SignedHead, { name, publicKey }: Cosigner): readonly NoteSignature[] {
  const keyId = noteKeyId(name, publicKey);
  return signed.signatures.filter(
    (line) => line.name === name && line.keyId.every((byte, i) => byte === keyId[i]),
  );
}

function readLine(line: Uint8Array): CosignatureLine | null {
  if (line.length !== timeBytes + headSignatureBytes) return null;
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  const seconds = Number(view.getBigUint64(0));
  return Number.isSafeInteger(seconds) ? { seconds, signature: line.subarray(timeBytes) } : null;
}

function timeOf(
  head: TreeHead,
  { name, publicKey }: Cosigner,
  { line, verify }: { readonly line: Uint8Array; readonly verify: Signatures["head"] },
): number | null {
  const read = readLine(line);
  if (read === null) return null;
  checkLengths(name, head.origin);
  const signed = cosignedBytes({ name, seconds: read.seconds, ...head });
  const { seconds, signature } = read;
  return verify({ publicKey, bytes: signed, signature }) ? seconds : null;
}
