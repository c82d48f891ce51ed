import { expect, test } from "vitest";
import type { MlDsaClaim } from "../../crypto/ml-dsa.ts";
import { CheckedVerifier } from "./checked-verifier.ts";

const claim: MlDsaClaim = {
  publicKey: new Uint8Array(1952),
  signature: new Uint8Array(3309),
  bytes: new Uint8Array(1),
};

/** An implementation that always says the same, and counts how often it was asked. */
function saying(verdict: boolean): { verify: () => boolean; asked: () => number } {
  let asked = 0;
  const verify = (): boolean => {
    asked++;
    return verdict;
  };
  return { verify, asked: () => asked };
}

test("an acceptance stands without the reference, unless it is drawn for a check", () => {
  const fast = saying(true);
  const reference = saying(true);
  let draws = 0;
  const drawShadowCheck = (): boolean => ++draws % 10 === 0;
  const verifier = new CheckedVerifier({
    fast: fast.verify,
    reference: reference.verify,
    drawShadowCheck,
  });
  for (let i = 0; i < 100; i++) expect(verifier.verify(claim)).toBe(true);
  expect([fast.asked(), reference.asked()]).toEqual([100, 10]);
  expect([verifier.isFast, verifier.disagreements]).toEqual([true, 0]);
});

test("a refusal is always put to the reference, and stands if it agrees", () => {
  const fast = saying(false);
  const reference = saying(false);
  const verifier = new CheckedVerifier({
    fast: fast.verify,
    reference: reference.verify,
    drawShadowCheck: () => false,
  });
  for (let i = 0; i < 5; i++) expect(verifier.verify(claim)).toBe(false);
  expect([fast.asked(), reference.asked()]).toEqual([5, 5]);
  expect([verifier.isFast, verifier.disagreements]).toEqual([true, 0]);
});

test("a good signature that the fast implementation refuses is accepted, and it is retired", () => {
  const fast = saying(false);
  const verifier = new CheckedVerifier({
    fast: fast.verify,
    reference: saying(true).verify,
    drawShadowCheck: () => false,
  });
  expect([verifier.verify(claim), verifier.verify(claim)]).toEqual([true, true]);
  expect([fast.asked(), verifier.isFast, verifier.disagreements]).toEqual([1, false, 1]);
});

test("a forgery that the fast implementation accepts is refused when drawn, and it is retired", () => {
  const verifier = new CheckedVerifier({
    fast: saying(true).verify,
    reference: saying(false).verify,
    drawShadowCheck: () => true,
  });
  expect([verifier.verify(claim), verifier.verify(claim)]).toEqual([false, false]);
  expect([verifier.isFast, verifier.disagreements]).toEqual([false, 1]);
});

test("a fast implementation that throws is retired, and the reference's verdict holds", () => {
  for (const verdict of [true, false]) {
    const verifier = new CheckedVerifier({
      fast: () => {
        throw new Error("out of bounds memory access");
      },
      reference: saying(verdict).verify,
      drawShadowCheck: () => false,
    });
    expect(verifier.verify(claim), `${verdict}`).toBe(verdict);
    expect([verifier.isFast, verifier.disagreements], `${verdict}`).toEqual([false, 1]);
  }
});

test("without a fast implementation the reference verifies and nothing is a disagreement", () => {
  const options = { fast: null, drawShadowCheck: () => true };
  const verifier = new CheckedVerifier({ ...options, reference: saying(true).verify });
  expect([verifier.verify(claim), verifier.isFast, verifier.disagreements]).toEqual([
    true,
    false,
    0,
  ]);
  expect(new CheckedVerifier(options).verify(claim)).toBe(false);
});
