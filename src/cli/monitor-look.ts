/**
 * One look of `nymcompute monitor` at what it follows: what was found, what convicts since an earlier look, where the
 * evidence lies, and how that is told.
 *
 * @module
 */

import type { Finding } from "../client/findings.ts";
import { keepEvidence, keptEvidence } from "../node/evidence-folder.ts";
import { CliError } from "./cli-error.ts";

/** What is followed: a log, or the results of compute units. */
export interface Followed {
  readonly url: string;
  readonly counted: "leaves" | "results";
  /** The folder of what convicts. */
  readonly evidence: string;
  readonly look: () => Promise<{
    readonly findings: readonly Finding[];
    /** Why something could not be looked at; null where all could. */
    readonly silent: string | null;
  }>;
  readonly size: () => number;
  readonly origin: () => string | null;
}

/** What one look came to. */
export interface Look {
  readonly url: string;
  readonly counted: "leaves" | "results";
  readonly origin: string | null;
  /** Leaves or results that were read. */
  readonly size: number;
  readonly findings: readonly KeptFinding[];
  /** Why it could not be looked at, or not all of it; null where it could. */
  readonly silent: string | null;
}

interface KeptFinding extends Omit<Finding, "file"> {
  /** Where the evidence lies. */
  readonly evidence: string | null;
}

/** What was found now, and what convicts since an earlier look. */
export async function look(followed: Followed, note: (line: string) => void): Promise<Look> {
  const { url, counted, evidence: folder } = followed;
  const findings: KeptFinding[] = [];
  const known = await keptEvidence(folder);
  let silent: string | null = null;
  try {
    const found = await followed.look();
    silent = found.silent;
    for (const { code, detail, file } of found.findings) {
      const evidence = file === null ? null : await keepEvidence({ code, file }, folder);
      if (evidence !== null) note(`${code}: ${detail}; evidence: ${evidence}`);
      findings.push({ code, detail, evidence });
    }
  } catch (error) {
    silent = error instanceof Error ? error.message : String(error);
  }
  for (const [evidence, code] of known) {
    const isNew = findings.every((one) => one.evidence !== evidence);
    if (isNew) findings.push({ code, detail: "found by an earlier look", evidence });
  }
  return { url, counted, origin: followed.origin(), size: followed.size(), findings, silent };
}

/** True where a file convicts somebody. */
export function isConvicting({ findings }: Look): boolean {
  return findings.some(({ evidence }) => evidence !== null);
}

/** What ends the monitor with a failure; null where nothing does. */
export function failureOf(looks: readonly Look[], isOnce: boolean): CliError | null {
  const all = looks.flatMap(({ findings }) => findings);
  const convicting = all.filter(({ evidence }) => evidence !== null);
  const [first] = convicting;
  if (first !== undefined) {
    const fields = { lies: convicting.map(({ code }) => code).join(", "), file: first.evidence };
    const next = `show it to others: nymcompute verify ${first.evidence}`;
    return new CliError("EVIDENCE_MET", fields, next);
  }
  const wrong = looks.filter(({ findings, silent }) => findings.length > 0 || silent !== null);
  if (!isOnce || wrong.length === 0) return null;
  const found = wrong.flatMap(({ findings, silent, url }) =>
    silent === null ? findings.map(({ code }) => code) : [`${url}: ${silent}`],
  );
  const next = "look again later, and ask its keeper: nothing here convicts";
  return new CliError("CHECKS_FAILED", { found: [...new Set(found)].join(", ") }, next);
}

export function lookText({ url, counted, size, findings, silent }: Look): string {
  const state = silent ?? (findings.length === 0 ? "good" : `${findings.length} findings`);
  const lines = findings.map(({ code, detail, evidence }) =>
    evidence === null ? `  ${code}: ${detail}` : `  ${code}: ${detail}\n  evidence: ${evidence}`,
  );
  return [`${url}: ${size} ${counted}, ${state}`, ...lines].join("\n");
}
