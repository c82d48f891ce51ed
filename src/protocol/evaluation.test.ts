import { expect, test } from "vitest";
import { checkEvaluation, type Evaluation } from "./evaluation.ts";
import { outboxRootOf } from "./outbox.ts";
import { outputHashOf } from "./output.ts";
import { exits, type Result, resultRecord } from "./result.ts";

const digestOf = (byte: number) => new Uint8Array(32).fill(byte);
const output = new Uint8Array([1, 2, 3]);
const outbox = [new Uint8Array([4]), new Uint8Array([5])];

const success: Result = {
  rules: 1,
  process: digestOf(1),
  slot: 3,
  entryHash: digestOf(2),
  messageId: digestOf(3),
  module: digestOf(4),
  preRoot: digestOf(5),
  postRoot: digestOf(6),
  inboxHash: digestOf(7),
  outputHash: outputHashOf(output),
  outboxRoot: outboxRootOf(outbox),
  outboxCount: 2,
  gasUsed: 100,
  exit: exits.ok,
};
const failure: Result = {
  ...success,
  postRoot: success.preRoot,
  outputHash: null,
  outboxRoot: null,
  outboxCount: 0,
  exit: exits.failed,
};

function evaluationOf(result: Result, changes: Partial<Evaluation> = {}): Evaluation {
  const isOk = result.exit === exits.ok;
  return {
    result: resultRecord.encode(result),
    output: isOk ? output : null,
    outbox: isOk ? outbox : [],
    attestation: null,
    diagnostic: null,
    finality: "none",
    proof: { state: "queued", reason: null },
    ...changes,
  };
}

test("takes an evaluation whose parts are those of its result", () => {
  expect(checkEvaluation(evaluationOf(success))).toEqual(success);
  expect(checkEvaluation(evaluationOf(failure))).toEqual(failure);
});

test("refuses an output or an outbox that the result does not commit to", () => {
  const cases: Evaluation[] = [
    evaluationOf(success, { output: new Uint8Array([1, 2]) }),
    evaluationOf(success, { output: null }),
    evaluationOf(success, { outbox: [...outbox].reverse() }),
    evaluationOf(success, { outbox: outbox.slice(1) }),
    evaluationOf({ ...success, outboxCount: 3 }),
    evaluationOf(failure, { output }),
    evaluationOf(failure, { outbox }),
  ];
  for (const [i, wrong] of cases.entries()) {
    expect(() => checkEvaluation(wrong), `case ${i}`).toThrow(/^PROVENANCE_RESULT/);
  }
});

test("refuses a failure that changes the state or sends, and a success without its parts", () => {
  const { outputHash, outboxRoot } = success;
  const cases: Evaluation[] = [
    evaluationOf({ ...failure, postRoot: digestOf(9) }),
    evaluationOf({ ...failure, outputHash }, { output }),
    evaluationOf({ ...failure, outboxRoot, outboxCount: 2 }, { outbox }),
    evaluationOf({ ...success, outputHash: null }, { output: null }),
    evaluationOf({ ...success, outboxRoot: null, outboxCount: 0 }, { outbox: [] }),
  ];
  for (const [i, wrong] of cases.entries()) {
    expect(() => checkEvaluation(wrong), `case ${i}`).toThrow(/^PROVENANCE_RESULT/);
  }
});
