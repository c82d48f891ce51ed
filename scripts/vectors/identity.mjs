/**
 * Vectors of section 03: seeds, keys, addresses, signatures, head keys, sealing, key files. Signing is
 * deterministic and randomness is counted out here, and only here.
 *
 * @module
 */

import { toBase64url, toHex } from "../../dist/src/base/bytes.js";
import { headKeyFromSeed, verifyHeadSignature } from "../../dist/src/crypto/head-key.js";
import { identityFromSeed } from "../../dist/src/crypto/identity.js";
import { pseudonymSeed, seedFor } from "../../dist/src/crypto/key-derivation.js";
import { decodeKeyText, encodeKeyText } from "../../dist/src/crypto/key-encryption.js";
import { seal, sealingKeyFromSeed } from "../../dist/src/crypto/sealing.js";
import { signatureTags, signedBytes, verifySignature } from "../../dist/src/crypto/signature.js";

const counted = (length, start = 0) => Uint8Array.from({ length }, (_, i) => (start + i) & 0xff);
const text = (value) => new TextEncoder().encode(value);
const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const masterSeed = counted(32);

/** "Randomness" that counts on from byte to byte, so that no two requests are alike. */
function countedRandom() {
  let next = 0;
  return {
    bytes: (length) => {
      const bytes = counted(length, next);
      next += length;
      return bytes;
    },
  };
}

function flipped(bytes, index) {
  const copy = bytes.slice();
  copy[index] ^= 1;
  return copy;
}

function derivationVector(seed) {
  const identity = identityFromSeed(seed);
  return {
    masterSeed: toHex(seed),
    sign65: toHex(seedFor(seed, "sign65")),
    head44: toHex(seedFor(seed, "head44")),
    kem768: toHex(seedFor(seed, "kem768")),
    pseudonym0: toHex(pseudonymSeed(seed, 0)),
    pseudonym1: toHex(pseudonymSeed(seed, 1)),
    pseudonymLast: toHex(pseudonymSeed(seed, 0xffff_ffff)),
    publicKey: toHex(identity.publicKey),
    address: toBase64url(identity.address),
    headPublicKey: toHex(headKeyFromSeed(seed).publicKey),
    sealingPublicKey: toHex(sealingKeyFromSeed(seed).publicKey),
  };
}

/** Claims under one public key: one for each tag, and every way in which one may fail. */
function signatureVectors() {
  const identity = identityFromSeed(masterSeed, "deterministic");
  const valid = signatureTags.map((tag, index) => {
    const payload = index === 1 ? new Uint8Array() : counted(32, index);
    return {
      name: tag,
      claim: { ...identity, tag, payload, signature: identity.sign(tag, payload) },
    };
  });
  const { claim } = valid[0];
  const changed = (name, changes) => ({ name, claim: { ...claim, ...changes } });
  const cases = [
    ...valid,
    changed("another tag", { tag: signatureTags[2] }),
    changed("another payload", { payload: flipped(claim.payload, 0) }),
    changed("another algorithm byte", { algorithm: 0 }),
    changed("a changed challenge", { signature: flipped(claim.signature, 0) }),
    changed("a changed response", { signature: flipped(claim.signature, 1000) }),
    changed("a changed hint", { signature: flipped(claim.signature, 3308) }),
    changed("a signature too short", { signature: claim.signature.slice(0, -1) }),
    changed("a signature too long", { signature: Uint8Array.of(...claim.signature, 0) }),
  ];
  return {
    publicKey: toHex(identity.publicKey),
    cases: cases.map((item) => ({
      name: item.name,
      algorithm: item.claim.algorithm,
      tag: item.claim.tag,
      payload: toHex(item.claim.payload),
      signedBytes: toHex(signedBytes(item.claim.tag, item.claim.payload)),
      signature: toHex(item.claim.signature),
      valid: verifySignature(item.claim),
    })),
  };
}

function headVector() {
  const key = headKeyFromSeed(masterSeed, "deterministic");
  const bytes = text("nymcompute/test\n7\nq1cCM4SCV5IQ9nGrxdTRRMOVdBtWzXHHpWUQwj3p6nk=\n");
  const signature = key.sign(bytes);
  const claim = { publicKey: key.publicKey, signature, bytes };
  return {
    publicKey: toHex(key.publicKey),
    bytes: toHex(bytes),
    signature: toHex(signature),
    valid: verifyHeadSignature(claim),
    validForOtherBytes: verifyHeadSignature({ ...claim, bytes: bytes.slice(1) }),
  };
}

function codeOf(attempt) {
  try {
    attempt();
    return null;
  } catch (error) {
    return error.code;
  }
}

function sealingVectors() {
  const key = sealingKeyFromSeed(masterSeed);
  const { publicKey } = key;
  const associatedData = text("a place");
  const sealed = ["", "a sealed text"].map((plaintext) => ({
    plaintext: toHex(text(plaintext)),
    randomness: toHex(counted(32)),
    sealed: toHex(
      seal({ publicKey, plaintext: text(plaintext), associatedData, random: countedRandom() }),
    ),
  }));
  const good = Uint8Array.from(Buffer.from(sealed[1].sealed, "hex"));
  const refused = [
    ["another version", flipped(good, 0)],
    ["another encapsulation", flipped(good, 1)],
    ["another ciphertext", flipped(good, 1089)],
    ["another tag", flipped(good, good.length - 1)],
    ["too short", good.slice(0, 1104)],
  ];
  return {
    masterSeed: toHex(masterSeed),
    associatedData: toHex(associatedData),
    sealed,
    refused: refused.map(([name, bytes]) => ({
      name,
      sealed: toHex(bytes),
      code: codeOf(() => key.open(bytes, associatedData)),
    })),
  };
}

async function keyTextVectors() {
  const passphrase = "caf\u00e9 \u2460";
  const protection = { passphrase, random: countedRandom(), cost: { logN: 14, r: 8, p: 1 } };
  const clear = await encodeKeyText(masterSeed, null);
  const encrypted = await encodeKeyText(masterSeed, protection);
  const refused = [
    ["another format", clear.replace("key/v1", "key/v2")],
    ["another indentation", clear.replaceAll("\n  ", "\n ")],
    ["no last line end", clear.slice(0, -1)],
    ["a member too many", clear.replace('"seed"', '"more": 1,\n  "seed"')],
    ["another address", clear.replace(/"address": "../, '"address": "AA')],
    ["scrypt that costs too much", encrypted.replace('"logN": 14', '"logN": 19')],
    ["scrypt that costs too little", encrypted.replace('"logN": 14', '"logN": 13')],
    ["another block size", encrypted.replace('"r": 8', '"r": 16')],
    ["too much parallelism", encrypted.replace('"p": 1', '"p": 5')],
    ["changed parameters", encrypted.replace('"p": 1', '"p": 2')],
  ];
  const codeOfText = (keyText) =>
    decodeKeyText(keyText, passphrase).then(
      () => null,
      (error) => error.code,
    );
  const shown = [];
  for (const [name, keyText] of refused) {
    shown.push({ name, text: keyText, code: await codeOfText(keyText) });
  }
  return { masterSeed: toHex(masterSeed), passphrase, clear, encrypted, refused: shown };
}

export async function generate() {
  return {
    "identity/derivation_v1.json": json(
      [masterSeed, new Uint8Array(32), new Uint8Array(32).fill(255)].map(derivationVector),
    ),
    "identity/signatures_v1.json": json(signatureVectors()),
    "identity/head_v1.json": json(headVector()),
    "identity/sealing_v1.json": json(sealingVectors()),
    "identity/key-texts_v1.json": json(await keyTextVectors()),
  };
}
