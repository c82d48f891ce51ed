/**
 * The vectors of spec/03-identity.md, read as a stranger would read them: derivations and hashes are
 * done again with Node's own cryptography, and everything refused must be refused with its code.
 *
 * @module
 */

import { createHash, hkdfSync, scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromHex, toBase64url } from "../base/bytes.ts";
import { decrypt } from "./aead.ts";
import { verifyHeadSignature } from "./head-key.ts";
import { identityFromSeed } from "./identity.ts";
import { decodeKeyText } from "./key-encryption.ts";
import { sealingKeyFromSeed } from "./sealing.ts";
import { type SignatureTag, verifySignature } from "./signature.ts";

type Fields = Readonly<Record<string, string>>;
type Refused = Fields & { readonly code: string };

function vectors(topic: string): unknown {
  const file = new URL(`../../spec/vectors/identity/${topic}_v1.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}

function bytes(hex: string | undefined): Uint8Array {
  const value = fromHex(hex ?? "?");
  if (value === null) throw new Error(`not hexadecimal: ${hex}`);
  return value;
}

test("vectors: seeds are HKDF's and addresses are SHA-256's, by Node's cryptography", () => {
  const derivations = vectors("derivation") as Fields[];
  expect(derivations.length).toBe(3);
  for (const vector of derivations) {
    const seed = bytes(vector["masterSeed"]);
    const hkdf = (info: string | Uint8Array, length: number) =>
      Buffer.from(hkdfSync("sha256", seed, "nymcompute/identity/v1", info, length)).toString("hex");
    expect(vector["sign65"]).toBe(hkdf("sign65", 32));
    expect(vector["head44"]).toBe(hkdf("head44", 32));
    expect(vector["kem768"]).toBe(hkdf("kem768", 64));
    expect(vector["pseudonym0"]).toBe(hkdf("pseudonym\0\0\0\0\0", 32));
    expect(vector["pseudonym1"]).toBe(hkdf("pseudonym\0\0\0\0\u0001", 32));
    const last = Buffer.concat([Buffer.from("pseudonym\0"), Buffer.alloc(4, 0xff)]);
    expect(vector["pseudonymLast"]).toBe(hkdf(last, 32));
    const hash = createHash("sha256").update("nymcompute/address/v1\0\u0001");
    expect(vector["address"]).toBe(hash.update(bytes(vector["publicKey"])).digest("base64url"));
    expect(vector["address"]).toBe(toBase64url(identityFromSeed(seed).address));
  }
});

test("vectors: every signature has its verdict and its signed bytes", () => {
  const { publicKey, cases } = vectors("signatures") as {
    publicKey: string;
    cases: (Fields & { algorithm: number; valid: boolean })[];
  };
  for (const vector of cases) {
    const payload = bytes(vector["payload"]);
    const tag = vector["tag"] as SignatureTag;
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(payload.length));
    const parts = [Buffer.from([0, tag.length]), Buffer.from(tag), length, payload];
    expect(vector["signedBytes"], vector["name"]).toBe(Buffer.concat(parts).toString("hex"));
    const claim = {
      algorithm: vector.algorithm,
      publicKey: bytes(publicKey),
      signature: bytes(vector["signature"]),
      tag,
      payload,
    };
    expect(verifySignature(claim), vector["name"]).toBe(vector.valid);
  }
  expect(cases.map(({ valid }) => valid)).toEqual([
    ...Array(5).fill(true),
    ...Array(8).fill(false),
  ]);
});

test("vectors: the head's signature holds for its bytes alone", () => {
  const vector = vectors("head") as Fields;
  const claim = {
    publicKey: bytes(vector["publicKey"]),
    signature: bytes(vector["signature"]),
    bytes: bytes(vector["bytes"]),
  };
  expect(verifyHeadSignature(claim)).toBe(true);
  expect(verifyHeadSignature({ ...claim, bytes: claim.bytes.slice(1) })).toBe(false);
});

test("vectors: what was sealed opens, and what was changed is refused", () => {
  const vector = vectors("sealing") as Fields & {
    readonly sealed: readonly Fields[] & string;
    readonly refused: readonly Refused[] & string;
  };
  const key = sealingKeyFromSeed(bytes(vector["masterSeed"]));
  const associatedData = bytes(vector["associatedData"]);
  for (const { plaintext, sealed } of vector.sealed) {
    expect(key.open(bytes(sealed), associatedData)).toEqual(bytes(plaintext));
  }
  for (const { name, sealed, code } of vector.refused) {
    expect(() => key.open(bytes(sealed), associatedData), name).toThrow(code);
  }
  expect([vector.sealed.length, vector.refused.length]).toEqual([2, 5]);
});

test("vectors: key texts give their seed, by Node's scrypt too, and the others are refused", async () => {
  const vector = vectors("key-texts") as Fields & { readonly refused: readonly Refused[] & string };
  const { masterSeed, passphrase = "", clear = "", encrypted = "" } = vector;
  expect(await decodeKeyText(clear, null)).toEqual(bytes(masterSeed));
  expect(await decodeKeyText(encrypted, passphrase)).toEqual(bytes(masterSeed));
  const { encryption, seed } = JSON.parse(encrypted) as { encryption: Fields; seed: string };
  const salt = Buffer.from(encryption["salt"] ?? "", "base64url");
  const key = scryptSync("caf\u00e9 1", salt, 32, { N: 2 ** 14, r: 8, p: 1 });
  const parameters = {
    key: new Uint8Array(key),
    nonce: new Uint8Array(Buffer.from(encryption["nonce"] ?? "", "base64url")),
    associatedData: new Uint8Array(Buffer.from(encrypted.replace(seed, ""))),
  };
  const ciphertext = new Uint8Array(Buffer.from(seed, "base64url"));
  expect(decrypt(parameters, ciphertext)).toEqual(bytes(masterSeed));
  for (const { name, text = "", code } of vector.refused) {
    await expect(decodeKeyText(text, passphrase), name).rejects.toMatchObject({ code });
  }
  expect(vector.refused.length).toBe(10);
});
