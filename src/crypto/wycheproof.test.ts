/**
 * The flaws that other implementations have had (C2SP Wycheproof), against what this folder uses.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../base/bytes.ts";
import { vectorsFolder } from "../testing/vectors.ts";
import { decrypt, encrypt } from "./aead.ts";
import { hkdfSha256 } from "./key-derivation.ts";
import { type MlDsa, mlDsa44, mlDsa65 } from "./ml-dsa.ts";

type Fields = Readonly<Record<string, string>>;
interface Vector extends Fields {
  readonly result: string;
}
interface Group extends Fields {
  readonly tests: readonly Vector[] & string;
}

const folder = vectorsFolder("wycheproof");

function bytes(hex: string | undefined): Uint8Array {
  const value = fromHex(hex ?? "");
  if (value === null) throw new Error(`not hexadecimal: ${hex}`);
  return value;
}

function groupsOf(file: string): readonly Group[] {
  const text = readFileSync(join(folder ?? "", file), "utf8");
  return (JSON.parse(text) as { testGroups: readonly Group[] }).testGroups;
}

/** Runs every vector whose context is empty (we use no other); returns how many there were. */
function verifyVectors(mlDsa: MlDsa, file: string): number {
  let count = 0;
  for (const group of groupsOf(file)) {
    for (const vector of group.tests) {
      if ((vector["ctx"] ?? "") !== "") continue;
      const verdict = mlDsa.verify({
        publicKey: bytes(group["publicKey"]),
        signature: bytes(vector["sig"]),
        bytes: bytes(vector["msg"]),
      });
      expect(verdict, `${file} ${vector["tcId"]}`).toBe(vector.result === "valid");
      count++;
    }
  }
  return count;
}

/** Signs every vector with an empty context from its seed; returns how many there were. */
function signVectors(mlDsa: MlDsa, file: string): number {
  let count = 0;
  for (const group of groupsOf(file)) {
    const seed = bytes(group["privateSeed"]);
    if (seed.length !== 32) {
      expect(() => mlDsa.keyFromSeed(seed)).toThrow();
      continue;
    }
    const key = mlDsa.keyFromSeed(seed);
    expect(toHex(key.publicKey)).toBe(group["publicKey"]);
    for (const vector of group.tests) {
      // "Internal" vectors give mu alone, for signers that hash the message elsewhere.
      if ((vector["ctx"] ?? "") !== "" || vector["msg"] === undefined) continue;
      const random = bytes(vector["rnd"]);
      const hedging = random.length === 0 ? "deterministic" : { bytes: () => random };
      const signature = key.sign(bytes(vector["msg"]), hedging);
      expect(toHex(signature), `${file} ${vector["tcId"]}`).toBe(vector["sig"]);
      count++;
    }
  }
  return count;
}

if (folder === null) {
  test("Wycheproof vectors absent (C2SP/wycheproof), passed over", () => {
    expect(folder).toBeNull();
  });
} else {
  test("Wycheproof: ML-DSA-65 and ML-DSA-44 verification gives every verdict", () => {
    expect(verifyVectors(mlDsa65, "mldsa_65_verify_test.json")).toBeGreaterThan(190);
    expect(verifyVectors(mlDsa44, "mldsa_44_verify_test.json")).toBeGreaterThan(160);
  });

  test("Wycheproof: ML-DSA-65 and ML-DSA-44 signing from a seed gives every signature", () => {
    expect(signVectors(mlDsa65, "mldsa_65_sign_seed_test.json")).toBeGreaterThan(70);
    expect(signVectors(mlDsa44, "mldsa_44_sign_seed_test.json")).toBeGreaterThan(60);
  });

  test("Wycheproof: ML-KEM-768 keys, encapsulation and decapsulation", () => {
    for (const group of groupsOf("mlkem_768_keygen_seed_test.json")) {
      for (const vector of group.tests) {
        const key = ml_kem768.keygen(bytes(vector["seed"]));
        expect(toHex(key.publicKey), vector["tcId"]).toBe(vector["ek"]);
        expect(toHex(key.secretKey), vector["tcId"]).toBe(vector["dk"]);
      }
    }
    for (const group of groupsOf("mlkem_768_encaps_test.json")) {
      for (const vector of group.tests) {
        const run = () => ml_kem768.encapsulate(bytes(vector["ek"]), bytes(vector["m"]));
        if (vector.result === "invalid") expect(run, vector["tcId"]).toThrow();
        else {
          expect(toHex(run().cipherText), vector["tcId"]).toBe(vector["c"]);
          expect(toHex(run().sharedSecret), vector["tcId"]).toBe(vector["K"]);
        }
      }
    }
    for (const group of groupsOf("mlkem_768_test.json")) {
      for (const vector of group.tests) {
        const run = (): Uint8Array => {
          const { secretKey } = ml_kem768.keygen(bytes(vector["seed"]));
          return ml_kem768.decapsulate(bytes(vector["c"]), secretKey);
        };
        if (vector.result === "invalid") expect(run, vector["tcId"]).toThrow();
        else expect(toHex(run()), vector["tcId"]).toBe(vector["K"]);
      }
    }
  });

  test("Wycheproof: HKDF-SHA-256 gives every key and refuses sizes that are too large", () => {
    for (const group of groupsOf("hkdf_sha256_test.json")) {
      for (const vector of group.tests) {
        const run = () =>
          hkdfSha256({
            keyMaterial: bytes(vector["ikm"]),
            salt: bytes(vector["salt"]),
            info: bytes(vector["info"]),
            length: Number(vector["size"]),
          });
        if (vector.result === "invalid") expect(run, vector["tcId"]).toThrow();
        else expect(toHex(run()), vector["tcId"]).toBe(vector["okm"]);
      }
    }
  });

  test("Wycheproof: XChaCha20-Poly1305 opens what is valid, refuses the rest, encrypts alike", () => {
    for (const group of groupsOf("xchacha20_poly1305_test.json")) {
      for (const vector of group.tests) {
        const parameters = {
          key: bytes(vector["key"]),
          nonce: bytes(vector["iv"]),
          associatedData: bytes(vector["aad"]),
        };
        const ciphertext = bytes(`${vector["ct"]}${vector["tag"]}`);
        const plaintext = decrypt(parameters, ciphertext);
        if (vector.result === "valid") {
          expect(toHex(plaintext ?? new Uint8Array(1)), vector["tcId"]).toBe(vector["msg"]);
          expect(encrypt(parameters, bytes(vector["msg"])), vector["tcId"]).toEqual(ciphertext);
        } else expect(plaintext, vector["tcId"]).toBeNull();
      }
    }
  });
}
