import { expect, test } from "vitest";
import { type MlDsaClaim, mlDsa65 } from "../../crypto/ml-dsa.ts";
import type { VerifyMlDsa } from "./implementations.ts";
import { fastImplementation, OwnThreadVerifier } from "./own-thread.ts";

const key = mlDsa65.keyFromSeed(new Uint8Array(32).fill(6));
const bytes = new Uint8Array(20);
const claim: MlDsaClaim = {
  publicKey: key.publicKey,
  signature: key.sign(bytes, "deterministic"),
  bytes,
};
const forged: MlDsaClaim = { ...claim, bytes: new Uint8Array(21) };
const bounds = { claimsATurnMax: 16, claimsLaterMax: 40 };
const never = (): boolean => false;
const fast = await fastImplementation();

function verifierOf(
  verify: VerifyMlDsa | undefined = fast?.verify,
  drawShadowCheck: () => boolean = never,
): OwnThreadVerifier {
  const verifier = new OwnThreadVerifier({ ...bounds, drawShadowCheck });
  if (verify !== undefined) verifier.use({ name: "wasm", verify });
  return verifier;
}

test("leaves everything to the workers until an implementation is in use", () => {
  const verifier = new OwnThreadVerifier({ ...bounds, drawShadowCheck: never });
  expect(verifier.look(claim, true)).toBeNull();
  expect(fast).not.toBeNull();
});

test("accepts what holds, and leaves the rest to the workers", () => {
  const verifier = verifierOf();
  expect(verifier.look(claim, false)).toBe("accepted");
  expect(verifier.look(claim, false)).toBe("accepted");
  expect(verifier.look(forged, false)).toBeNull();
  expect([verifier.implementation, verifier.disagreements]).toEqual(["wasm", 0]);
});

test("remembers shared signatures as a whole: key, signature and bytes", () => {
  const verifier = verifierOf();
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

test("verifies a bounded number in one turn of the event loop, and the next ones in later turns", async () => {
  let asked = 0;
  const verifier = verifierOf(() => ++asked > 0);
  const seen = Array.from({ length: 100 }, () => verifier.look(claim, false));
  expect(seen.slice(0, 16)).toEqual(Array(16).fill("accepted"));
  expect(seen.slice(16, 56).every((each) => each instanceof Promise)).toBe(true);
  // What is beyond the bound is for the workers.
  expect(seen.slice(56)).toEqual(Array(44).fill(null));
  expect(asked).toBe(16);
  await new Promise((turned) => setImmediate(turned));
  expect(asked).toBe(32);
  // What comes now does not overtake what waits.
  const late = verifier.look(forged, false);
  expect(await Promise.all(seen.slice(16, 56).map(async (each) => each))).toEqual(
    Array(40).fill("accepted"),
  );
  await expect(late).resolves.toBe("accepted");
  expect(asked).toBe(57);
});

test("says later, too, what does not hold and what is remembered by then", async () => {
  const verifier = new OwnThreadVerifier({
    claimsATurnMax: 1,
    claimsLaterMax: 40,
    drawShadowCheck: never,
  });
  if (fast !== null) verifier.use(fast);
  const seen = [claim, claim, forged].map((each) => verifier.look(each, true));
  expect(seen[0]).toBe("accepted");
  expect(verifier.look(claim, true)).toBe("remembered");
  await expect(Promise.all(seen.map(async (each) => each))).resolves.toEqual([
    "accepted",
    "remembered",
    null,
  ]);
});

test("an implementation that the reference contradicts, or that throws, is never asked again", () => {
  let asked = 0;
  const accepting = (): boolean => ++asked > 0;
  const throwing = (): boolean => {
    asked++;
    throw new Error("broken");
  };
  for (const verify of [accepting, throwing]) {
    asked = 0;
    const verifier = verifierOf(verify, () => true);
    expect(verifier.look(forged, true)).toBeNull();
    expect(verifier.look(claim, true)).toBeNull();
    expect([verifier.implementation, verifier.disagreements, asked]).toEqual([null, 1, 1]);
  }
});
