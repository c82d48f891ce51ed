/**
 * Those who take part in the vectors of messages and of chains of proofs, and the body of a message that says nothing
 * yet. Signing is deterministic here, and only here.
 *
 * @module
 */

import { headKeyFromSeed } from "../dist/src/crypto/head-key.js";
import { identityFromSeed } from "../dist/src/crypto/identity.js";

export const fill = (byte, length = 32) => new Uint8Array(length).fill(byte);
const identity = (byte) => identityFromSeed(fill(byte), "deterministic");
export const network = fill(0x11);
export const owner = identity(0x01);
export const scheduler = identity(0x02);
export const headSigner = headKeyFromSeed(fill(0x02), "deterministic");
export const compute = identity(0x03);
export const module = fill(0x44);

export const bodyOf = (changes) => ({
  network,
  owner: { kind: 0, id: owner.address },
  target: null,
  anchor: new Uint8Array(0),
  notAfter: 0,
  depth: 0,
  budget: 10_000_000,
  tags: [],
  dataForm: 0,
  dataHash: null,
  dataSize: 0,
  ...changes,
});
