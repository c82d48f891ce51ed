import { expect, test } from "vitest";
import { contentIdOf, type Digest } from "../protocol/ids.ts";
import { bodyRecord } from "../protocol/message.ts";
import { exits, type Result, resultRecord } from "../protocol/result.ts";
import { minimalProcess } from "../testing/minimal-process.ts";
import { ProvenLog } from "../testing/proven-log.ts";
import { encodeModule } from "../wasm/binary/encode.ts";
import { genesisRoot } from "../zkvm/genesis-root.ts";
import { type ProvenStep, StepChecker } from "./proven-step.ts";

const runnable = encodeModule(minimalProcess());
const refused = Uint8Array.of(0, 1, 2, 3);
const checker = new StepChecker();
const elsewhere: Digest = new Uint8Array(32).fill(1);

/** Slot 0 of a module's process, which failed and changed nothing; and changes of it. */
function step(
  module: Uint8Array,
  { fields, ...parts }: Partial<ProvenStep> & { readonly fields?: Partial<Result> } = {},
): ProvenStep {
  const log = new ProvenLog(contentIdOf(module));
  const root = genesisRoot(module);
  const failed = { exit: exits.failed, gasUsed: 8_000_000, outputHash: null, outboxRoot: null };
  const result = { ...log.result(0), ...failed, outboxCount: 0, preRoot: root, postRoot: root };
  return {
    ...{ spawn: log.spawn, module, inbox: new Uint8Array(0), body: log.spawn },
    ...{ result: resultRecord.encode({ ...result, ...fields }), isStillborn: false, proof: null },
    ...parts,
  };
}

test("what the rules show needs no proof, and takes none", () => {
  expect(checker.check(step(refused))).toBeNull();
  expect(checker.check(step(refused, { proof: new Uint8Array(9) }))).toMatch("a proof of what");
  const later = { slot: 3 };
  expect(checker.check(step(runnable, { isStillborn: true, fields: later }))).toBeNull();
  const lies: Partial<Result>[] = [{ exit: exits.ok }, { gasUsed: 1 }, { postRoot: elsewhere }];
  for (const lie of lies) {
    expect(checker.check(step(refused, { fields: lie })), Object.keys(lie)[0]).toMatch(
      "cannot run",
    );
    const stillborn = step(runnable, { isStillborn: true, fields: { ...later, ...lie } });
    expect(checker.check(stillborn), Object.keys(lie)[0]).toMatch("cannot run");
  }
});

test("a process that can run is shown by proofs alone, of its own module, from its own genesis", () => {
  expect(checker.check(step(runnable))).toBe("no proof");
  expect(checker.check(step(runnable, { module: refused }))).toBe("another module");
  expect(checker.check(step(runnable, { fields: { preRoot: elsewhere } }))).toBe("another genesis");
  expect(checker.check(step(refused, { fields: { preRoot: elsewhere } }))).toBe("another genesis");
});

test("whatever bytes stand for a proof, or for anything else, it is a verdict", () => {
  for (const proof of [new Uint8Array(0), new Uint8Array(1000), step(runnable).spawn]) {
    expect(checker.check(step(runnable, { proof }))).toMatch(/^(CODEC|RECORD)_/);
  }
  expect(checker.check(step(runnable, { result: new Uint8Array(3) }))).toMatch(/^CODEC_/);
  const spawn = bodyRecord.encode({ ...bodyRecord.decode(step(runnable).spawn), tags: [] });
  expect(checker.check(step(runnable, { spawn }))).toMatch(/^SPAWN_TAG_MISSING/);
});
