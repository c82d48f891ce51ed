/**
 * Hashes (spec/02-encoding.md): SHA-256, and SHA-256 with a tag for every use. Content and module
 * ids are plain SHA-256, so that `sha256sum` agrees; everything else has a tag.
 *
 * @module
 */

import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8Bytes } from "../base/bytes.ts";

const separator = Uint8Array.of(0);

/** SHA-256 (FIPS 180-4) of the bytes: 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

/** SHA-256(tag ‖ 0x00 ‖ bytes): 32 bytes. The zero byte ends the tag, so no tag is a prefix of another. */
export function taggedHash(tag: string, bytes: Uint8Array): Uint8Array {
  return nobleSha256(concatBytes(utf8Bytes(tag), separator, bytes));
}

/** A SHA-256 that takes its input in pieces, for content that streams in. */
export interface StreamingHash {
  update(bytes: Uint8Array): void;
  /** The digest of all pieces: 32 bytes. The hash cannot be used afterwards. */
  digest(): Uint8Array;
}

/** A new streaming SHA-256. */
export function streamingSha256(): StreamingHash {
  const hash = nobleSha256.create();
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    digest: () => hash.digest(),
  };
}
