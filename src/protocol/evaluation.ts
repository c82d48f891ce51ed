/**
 * What a compute unit answers for a slot (spec/09-http.md §5): the committed result, all returned
 * bytes, the outbox bodies, its attestation, and beside them what is not committed: diagnostics,
 * finality, the state of the proof.
 *
 * @module
 */

import { equalBytes } from "../base/bytes.ts";
import { ProtocolError } from "./errors.ts";
import { idText } from "./ids.ts";
import type { Diagnostic } from "./judge.ts";
import { kinds } from "./kinds.ts";
import { bodyBytesMax, outboxItemsMax, outputBytesMax, resultPageMax } from "./limits.ts";
import { outboxRootOf } from "./outbox.ts";
import { outputHashOf } from "./output.ts";
import { bytes, list, nullable, type RecordType, record, struct, text, uint } from "./record.ts";
import { exits, type Result, resultRecord } from "./result.ts";

/** `none`: promised by nobody; `signed`: under a head; `witnessed`: under a cosigned head. */
export type Finality = "none" | "signed" | "witnessed";

/** Where a result's proof stands, never silently absent. */
export interface ProofState {
  /** `queued`, `proving`, `proven` or `unprovable`. */
  readonly state: string;
  readonly reason: string | null;
}

/** One slot as a compute unit answers it. */
export interface Evaluation {
  readonly result: Uint8Array;
  /** All bytes that `handle` returned; nil where failed. */
  readonly output: Uint8Array | null;
  readonly outbox: readonly Uint8Array[];
  /** Nil until the unit has signed it. */
  readonly attestation: Uint8Array | null;
  readonly diagnostic: Diagnostic | null;
  readonly finality: string;
  readonly proof: ProofState;
}

const evaluationFields = {
  result: bytes(1024),
  output: nullable(bytes(outputBytesMax)),
  outbox: list(bytes(bodyBytesMax), outboxItemsMax),
  attestation: nullable(bytes(16_384)),
  diagnostic: nullable(
    struct<Diagnostic>({
      reason: text(64),
      text: text(4096),
      file: nullable(text(1024)),
      line: nullable(uint()),
      column: nullable(uint()),
    }),
  ),
  finality: text(16),
  proof: struct<ProofState>({ state: text(16), reason: nullable(text(256)) }),
};

const evaluationBytesMax = 20 * 1024 * 1024;

/** Kind 14. */
export const evaluationRecord: RecordType<Evaluation> = record<Evaluation>(
  { name: "evaluation", kind: kinds.evaluation, bytesMax: evaluationBytesMax },
  evaluationFields,
);

/** Kind 15: slots of one process in the order asked for. */
export const evaluationPageRecord: RecordType<{ readonly evaluations: readonly Evaluation[] }> =
  record<{ readonly evaluations: readonly Evaluation[] }>(
    { name: "evaluationPage", kind: kinds.evaluationPage, bytesMax: 4 * evaluationBytesMax },
    { evaluations: list(struct<Evaluation>(evaluationFields), resultPageMax) },
  );

/**
 * The result of an evaluation whose parts fit it: the returned bytes and the outbox are those that
 * it commits to. Throws `PROVENANCE_RESULT`.
 */
export function checkEvaluation(evaluation: Evaluation): Result {
  const result = resultRecord.decode(evaluation.result);
  expectOneExit(result, evaluation.outbox.length);
  const outputHash = evaluation.output === null ? null : outputHashOf(evaluation.output);
  expectDigest("outputHash", result.outputHash, outputHash);
  const outboxRoot = evaluation.output === null ? null : outboxRootOf(evaluation.outbox);
  expectDigest("outboxRoot", result.outboxRoot, outboxRoot);
  return result;
}

/** A failure commits to the old state and nothing else; a success to an output and an outbox. */
function expectOneExit(result: Result, outboxCount: number): void {
  const isOk = result.exit === exits.ok;
  const wrong =
    ((result.outputHash !== null) !== isOk && "outputHash") ||
    ((result.outboxRoot !== null) !== isOk && "outboxRoot") ||
    (result.outboxCount !== outboxCount && "outboxCount") ||
    (!isOk && !equalBytes(result.preRoot, result.postRoot) && "postRoot");
  if (wrong) {
    throw new ProtocolError("PROVENANCE_RESULT", {
      field: wrong,
      expected: isOk ? "a success with its parts" : "a failure that changes nothing",
      got: "another",
    });
  }
}

function expectDigest(field: string, expected: Uint8Array | null, got: Uint8Array | null): void {
  const equal = expected === null || got === null ? expected === got : equalBytes(expected, got);
  if (equal) return;
  throw new ProtocolError("PROVENANCE_RESULT", {
    field,
    expected: expected === null ? "nil" : idText(expected),
    got: got === null ? "nil" : idText(got),
  });
}
