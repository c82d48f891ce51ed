/**
 * Ids (spec/02-encoding.md §6): 32 bytes, written as 43 characters of unpadded base64url. The other
 * three spellings of the same digest are refused.
 *
 * @module
 */

import { fromBase64url, toBase64url } from "../base/bytes.ts";
import { sha256, taggedHash } from "../crypto/hash.ts";
import { ProtocolError } from "./errors.ts";
import { hashTags } from "./kinds.ts";
import { digestBytes } from "./limits.ts";

/** 32 bytes: a message, process, content or network id, an address, a hash, a root. */
export type Digest = Uint8Array;

/** The text form of an id. */
export function idText(id: Digest): string {
  return toBase64url(id);
}

/** The id of its text form. Throws `ID_MALFORMED`; `field` names what was being read. */
export function parseId(text: string, field = "id"): Digest {
  const id = text.length === 43 ? fromBase64url(text) : null;
  if (id === null || id.length !== digestBytes) {
    throw new ProtocolError("ID_MALFORMED", {
      field,
      expected: "43 characters of canonical base64url",
      got: text.slice(0, 64),
    });
  }
  return id;
}

/**
 * The lowest and the highest id whose text begins so. Throws `ID_MALFORMED`; `field` names what was
 * being read.
 */
export function idsBeginning(
  text: string,
  field = "prefix",
): { readonly first: Digest; readonly last: Digest } {
  if (text.length < 1 || text.length > 42) {
    const id = parseId(text, field);
    return { first: id, last: id };
  }
  // The last of the 43 characters has four bits: 8 is the highest that it can be.
  const first = parseId(text.padEnd(43, "A"), field);
  return { first, last: parseId(`${text.padEnd(42, "_")}8`, field) };
}

/** The id of a message: the hash of its body alone, so that two authorisations of one body are one message. */
export function messageIdOf(body: Uint8Array): Digest {
  return taggedHash(hashTags.messageId, body);
}

/** The id of content (a module, evidence): plain SHA-256, as `sha256sum` prints it. */
export function contentIdOf(content: Uint8Array): Digest {
  return sha256(content);
}

/** The hash that a body carries of its data. */
export function dataHashOf(data: Uint8Array): Digest {
  return taggedHash(hashTags.data, data);
}

/** The hash of an authorisation's bytes that its log entry carries. */
export function authorisationHashOf(authorisation: Uint8Array): Digest {
  return taggedHash(hashTags.authorisation, authorisation);
}
