/**
 * What a verification comes to, line by line: each thing that was looked at has a name, a status and a
 * word for people. What is not there is `absent`, what could not be judged `not checked`, and neither is
 * ever called valid.
 *
 * @module
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { CodedError } from "../base/error.ts";

export type CheckStatus = "valid" | "invalid" | "absent" | "not checked";

/** One line of a verdict. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** For people. */
  readonly detail: string;
  /** Milliseconds that it took; 0 where nothing was computed. */
  readonly ms: number;
}

/** Collects lines in the order in which things are looked at. */
export class CheckLines {
  readonly checks: Check[] = [];
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #heard: ((check: Check) => void) | null;

  /** @param heard is told each line as it is written: a proof takes far longer than all the rest */
  constructor(
    clock: Pick<Clock, "monotonic"> = systemClock,
    heard: ((check: Check) => void) | null = null,
  ) {
    this.#clock = clock;
    this.#heard = heard;
  }

  /** The value of what is valid with a word on it; null where the check throws a code. */
  check<Value>(name: string, check: () => readonly [Value, string]): Value | null {
    const start = this.#clock.monotonic();
    try {
      const [value, detail] = check();
      this.add(name, "valid", detail, this.#clock.monotonic() - start);
      return value;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.add(name, "invalid", error.message, this.#clock.monotonic() - start);
      return null;
    }
  }

  /** What a check finds by itself, be it good or bad. */
  judge(name: string, judged: () => readonly [CheckStatus, string]): void {
    const start = this.#clock.monotonic();
    const [status, detail] = judged();
    this.add(name, status, detail, this.#clock.monotonic() - start);
  }

  add(name: string, status: CheckStatus, detail: string, ms = 0): void {
    const line = { name, status, detail, ms: Math.round(10 * ms) / 10 };
    this.checks.push(line);
    this.#heard?.(line);
  }

  isValid(name: string): boolean {
    return this.checks.some((line) => line.name === name && line.status === "valid");
  }
}
