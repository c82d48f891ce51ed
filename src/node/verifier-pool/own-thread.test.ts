import { expect, test } from "vitest";
import { type MlDsaClaim, mlDsa65 } from "../../crypto/ml-dsa.ts";
import { OwnThreadVerifier, testedKernel } from "./own-thread.ts";

const key = mlDsa65.keyFromSeed(new Uint8Array(32).fill(6));
const bytes = new Uint8Array(20);
const claim: MlDsaClaim = {
  publicKey: key.publicKey,
  signature: key.sign(bytes, "deterministic"),
  bytes,
};
const forged: MlDsaClaim = { ...claim, bytes: new Uint8Array(21) };
const never = (): boolean => false;

test("accepts what holds, and leaves the rest to the workers", () => {
  const verifier = new OwnThreadVerifier({ fast: testedKernel(), drawShadowCheck: never });
  expect(verifier.look(claim, false)).toBe("accepted");
  expect(verifier.look(claim, false)).toBe("accepted");
  expect(verifier.look(forged, false)).toBeNull();
  expect([verifier.isInUse, verifier.disagreements]).toEqual([true, 0]);
});

test("remembers shared signatures as a whole: key, signature and bytes", () => {
  const verifier = new OwnThreadVerifier({ fast: testedKernel(), drawShadowCheck: never });
  expect(verifier.look(claim, true)).toBe("accepted");
  const signature = claim.signature.slice();
  expect(verifier.look({ ...claim, signature }, true)).toBe("remembered");
  expect(verifier.look(forged, true)).toBeNull();
  signature[3308] = (signature[3308] ?? 0) ^ 1;
  expect(verifier.look({ ...claim, signature }, true)).toBeNull();
  const publicKey = claim.publicKey.slice();
  publicKey[1951] = (publicKey[1951] ?? 0) ^ 1;
  expect(verifier.look({ ...claim, publicKey }, true)).toBeNull();
});

test("verifies a bounded number in one turn of the event loop, and as many in the next", async () => {
  let asked = 0;
  const fast = (): boolean => ++asked > 0;
  const verifier = new OwnThreadVerifier({ fast, drawShadowCheck: never });
  const looks = () => Array.from({ length: 100 }, () => verifier.look(claim, false));
  expect(looks().filter((each) => each === "accepted").length).toBe(64);
  await new Promise((turned) => setTimeout(turned, 5));
  expect(looks().filter((each) => each === "accepted").length).toBe(64);
  expect(asked).toBe(128);
});

test("an implementation that the reference contradicts, or that throws, is never asked again", () => {
  let asked = 0;
  const accepting = (): boolean => ++asked > 0;
  const throwing = (): boolean => {
    asked++;
    throw new Error("broken");
  };
  for (const fast of [accepting, throwing]) {
    asked = 0;
    const verifier = new OwnThreadVerifier({ fast, drawShadowCheck: () => true });
    expect(verifier.look(forged, true)).toBeNull();
    expect(verifier.look(claim, true)).toBeNull();
    expect([verifier.isInUse, verifier.disagreements, asked]).toEqual([false, 1, 1]);
  }
});
