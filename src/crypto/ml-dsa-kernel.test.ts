import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../base/bytes.ts";
import { vectorsFolder } from "../testing/vectors.ts";
import { type MlDsaClaim, mlDsa65 } from "./ml-dsa.ts";
import { kernelKeyFromSeed, MlDsaKernelVerifier } from "./ml-dsa-kernel.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("property: the kernel signs what the reference signs, byte for byte, hedged or not", () => {
  const seeds = fc.array(bytes32, { minLength: 1, maxLength: 3 });
  const messages = fc.array(
    fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), random: fc.option(bytes32) }),
    { minLength: 1, maxLength: 8 },
  );
  const verifier = new MlDsaKernelVerifier({ keysMax: 4 });
  const property = fc.property(seeds, messages, (seedList, messageList) => {
    for (const seed of seedList) {
      const [kernel, reference] = [kernelKeyFromSeed(seed), mlDsa65.keyFromSeed(seed)];
      expect(kernel.publicKey).toEqual(reference.publicKey);
      for (const { bytes, random } of messageList) {
        const hedging = random === null ? "deterministic" : { bytes: () => random };
        const signature = kernel.sign(bytes, hedging);
        expect(toHex(signature)).toBe(toHex(reference.sign(bytes, hedging)));
        expect(verifier.verify({ publicKey: kernel.publicKey, signature, bytes })).toBe(true);
      }
    }
  });
  fc.assert(property, { numRuns: 12 });
});

test("property: a flipped bit anywhere gets the reference's verdict, also after many other keys", () => {
  const verifier = new MlDsaKernelVerifier({ keysMax: 2 });
  const keys = [1, 2, 3].map((fill) => kernelKeyFromSeed(new Uint8Array(32).fill(fill)));
  const part = fc.constantFrom<keyof MlDsaClaim>("signature", "publicKey", "bytes");
  // Half the flips fall into the hint, which has one encoding.
  const position = fc.oneof(fc.nat(1_000_000), fc.integer({ min: 3248 * 8, max: 3309 * 8 - 1 }));
  const property = fc.property(
    fc.integer({ min: 0, max: 2 }),
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    part,
    position,
    (which, bytes, name, at) => {
      const key = keys[which]!;
      const claim: MlDsaClaim = {
        publicKey: key.publicKey,
        signature: key.sign(bytes, "deterministic"),
        bytes,
      };
      const spoilt = { ...claim, [name]: claim[name].slice() };
      const bit = at % (claim[name].length * 8);
      spoilt[name][bit >> 3]! ^= 1 << (bit & 7);
      expect(verifier.verify(claim)).toBe(true);
      expect(verifier.verify(spoilt)).toBe(mlDsa65.verify(spoilt));
      expect(verifier.verify(claim)).toBe(true);
    },
  );
  fc.assert(property, { numRuns: 80 });
});

test("keeps apart two keys with the same beginning", () => {
  const verifier = new MlDsaKernelVerifier({ keysMax: 2 });
  const key = kernelKeyFromSeed(new Uint8Array(32).fill(9));
  const bytes = new Uint8Array(40);
  const claim = { publicKey: key.publicKey, signature: key.sign(bytes, "deterministic"), bytes };
  const other = key.publicKey.slice();
  other[1900]! ^= 1;
  for (let round = 0; round < 3; round++) {
    expect(verifier.verify(claim)).toBe(true);
    expect(verifier.verify({ ...claim, publicKey: other })).toBe(false);
  }
});

test("a message of any length is hashed whole: around the host's 4,096 bytes and Keccak's 136", () => {
  const verifier = new MlDsaKernelVerifier({ keysMax: 1 });
  const key = kernelKeyFromSeed(new Uint8Array(32).fill(4));
  const { secretKey } = ml_dsa65.keygen(new Uint8Array(32).fill(4));
  for (const length of [0, 1, 69, 70, 71, 135, 136, 137, 4095, 4096, 4097, 8192, 70_000]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    const signature = ml_dsa65.sign(bytes, secretKey, { extraEntropy: false });
    expect(key.sign(bytes, "deterministic"), `${length} bytes`).toEqual(signature);
    expect(verifier.verify({ publicKey: key.publicKey, signature, bytes })).toBe(true);
  }
});

test("wrong lengths do not hold", () => {
  const verifier = new MlDsaKernelVerifier({ keysMax: 1 });
  const key = kernelKeyFromSeed(new Uint8Array(32).fill(5));
  const bytes = new Uint8Array(3);
  const claim = { publicKey: key.publicKey, signature: key.sign(bytes, "deterministic"), bytes };
  expect(verifier.verify(claim)).toBe(true);
  expect(verifier.verify({ ...claim, signature: claim.signature.subarray(1) })).toBe(false);
  expect(verifier.verify({ ...claim, publicKey: claim.publicKey.subarray(1) })).toBe(false);
  expect(verifier.verify({ ...claim, publicKey: new Uint8Array() })).toBe(false);
});

interface SignVectors {
  readonly testGroups: readonly {
    readonly privateSeed: string;
    readonly publicKey: string;
    readonly tests: readonly Readonly<Record<string, string>>[];
  }[];
}

const folder = vectorsFolder("wycheproof");
if (folder === null) {
  test("Wycheproof vectors absent (C2SP/wycheproof), passed over", () => {
    expect(folder).toBeNull();
  });
} else {
  test("Wycheproof: the kernel gives every signature of ML-DSA-65 from its seed", () => {
    const text = readFileSync(join(folder, "mldsa_65_sign_seed_test.json"), "utf8");
    let count = 0;
    for (const group of (JSON.parse(text) as SignVectors).testGroups) {
      const seed = fromHex(group.privateSeed)!;
      if (seed.length !== 32) continue;
      const key = kernelKeyFromSeed(seed);
      expect(toHex(key.publicKey)).toBe(group.publicKey);
      for (const vector of group.tests) {
        // "Internal" vectors give mu alone, for signers that hash the message elsewhere.
        if ((vector["ctx"] ?? "") !== "" || vector["msg"] === undefined) continue;
        const random = fromHex(vector["rnd"] ?? "")!;
        const hedging = random.length === 0 ? "deterministic" : { bytes: () => random };
        const signature = key.sign(fromHex(vector["msg"])!, hedging);
        expect(toHex(signature), `${vector["tcId"]}`).toBe(vector["sig"]);
        count++;
      }
    }
    expect(count).toBeGreaterThan(70);
  });
}
