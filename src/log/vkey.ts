/**
 * Verifier keys (spec/15-heads.md §8; C2SP signed-note, "Verifier keys"): a cosigner as one line of text,
 * `<name>+<key id in hex>+<base64 of type and key>`. Only ML-DSA-44 cosigners, type 0x06.
 *
 * @module
 */

import { fromBase64, toBase64 } from "../base/base64.ts";
import { concatBytes, toHex } from "../base/bytes.ts";
import { addressOf } from "../crypto/address.ts";
import { headPublicKeyBytes } from "../crypto/head-key.ts";
import { algorithmMlDsa44 } from "../crypto/signature.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Digest } from "../protocol/ids.ts";
import type { Cosigner } from "./head.ts";
import { cosignatureType, noteKeyId } from "./signed-note.ts";

const vkeyForm = /^([^\s+]{1,255})\+[0-9a-f]{8}\+(\S+)$/u;

/** A cosigner's line. */
export function vkeyOf({ name, publicKey }: Cosigner): string {
  const typed = concatBytes(Uint8Array.of(cosignatureType), publicKey);
  return `${name}+${toHex(noteKeyId(name, publicKey))}+${toBase64(typed)}`;
}

/** Reads a cosigner's line. Throws `NOTE_MALFORMED`. */
export function parseVkey(text: string): Cosigner {
  const [, name, encoded] = vkeyForm.exec(text) ?? [];
  const typed = fromBase64(encoded ?? "");
  if (name !== undefined && typed?.length === 1 + headPublicKeyBytes) {
    const cosigner = { name, publicKey: typed.slice(1) };
    if (typed[0] === cosignatureType && vkeyOf(cosigner) === text) return cosigner;
  }
  throw new ProtocolError("NOTE_MALFORMED", {
    expected: "a verifier key of an ML-DSA-44 cosigner",
    got: text.slice(0, 80),
  });
}

/** The address by which a spawn names a witness: that of its key. */
export function witnessAddress({ publicKey }: Cosigner): Digest {
  return addressOf(algorithmMlDsa44, publicKey);
}

/** The name under which a witness of ours signs. */
export function witnessName(address: string): string {
  return `nymcompute/witness/${address}`;
}
