/**
 * Errors of the command line itself, and how any error becomes one line with its code and what to do
 * next.
 *
 * @module
 */

import { CodedError, type ErrorFields } from "../base/error.ts";
import { UnitCallError } from "../client/unit-call.ts";

export type CliErrorCode =
  | "COMMAND_UNKNOWN"
  | "ARGUMENT_INVALID"
  | "FINALITY_LATE"
  | "EVALUATION_FAILED"
  | "RESULT_LATE"
  | "PROOF_LATE"
  | "RECEIPT_INVALID"
  | "LEVEL_UNMET"
  | "EVIDENCE_UNSHOWN"
  | "EVIDENCE_MET"
  | "AUDIT_INVALID"
  | "AUDIT_INCOMPLETE"
  | "BUILD_FAILED"
  | "TESTS_MISSING"
  | "TESTS_FAILED"
  | "FILE_EXISTS"
  | "FILE_MISSING"
  | "UNIT_ENDED"
  | "UNIT_SILENT"
  | "UNIT_NOT_RUNNING"
  | "DRAIN_LATE"
  | "PORT_TAKEN"
  | "DEV_RUNNING"
  | "DEV_ABSENT"
  | "CONTROL_REFUSED"
  | "CONTROL_SILENT"
  | "REPLAY_DIFFERS"
  | "UNPROVABLE"
  | "CHECKS_FAILED"
  | "INTERRUPTED";

/** Something that a person can mend. `next` says how, in one sentence. */
export class CliError extends CodedError<CliErrorCode> {
  override readonly name = "CliError";
  readonly next: string | null;

  constructor(code: CliErrorCode, fields: ErrorFields, next: string | null = null) {
    super(code, fields);
    this.next = next;
  }
}

/** An error as it is told. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly fields: ErrorFields;
  readonly next: string | null;
}

/** What is told of a failure. Anything without a code is our own mistake and keeps its stack. */
export function failureOf(error: unknown): Failure | null {
  if (!(error instanceof CodedError)) return systemFailureOf(error);
  const { next: said, ...fields } = error.fields;
  const own = error instanceof CliError ? error.next : null;
  const told = own ?? (typeof said === "string" ? said : null) ?? whereItStands(error);
  const next = told ?? nextSteps[error.code] ?? null;
  return { code: error.code, message: messageOf(error.code, fields), fields, next };
}

/** A message that was sent and not answered may have been taken: sent again it would be another. */
function whereItStands(error: CodedError): string | null {
  const { message } = error.fields;
  if (!(error instanceof UnitCallError) || !error.transient || message === undefined) return null;
  return `it may arrive all the same: nymcompute trace ${message}`;
}

/** The operating system's errors have codes of their own (`ENOENT`, `EACCES`). */
function systemFailureOf(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null;
  const { code, path } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || !/^E[A-Z]+$/.test(code)) return null;
  const fields = path === undefined ? {} : { path };
  const next = systemSteps[code] ?? null;
  return { code, message: error.message.replaceAll("\n", " "), fields, next };
}

/** One line, whatever the fields hold. */
function messageOf(code: string, fields: ErrorFields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`);
  const text = parts.length === 0 ? code : `${code}: ${parts.join(", ")}`;
  return text.replace(/\s*\n\s*/g, " ");
}

/** `nymcompute send: CODE: what; next: how`. */
export function failureLine(command: string, failure: Failure): string {
  const next = failure.next === null ? "" : `; next: ${failure.next}`;
  return `${command}: ${failure.message}${next}\n`;
}

const lookAgain = "nymcompute doctor";

const systemSteps: Readonly<Record<string, string>> = {
  EACCES: "choose a place that you may write to",
  EROFS: "choose a place that you may write to",
  ENOSPC: "make room on the disk",
};

/** What to do about codes that come from below; a code that is not here speaks for itself. */
const nextSteps: Readonly<Record<string, string>> = {
  UNREACHABLE: "start a network with `nymcompute dev`, or name the unit with --messenger URL",
  TIMED_OUT: lookAgain,
  ANSWER_MALFORMED: "look whether the URL is a unit's: nymcompute doctor",
  NETWORK_MISMATCH: "name units of one network, or leave --network out",
  OVERLOADED: "try again in a moment",
  DRAINING: "the unit is about to end: take another one, or try again when it is back",
  RATE_LIMITED: "try again in a moment",
  UNAVAILABLE: "try again in a moment; nymcompute doctor says which unit is silent",
  PROCESS_UNKNOWN: "look at the process id and at the network that you talk to",
  MESSAGE_UNKNOWN: "look at the message id; only its messenger knows it",
  SLOT_UNKNOWN: "nymcompute log PROCESS lists the slots there are",
  RESULT_PENDING: "ask again, or wait longer with --timeout",
  MODULE_MISSING: "spawn from the .wasm file, which uploads it",
  ID_MALFORMED: "an id has 43 characters of base64url",
  BUDGET_EXHAUSTED: "send with a larger --budget",
  TAG_RESERVED: "this name is for spawns only: take another one",
  EVIDENCE_EMPTY: "spawn with --compute, so that other processes can believe this one",
  KEY_FILE_MISSING: "nymcompute key new",
  KEY_FILE_EXISTS: "choose another file with --out; a key is never replaced",
  KEY_FILE_UNWRITABLE: "choose another file with --out",
  KEY_TEXT_INVALID: "name a file that `nymcompute key new` wrote",
  KEY_FILE_EXPOSED: "chmod 600 the file, and make a new key if others could read it",
  PASSPHRASE_NO_TERMINAL:
    "put the passphrase into a file (mode 600) and name it with --passphrase-file",
  STORE_LOCKED: "another unit has this folder open: end it, or choose another --data",
  WORKER_SCRIPT_MISSING: "npm run build",
  LISTEN_INVALID: "write --listen 127.0.0.1:8701",
};
