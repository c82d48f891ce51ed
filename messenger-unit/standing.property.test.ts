import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketsMax, passagesMax } from "./limits.ts";
import { Standing } from "./standing.ts";

/** A message of a remote: whether its signature is its owner's, and whether its verdict comes late. */
const messages = fc.array(
  fc.record({
    remote: fc.constantFrom("a", "b"),
    isForged: fc.boolean(),
    isLate: fc.boolean(),
  }),
  { maxLength: 400 },
);

test("passes on no more forgeries of a remote than signatures of its own have held here", () => {
  fc.assert(
    fc.property(messages, (all) => {
      const standing = new Standing();
      const late: (() => void)[] = [];
      const heldHere = { a: 0, b: 0 };
      const forgedAway = { a: 0, b: 0 };
      for (const { remote, isForged, isLate } of all) {
        const isPassed = standing.pass(remote);
        if (isPassed && isForged) forgedAway[remote]++;
        if (!isPassed && !isForged) heldHere[remote]++;
        expect(forgedAway[remote]).toBeLessThanOrEqual(heldHere[remote]);
        const verdict = () => (isForged ? standing.forged(remote) : standing.held(remote));
        if (isLate && isPassed) late.push(verdict);
        else verdict();
        if (late.length > 8) late.shift()?.();
      }
    }),
  );
});

test("lets nobody through who has brought nothing, nor anybody after a forgery", () => {
  const standing = new Standing();
  expect(standing.pass("a")).toBe(false);
  standing.held("a");
  standing.held("a");
  expect(standing.pass("b")).toBe(false);
  expect(standing.pass("a")).toBe(true);
  standing.forged("a");
  expect(standing.pass("a")).toBe(false);
});

test("saves up so many passages and no more", () => {
  const standing = new Standing();
  for (let i = 0; i < passagesMax + 5; i++) standing.held("a");
  for (let i = 0; i < passagesMax; i++) expect(standing.pass("a")).toBe(true);
  expect(standing.pass("a")).toBe(false);
});

test("remembers so many remotes, and forgets the one that came first", () => {
  const standing = new Standing();
  for (let i = 0; i <= bucketsMax; i++) standing.held(String(i));
  expect(standing.pass("0")).toBe(false);
  expect(standing.pass("1")).toBe(true);
});
