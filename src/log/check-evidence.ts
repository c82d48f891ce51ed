/**
 * Judges evidence against a log's keeper (spec/16-evidence.md §1). It names the scheduler that the file
 * convicts, or says what it does not show; nothing but the file is needed. Compared is what was said,
 * never how it was signed: two signatures of one head convict nobody.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { type HeadKeyStatement, headKeyClaim, headKeyRecord } from "../protocol/head-key.ts";
import { evidenceTypes, type LogEvidence } from "../protocol/log-evidence.ts";
import { entryJudges } from "./check-entry-evidence.ts";
import { checkHead } from "./check-log-receipt.ts";
import { messageJudges } from "./check-message-evidence.ts";
import { isConsistent } from "./consistency.ts";
import {
  type Conviction,
  type EvidenceJudge,
  ownerOf,
  partsOf,
  unshown,
} from "./evidence-judge.ts";
import { cosignedAt, parseHead, type TreeHead } from "./head.ts";
import { referenceSignatures, type Signatures } from "./signatures.ts";

/** A head-key record that its scheduler signed. */
function statementOf(bytes: Uint8Array, signatures: Signatures): HeadKeyStatement {
  const statement = headKeyRecord.decode(bytes);
  if (signatures.claim(headKeyClaim(statement, ownerOf(statement)))) return statement;
  throw new ProtocolError("HEAD_KEY_INVALID", { expected: "the scheduler's signature" });
}

const judges: ReadonlyMap<number, EvidenceJudge> = new Map<number, EvidenceJudge>([
  [evidenceTypes.secondHeadKey, secondHeadKey],
  [evidenceTypes.twoRoots, twoRoots],
  [evidenceTypes.fork, fork],
  [evidenceTypes.secondOrigin, secondOrigin],
  ...entryJudges,
  ...messageJudges,
]);

/** The conviction that the file comes to. Throws a code where it convicts nobody. */
export function checkEvidence(
  { type, parts }: LogEvidence,
  signatures: Signatures = referenceSignatures,
): Conviction {
  const judge = judges.get(type);
  if (judge === undefined) throw unshown("a known type");
  return judge(parts, signatures);
}

function secondHeadKey(parts: readonly Uint8Array[], signatures: Signatures): Conviction {
  const [one, other] = partsOf(parts, 2).map((part) => statementOf(part, signatures)) as [
    HeadKeyStatement,
    HeadKeyStatement,
  ];
  if (one.origin !== other.origin) throw unshown("two records of one log");
  if (equalBytes(one.headKey, other.headKey)) throw unshown("two head keys");
  const { scheduler, origin } = one;
  return { scheduler, code: "E0", detail: `two head keys are stated for ${origin}` };
}

/** A head key signs the heads of one log, under that log's name. */
function secondOrigin(parts: readonly Uint8Array[], signatures: Signatures): Conviction {
  const [headKey, note] = partsOf(parts, 2) as [Uint8Array, Uint8Array];
  const { scheduler, origin, headKey: publicKey } = statementOf(headKey, signatures);
  const signed = parseHead(note);
  if (signed.head.origin === origin) throw unshown("a head of another origin");
  if (cosignedAt(signed, { name: origin, publicKey }, signatures.head) === null) {
    throw new ProtocolError("HEAD_INVALID", { expected: "a signature of the head key" });
  }
  const detail = `the key of ${origin} has signed a head of ${signed.head.origin}`;
  return { scheduler, code: "E0", detail };
}

/** Heads of the log that a record states. */
function headsOf(
  headKey: Uint8Array,
  heads: readonly Uint8Array[],
  signatures: Signatures,
): { readonly statement: HeadKeyStatement; readonly heads: readonly TreeHead[] } {
  const statement = statementOf(headKey, signatures);
  const owner = ownerOf(statement);
  const read = heads.map((head) => checkHead({ head, headKey }, owner, signatures).signed.head);
  return { statement, heads: read };
}

function twoRoots(parts: readonly Uint8Array[], signatures: Signatures): Conviction {
  const [headKey, first, second] = partsOf(parts, 3) as [Uint8Array, Uint8Array, Uint8Array];
  const { statement, heads } = headsOf(headKey, [first, second], signatures);
  const [one, other] = heads as [TreeHead, TreeHead];
  if (one.size !== other.size) throw unshown("two heads of one size");
  if (equalBytes(one.root, other.root)) throw unshown("two roots");
  const detail = `${statement.origin} has two roots of ${one.size} leaves`;
  return { scheduler: statement.scheduler, code: "E1", detail };
}

/**
 * The larger tree begins with another one than the smaller head says. A proof that fails shows nothing:
 * it takes one that holds, for another root.
 */
function fork(parts: readonly Uint8Array[], signatures: Signatures): Conviction {
  const [headKey, first, second, root, path] = partsOf(parts, 5) as [
    ...[Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array],
  ];
  const { statement, heads } = headsOf(headKey, [first, second], signatures);
  const [earlier, later] = heads as [TreeHead, TreeHead];
  // An empty tree begins every tree, so that any root would do.
  if (earlier.size < 1 || earlier.size >= later.size) throw unshown("a smaller and a larger head");
  if (root.length !== 32 || equalBytes(root, earlier.root)) throw unshown("another root");
  if (path.length % 32 !== 0) throw unshown("hashes of 32 bytes");
  const hashes = Array.from({ length: path.length / 32 }, (_, i) =>
    path.subarray(32 * i, 32 * i + 32),
  );
  if (!isConsistent({ size: earlier.size, root }, later, hashes)) {
    throw unshown("a consistency proof that holds");
  }
  const detail = `${statement.origin}: the tree of ${later.size} leaves does not begin with that of ${earlier.size}`;
  return { scheduler: statement.scheduler, code: "E2", detail };
}
