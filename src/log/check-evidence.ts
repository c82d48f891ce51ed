/**
 * Judges evidence against a log's keeper (spec/15-heads.md §9). It names the scheduler that the file
 * convicts, or says what it does not show; nothing but the file is needed.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { verifySignature } from "../crypto/signature.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type HeadKeyStatement, headKeyClaim, headKeyRecord } from "../protocol/head-key.ts";
import { type Digest, parseId } from "../protocol/ids.ts";
import { evidenceTypes, type LogEvidence } from "../protocol/log-evidence.ts";
import { checkHead, type LogOwner } from "./check-log-receipt.ts";

/** Who lied, and how. */
export interface Conviction {
  readonly scheduler: Digest;
  readonly code: "E0" | "E1";
  /** For people. */
  readonly detail: string;
}

function unshown(expected: string): ProtocolError {
  return new ProtocolError("EVIDENCE_INVALID", { expected });
}

/** Network and scheduler that an origin names. */
function ownerOf({ origin, scheduler }: HeadKeyStatement): LogOwner {
  return { network: parseId(origin.split("/")[1] ?? "", "network"), scheduler };
}

function statementOf(bytes: Uint8Array): HeadKeyStatement {
  const statement = headKeyRecord.decode(bytes);
  if (verifySignature(headKeyClaim(statement, ownerOf(statement)))) return statement;
  throw new ProtocolError("HEAD_KEY_INVALID", { expected: "the scheduler's signature" });
}

/** The conviction that the file comes to. Throws a code where it convicts nobody. */
export function checkEvidence({ type, parts }: LogEvidence): Conviction {
  const [first, second, third] = parts;
  if (first === undefined || second === undefined) throw unshown("two or three parts");
  const statement = statementOf(first);
  if (type === evidenceTypes.secondHeadKey && third === undefined) {
    return secondHeadKey(statement, statementOf(second));
  }
  if (type === evidenceTypes.twoRoots && third !== undefined) {
    return twoRoots(statement, [first, second, third]);
  }
  throw unshown("a known type with its parts");
}

function secondHeadKey(one: HeadKeyStatement, other: HeadKeyStatement): Conviction {
  if (one.origin !== other.origin) throw unshown("two records of one log");
  if (equalBytes(one.headKey, other.headKey)) throw unshown("two head keys");
  const { scheduler, origin } = one;
  return { scheduler, code: "E0", detail: `two head keys are stated for ${origin}` };
}

function twoRoots(
  statement: HeadKeyStatement,
  [headKey, first, second]: readonly [Uint8Array, Uint8Array, Uint8Array],
): Conviction {
  const owner = ownerOf(statement);
  const [one, other] = [first, second].map(
    (head) => checkHead({ head, headKey }, owner).signed.head,
  );
  if (one === undefined || other === undefined || one.size !== other.size) {
    throw unshown("two heads of one size");
  }
  if (equalBytes(one.root, other.root)) throw unshown("two roots");
  const detail = `${statement.origin} has two roots of ${one.size} leaves`;
  return { scheduler: statement.scheduler, code: "E1", detail };
}
