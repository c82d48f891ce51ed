/**
 * Failures in plain words (codes: spec/10-errors.md): what happened, and what to do next. A code that
 * is not in the table is shown as the unit said it.
 *
 * @module
 */

import { CodedError } from "../../src/base/error.ts";

export interface Explanation {
  /** One sentence. */
  readonly what: string;
  /** The next step. */
  readonly next: string;
  /** For a search in the documentation; null where it is no refusal of a unit. */
  readonly code: string | null;
}

const table: Readonly<Record<string, readonly [what: string, next: string]>> = {
  UNREACHABLE: [
    "A unit does not answer.",
    "Check that it runs and that this browser can reach its address, then try again.",
  ],
  TIMED_OUT: ["A unit took too long to answer.", "It may be busy: try again in a moment."],
  ANSWER_MALFORMED: [
    "Something answered that is no unit of this network, or an older one.",
    "Check the address, and that all units run the same version.",
  ],
  ANSWER_TOO_LARGE: ["A unit answered more than this page takes.", "Ask for less at once."],
  ID_MALFORMED: [
    "This is not an id.",
    "Ids have 43 letters, digits, - and _. Copy it again from where it was shown.",
  ],
  PROCESS_UNKNOWN: [
    "No scheduler here serves this process.",
    "Check the id: it may be somebody's key, to which messages can be addressed as well.",
  ],
  MESSAGE_UNKNOWN: [
    "This messenger does not know the message.",
    "Check the id, or look for it in the log of its process: it may have come another way.",
  ],
  SLOT_UNKNOWN: ["The log has no such slot yet.", "Choose a smaller slot, or wait for it."],
  RESULT_PENDING: ["The slot is not evaluated yet.", "It is shown here as soon as it is."],
  PROOF_PENDING: ["The slot is not proven yet.", "The proofs page shows what is made before it."],
  ROUTE_UNKNOWN: [
    "The unit does not have what this page asks for.",
    "Update the unit: it is older than the console.",
  ],
  METHOD_NOT_ALLOWED: [
    "The unit does not have what this page asks for.",
    "Update the unit: it is older than the console.",
  ],
  LOG_FAULTY: [
    "The log ends here: the entry that follows is faulty.",
    "The scheduler of this process broke its word. Its evidence is on the process's page.",
  ],
  RATE_LIMITED: ["Too many requests at once.", "Wait a few seconds, then try again."],
  NO_UNIT: [
    "No unit of this network serves what is asked for.",
    "Add one to the messenger with --scheduler or --compute, then reload this page.",
  ],
};

/** A failure that arises in the page itself; its code is one of the table's. */
export class ConsoleError extends CodedError<"NO_UNIT"> {
  override readonly name = "ConsoleError";
}

/** What to say of a failure. */
export function explain(error: unknown): Explanation {
  if (!(error instanceof CodedError)) {
    const what = error instanceof Error ? error.message : String(error);
    return { what, next: "Reload the page; if it comes again, report it.", code: null };
  }
  const known = Object.hasOwn(table, error.code) ? table[error.code] : undefined;
  if (known === undefined) {
    return { what: error.message, next: "Mend what it names, then try again.", code: error.code };
  }
  const place = error.fields["unit"];
  const what = typeof place === "string" ? `${known[0].slice(0, -1)}: ${place}.` : known[0];
  return { what, next: known[1], code: error.code };
}
