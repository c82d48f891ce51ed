/**
 * What a verdict on a receipt comes to, in words. They follow from its lines and levels alone.
 *
 * @module
 */

import type { ReceiptLevel, ReceiptVerdict } from "../../src/client/verify-receipt.ts";

type Judged = Pick<ReceiptVerdict, "ok" | "levels" | "checks">;

/** The verdict in one sentence. */
export function verdictWord({ ok, levels, checks }: Judged): string {
  const invalid = checks.filter(({ status }) => status === "invalid").map(({ name }) => name);
  if (invalid.length > 0) return `Invalid: ${invalid.join(", ")}. Do not believe it.`;
  if (!ok) return "What was demanded is not reached.";
  if (levels.length === 0) return "Nothing is invalid, and nothing speaks for the result.";
  return `Nothing is invalid. Reached: ${levels.join(", ")}.`;
}

const words: Readonly<Record<ReceiptLevel, string>> = {
  attested: "attested: the compute units that the spawn names stand behind this result.",
  "step-proven":
    "step-proven: from the state before it, this message gives this result. The state before it is not proven here.",
  proven: "proven: every step from slot 0 to this one is proven.",
};

/** What the levels that were reached say, and what is missing; nothing where a line is invalid. */
export function levelWords({ levels, checks }: Judged): readonly string[] {
  if (checks.some(({ status }) => status === "invalid")) return [];
  const open = checks.filter(({ status }) => status === "absent" || status === "not checked");
  const missing = open.map(({ name, status }) => `${name} (${status})`);
  return [
    ...levels.map((level) => words[level]),
    ...(missing.length === 0 ? [] : [`Says nothing of: ${missing.join(", ")}.`]),
  ];
}

/** Witnesses' keys as they are written into the page, one a line. */
export function witnessKeys(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
