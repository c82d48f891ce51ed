import { expect, test } from "vitest";
import { type Body, bodyRecord } from "../protocol/message.ts";
import { exits, resultRecord } from "../protocol/result.ts";
import type { SpawnTerms } from "../protocol/spawn.ts";
import { StateKernel } from "../state/kernel.ts";
import { addressOf, idOf, inboxBytes, processModule } from "../testing/process-slots.ts";
import { evaluateNext, evaluateRun, type HotProcess } from "./evaluate.ts";
import type { EvaluationInput } from "./evaluation-input.ts";
import { Process } from "./process.ts";
import { compileProcessModule } from "./process-module.ts";

const kernel = new StateKernel();
const module = compileProcessModule(processModule("counter"));
const name = addressOf(202);
const terms: SpawnTerms = {
  module: idOf(1),
  scheduler: idOf(2),
  rules: 1,
  compute: { count: 0, units: [] },
  evidence: "attested",
  trust: null,
  memoryLimit: 64 * 65_536,
  gasLimit: 8_000_000,
  proveGasLimit: 8_000_000,
  witness: null,
};
const body: Body = {
  network: idOf(201),
  owner: { kind: 0, id: idOf(7) },
  target: idOf(202),
  anchor: new Uint8Array(),
  notAfter: 0,
  depth: 0,
  budget: 10_000_000,
  tags: [],
  dataForm: 0,
  dataHash: null,
  dataSize: 0,
};

/** Increments, and between them bytes that are no inbox, at which the process aborts. */
const inputs = Array.from({ length: 9 }, (_, slot): EvaluationInput => {
  const inbox = inboxBytes(slot, 7, { Action: "Increment" });
  return {
    slot,
    inbox: slot % 3 === 2 ? inbox.subarray(0, 40) : inbox,
    body: bodyRecord.encode(body),
    entryHash: idOf(300 + slot),
    messageId: idOf(100 + slot),
  };
});

function genesis(): HotProcess {
  const process = Process.genesis({ module, memoryPagesMax: 64, kernel });
  return { process, next: 0, root: process.root() };
}

test("the results of a job are those of its messages one by one, also around failed ones", () => {
  const [together, alone] = [genesis(), genesis()];
  const expected = inputs.map((input) => evaluateNext(alone, name, terms, input));
  const exitsOf = expected.map(({ result }) => resultRecord.decode(result).exit);
  expect(new Set(exitsOf)).toEqual(new Set([exits.ok, exits.failed]));
  const always = () => true;
  const outputs = [
    ...evaluateRun(together, name, terms, { inputs: inputs.slice(0, 5), mayGoOn: always }),
    ...evaluateRun(together, name, terms, { inputs: inputs.slice(5), mayGoOn: always }),
  ];
  expect(outputs).toEqual(expected);
  expect([together.next, together.root]).toEqual([alone.next, alone.root]);
});

test("each result begins at the root where the one before it ended", () => {
  const outputs = evaluateRun(genesis(), name, terms, { inputs, mayGoOn: () => true });
  const results = outputs.map(({ result }) => resultRecord.decode(result));
  for (const [i, { preRoot, postRoot, exit }] of results.entries()) {
    expect(preRoot, `slot ${i}`).toEqual(results[i - 1]?.postRoot ?? genesis().root);
    if (exit === exits.failed) expect(postRoot, `slot ${i}`).toEqual(preRoot);
    else expect(postRoot, `slot ${i}`).not.toEqual(preRoot);
  }
});

test("a job whose time is over ends after a whole message, the first in any case", () => {
  const hot = genesis();
  let left = 2;
  const some = evaluateRun(hot, name, terms, { inputs, mayGoOn: () => left-- > 0 });
  expect(some.map(({ slot }) => slot)).toEqual([0, 1, 2]);
  const one = evaluateRun(hot, name, terms, { inputs: inputs.slice(3), mayGoOn: () => false });
  expect(one.map(({ slot }) => slot)).toEqual([3]);
  expect(hot.next).toBe(4);
});
