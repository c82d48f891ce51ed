import { expect, test } from "vitest";
import type { CheckStatus } from "../../src/client/check-lines.ts";
import type { ReceiptLevel } from "../../src/client/verify-receipt.ts";
import { levelWords, verdictWord, witnessKeys } from "./verdict-words.ts";

const judged = (
  ok: boolean,
  levels: readonly ReceiptLevel[],
  lines: Readonly<Record<string, CheckStatus>>,
) => ({
  ok,
  levels,
  checks: Object.entries(lines).map(([name, status]) => ({ name, status, detail: "", ms: 0 })),
});

test("an invalid line is the whole verdict, whatever else was reached", () => {
  const verdict = judged(false, ["attested"], { attestation: "valid", proof: "invalid" });
  expect(verdictWord(verdict)).toBe("Invalid: proof. Do not believe it.");
  expect(levelWords(verdict)).toEqual([]);
});

test("what is absent or was not checked is named, and no level is made of it", () => {
  const verdict = judged(true, [], { attestation: "absent", cosignatures: "not checked" });
  expect(verdictWord(verdict)).toBe("Nothing is invalid, and nothing speaks for the result.");
  expect(levelWords(verdict)).toEqual([
    "Says nothing of: attestation (absent), cosignatures (not checked).",
  ]);
});

test("a level that was reached is said with what it does not say", () => {
  const lines = { attestation: "valid", proof: "valid", "earlier slots": "absent" } as const;
  const verdict = judged(true, ["attested", "step-proven"], lines);
  expect(verdictWord(verdict)).toBe("Nothing is invalid. Reached: attested, step-proven.");
  const words = levelWords(verdict);
  expect(words[1]).toMatch(/The state before it is not proven here\.$/);
  expect(words.at(-1)).toBe("Says nothing of: earlier slots (absent).");
});

test("a demand that was not met is no success", () => {
  expect(verdictWord(judged(false, ["attested"], { proof: "absent" }))).toMatch(/not reached/);
});

test("witnesses' keys are read one a line", () => {
  expect(witnessKeys(" one \n\ntwo\n")).toEqual(["one", "two"]);
  expect(witnessKeys("")).toEqual([]);
});
