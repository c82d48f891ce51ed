import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex } from "../../base/bytes.ts";
import { type MlDsaClaim, mlDsa44, mlDsa65 } from "../../crypto/ml-dsa.ts";
import { vectorsFolder } from "../../testing/vectors.ts";
import { nativeVerify, referenceVerify, wasmVerify } from "./implementations.ts";
import { knownClaims, passesSelfTest, spoiltClaims } from "./self-test.ts";

const allKnown = knownClaims() ?? [];
const [known] = allKnown as [MlDsaClaim];
const native = nativeVerify();
const wasm = await wasmVerify();

/** Whether this runtime's OpenSSL knows ML-DSA-65, asked in another way than `nativeVerify` does. */
const hasNative = ((): boolean => {
  const jwk = { kty: "AKP", alg: "ML-DSA-65", pub: Buffer.alloc(1952).toString("base64url") };
  try {
    return createPublicKey({ key: jwk, format: "jwk" }).asymmetricKeyType !== undefined;
  } catch {
    return false;
  }
})();
const fast = [
  { name: "wasm", verify: wasm },
  ...(hasNative ? [{ name: "native", verify: native }] : []),
];

test("the reference comes to the known digests, and everything that runs here passes", () => {
  expect(allKnown.map(({ publicKey }) => publicKey.length)).toEqual([1952, 1312]);
  expect(passesSelfTest(referenceVerify, allKnown)).toBe(true);
  expect(passesSelfTest(wasm, allKnown)).toBe(true);
  expect(passesSelfTest(native, allKnown)).toBe(hasNative);
});

test("the self-test refuses what accepts everything, nothing, or all but one of the spoilt", () => {
  for (const one of allKnown) {
    const last = spoiltClaims(one).length - 1;
    const missesOne = (claim: MlDsaClaim) =>
      referenceVerify(claim) || (claim.bytes.length === 0 && claim.publicKey === one.publicKey);
    expect(spoiltClaims(one)).toHaveLength(11);
    expect(spoiltClaims(one)[last]?.bytes.length).toBe(0);
    expect(passesSelfTest(missesOne, allKnown)).toBe(false);
  }
  expect(passesSelfTest(() => true, allKnown)).toBe(false);
  expect(passesSelfTest(() => false, allKnown)).toBe(false);
});

test("property: all implementations agree on valid and on bit-flipped signatures", () => {
  const keys = [mlDsa65, mlDsa44].map((set) => set.keyFromSeed(new Uint8Array(32).fill(5)));
  const part = fc.constantFrom<keyof MlDsaClaim>("signature", "publicKey", "bytes");
  // Half the flips fall into the hint, whose encoding implementations have read differently.
  const hint = fc.integer({ min: 3248 * 8, max: 3309 * 8 - 1 });
  const hint44 = fc.integer({ min: 2336 * 8, max: 2420 * 8 - 1 });
  const position = fc.oneof(fc.nat(1_000_000), hint, hint44);
  const property = fc.property(
    fc.uint8Array({ minLength: 1, maxLength: 500 }),
    part,
    position,
    fc.constantFrom(...keys),
    (bytes, name, at, key) => {
      const signature = key.sign(bytes, "deterministic");
      const claim: MlDsaClaim = { publicKey: key.publicKey, signature, bytes };
      const spoilt = { ...claim, [name]: claim[name].slice() };
      const bit = at % (claim[name].length * 8);
      spoilt[name][bit >> 3] = (spoilt[name][bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(referenceVerify(claim)).toBe(true);
      expect(referenceVerify(spoilt)).toBe(false);
      for (const { name: implementation, verify } of fast) {
        expect(verify(claim), implementation).toBe(true);
        expect(verify(spoilt), implementation).toBe(false);
      }
    },
  );
  fc.assert(property, { numRuns: 60 });
});

test("every implementation returns false for a wrong length, and none throws", () => {
  const { publicKey, signature } = known;
  const other = allKnown[1] as MlDsaClaim;
  const wrong = [
    { ...known, signature: signature.subarray(1) },
    { ...known, signature: new Uint8Array([...signature, 0]) },
    { ...known, signature: new Uint8Array() },
    { ...known, publicKey: publicKey.subarray(1) },
    { ...known, publicKey: new Uint8Array([...publicKey, 0]) },
    { ...known, publicKey: new Uint8Array() },
    { ...known, publicKey: other.publicKey },
    { ...known, signature: other.signature },
  ];
  for (const [index, claim] of wrong.entries()) {
    expect(referenceVerify(claim), `case ${index}`).toBe(false);
    for (const { name, verify } of fast) {
      expect(verify(claim), `${name}, case ${index}`).toBe(false);
    }
  }
});

test("takes Buffers and views of larger buffers as the bytes that they are", () => {
  const big = Buffer.alloc(8192);
  big.set(known.signature, 100);
  const claim = {
    publicKey: Buffer.from(known.publicKey),
    signature: big.subarray(100, 100 + known.signature.length),
    bytes: Buffer.from(known.bytes),
  };
  expect(referenceVerify(claim)).toBe(true);
  for (const { name, verify } of fast) expect(verify(claim), name).toBe(true);
});

interface VerifyFile {
  readonly testGroups: readonly {
    readonly publicKey: string;
    readonly tests: readonly {
      readonly tcId: number;
      readonly sig: string;
      readonly msg: string;
      readonly ctx?: string;
      readonly result: string;
    }[];
  }[];
}

const folder = vectorsFolder("wycheproof");
if (folder === null) {
  test("Wycheproof vectors absent (C2SP/wycheproof), passed over", () => {
    expect(folder).toBeNull();
  });
} else {
  for (const [file, lengths, countMin] of [
    ["mldsa_65_verify_test.json", mlDsa65, 180],
    ["mldsa_44_verify_test.json", mlDsa44, 150],
  ] as const) {
    test(`Wycheproof: the fast implementations give every verdict of ${file} on claims of the right lengths`, () => {
      const text = readFileSync(join(folder, file), "utf8");
      let count = 0;
      for (const group of (JSON.parse(text) as VerifyFile).testGroups) {
        for (const vector of group.tests) {
          const claim = {
            publicKey: fromHex(group.publicKey) ?? new Uint8Array(),
            signature: fromHex(vector.sig) ?? new Uint8Array(),
            bytes: fromHex(vector.msg) ?? new Uint8Array(),
          };
          const hasLengths =
            claim.publicKey.length === lengths.publicKeyBytes &&
            claim.signature.length === lengths.signatureBytes;
          if (!hasLengths || (vector.ctx ?? "") !== "") continue;
          count++;
          for (const { name, verify } of fast) {
            expect(verify(claim), `${name} ${vector.tcId}`).toBe(vector.result === "valid");
          }
        }
      }
      expect(count).toBeGreaterThan(countMin);
    });
  }
}
