/**
 * Signed notes (spec/15-heads.md §2; C2SP signed-note v1.0.0): a text, an empty line, and signature
 * lines. Parsing says nothing about whether a signature holds.
 *
 * @module
 */

import { fromBase64, toBase64 } from "../base/base64.ts";
import { concatBytes, utf8Bytes, utf8Text } from "../base/bytes.ts";
import { sha256 } from "../crypto/hash.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { noteBytesMax, noteSignaturesMax } from "../protocol/limits.ts";

/** C2SP's type of ML-DSA-44 cosignatures, the only one that is made and verified here. */
export const cosignatureType = 0x06;
const keyIdBytes = 4;
const lineStart = "— ";
const nameForm = /^[^\s+]{1,255}$/u;
const newline = 0x0a;

/** A line below a note: who signed, and what the line holds. */
export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SignedNote {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

function malformed(expected: string, got: string): ProtocolError {
  return new ProtocolError("NOTE_MALFORMED", { expected, got: got.slice(0, 80) });
}

/** SHA-256(name ‖ newline ‖ type ‖ key)[:4]: which of a name's keys a line is by. */
export function noteKeyId(name: string, publicKey: Uint8Array): Uint8Array {
  const start = utf8Bytes(`${name}\n`);
  return sha256(concatBytes(start, Uint8Array.of(cosignatureType), publicKey)).slice(0, keyIdBytes);
}

/** A signature line with its newline. */
export function signatureLine({ name, keyId, signature }: NoteSignature): string {
  return `${lineStart}${name} ${toBase64(concatBytes(keyId, signature))}\n`;
}

export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(signatureLine).join("")}`;
}

/** Reads signature lines, each with its newline. Throws `NOTE_MALFORMED`. */
export function parseSignatureLines(lines: string): NoteSignature[] {
  if (!lines.endsWith("\n")) throw malformed("signature lines", lines);
  const each = lines.slice(0, -1).split("\n");
  if (each.length > noteSignaturesMax) {
    throw malformed(`at most ${noteSignaturesMax} signatures`, `${each.length}`);
  }
  return each.map(parseSignatureLine);
}

function parseSignatureLine(line: string): NoteSignature {
  const [name, encoded, ...more] = line.slice(lineStart.length).split(" ");
  if (!line.startsWith(lineStart) || name === undefined || more.length > 0) {
    throw malformed("a signature line", line);
  }
  const bytes = fromBase64(encoded ?? "");
  if (!nameForm.test(name) || bytes === null || bytes.length <= keyIdBytes) {
    throw malformed("name, key id and signature", line);
  }
  return { name, keyId: bytes.slice(0, keyIdBytes), signature: bytes.slice(keyIdBytes) };
}

/** Reads a note. Throws `NOTE_MALFORMED`. */
export function parseNote(bytes: Uint8Array): SignedNote {
  if (bytes.length > noteBytesMax)
    throw malformed(`at most ${noteBytesMax} bytes`, `${bytes.length}`);
  const hasControls = bytes.some((byte) => byte < 0x20 && byte !== newline);
  const note = hasControls ? null : utf8Text(bytes);
  if (note === null) throw malformed("UTF-8 without controls", "other bytes");
  // The text may hold empty lines: the last one ends it.
  const end = note.lastIndexOf("\n\n");
  if (end < 0) throw malformed("text, an empty line, signatures", note);
  return { text: note.slice(0, end + 1), signatures: parseSignatureLines(note.slice(end + 2)) };
}
