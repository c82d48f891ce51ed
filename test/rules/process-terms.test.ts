import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { contentIdOf } from "../../src/protocol/ids.ts";
import { inboxOf, inboxRecord } from "../../src/protocol/inbox.ts";
import { bodyRecord, type Tag } from "../../src/protocol/message.ts";
import { outputRecord } from "../../src/protocol/output.ts";
import { type Result, resultRecord } from "../../src/protocol/result.ts";
import { spawnTermsOf } from "../../src/protocol/spawn.ts";
import { LogRun } from "../../src/runtime/log-run.ts";
import { StateKernel } from "../../src/state/kernel.ts";
import { codeOf, functionOf, minimalProcess } from "../../src/testing/minimal-process.ts";
import { TestSender, testIdentity } from "../../src/testing/sender.ts";
import { encodeModule } from "../../src/wasm/binary/encode.ts";
import { Op } from "../../src/wasm/binary/op.ts";

const network = new Uint8Array(32).fill(5);
const scheduler = new Uint8Array(32).fill(6);
const sender = new TestSender({ identity: testIdentity(1), network, clock: systemClock });
const kernel = new StateKernel();
const counter = new Uint8Array(
  await readFile(new URL("../../dist/processes/counter.wasm", import.meta.url)),
);

/** A process that begins with two pages and answers with an empty output. */
const twoPages = encodeModule(
  minimalProcess({
    memories: [{ minimum: 2, maximum: null, offset: 0 }],
    functions: [
      ...minimalProcess().functions.slice(0, 2),
      // Eight bytes at address 8.
      functionOf(2, [[Op.i64Const, 8, 8]]),
    ],
    data: [
      {
        flags: 0,
        memory: 0,
        start: codeOf([Op.i32Const, 8]),
        bytes: outputRecord.encode({
          output: new Uint8Array(0),
          messages: [],
          spawns: [],
          logs: [],
        }),
        offset: 0,
      },
    ],
  }),
);

/** The result of slot 0 of a process that is spawned with these tags. */
function spawned(module: Uint8Array, tags: readonly Tag[]): Result {
  const envelope = sender.spawn({ module: contentIdOf(module), scheduler, tags });
  const body = bodyRecord.decode(envelope.body);
  const terms = spawnTermsOf(body);
  const run = new LogRun({ process: envelope.id, terms, module, kernel });
  const entry = {
    process: envelope.id,
    slot: 0,
    messageId: envelope.id,
    authorisationHash: network,
    timestamp: 1,
    epoch: 0,
    previous: null,
  };
  const inbox = inboxRecord.encode(
    inboxOf({ entry, body, data: null, rules: terms.rules, source: null }),
  );
  const input = {
    slot: 0,
    inbox,
    body: envelope.body,
    entryHash: network,
    messageId: envelope.id,
  };
  try {
    return resultRecord.decode(run.evaluate(input).result);
  } finally {
    run.dispose();
  }
}

test("gas is limited by the spawn and by nothing else: exactly the gas that slot 0 needs is enough", () => {
  // Each limit has five digits, so that the spawn message costs as much to read.
  const limited = (gas: number) => spawned(counter, [{ name: "Gas-Limit", value: String(gas) }]);
  const { exit, gasUsed } = limited(99_999);
  expect(exit).toBe(0);
  expect(limited(gasUsed)).toMatchObject({ exit: 0, gasUsed });
  expect(limited(gasUsed - 1)).toMatchObject({ exit: 1, gasUsed: gasUsed - 1, outboxCount: 0 });
});

test("memory is limited by the spawn: a module that begins with more fails slot 0", () => {
  const limited = (pages: number) =>
    spawned(twoPages, [{ name: "Memory-Limit", value: String(pages * 65_536) }]);
  expect(limited(2).exit).toBe(0);
  expect(limited(1)).toMatchObject({ exit: 1, gasUsed: 8_000_000 });
});
