/**
 * One thing that `doctor` looked at.
 *
 * @module
 */

export interface Check {
  readonly name: string;
  /** `bad`: something will not work. `warning`: it works, but slower or less safely. */
  readonly state: "ok" | "warning" | "bad";
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly mend: string | null;
}

const marks = { ok: "ok  ", warning: "warn", bad: "BAD " } as const;

/** A check in one line, and what to mend in another. */
export function checkLine({ name, state, found, mend }: Check): string {
  const line = `${marks[state]}  ${name.padEnd(10)}  ${found}`;
  return mend === null || state === "ok" ? line : `${line}\n                  mend: ${mend}`;
}
